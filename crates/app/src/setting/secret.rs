//! The secrets that sign an environment's webhooks: plain where they are shown and used, sealed where they are kept.

use super::SettingFault;
use kernel::{Env, Rng, Secret, Timestamp, WebhookSecretId};
use model::webhook::signature::SigningSecret;
use store::{
    seal::{Place, Sealer},
    setting::SealedSecret,
};

/// A [`SigningSecret`] in the form that its users copy.
#[derive(Debug, Clone)]
pub struct WebhookSecret {
    pub secret: Secret<String>,
    pub created_at: Timestamp,
    /// `None` for the current one.
    pub ends_at: Option<Timestamp>,
}

impl WebhookSecret {
    pub(super) fn open(sealer: &Sealer, env: Env, row: &SealedSecret) -> Result<Self, SettingFault> {
        let plain = sealer.open(place(&row_name(env, row.id)), &row.sealed).map_err(SettingFault::Seal)?;
        let text = String::from_utf8_lossy(plain.expose()).into_owned();
        Ok(Self { secret: Secret::new(text), created_at: row.created_at, ends_at: row.ends_at })
    }
}

/// A new secret, sealed for its row and plain for showing.
#[derive(Debug, Clone)]
pub struct NewSecret {
    pub plain: Secret<String>,
    pub row: SealedSecret,
}

impl NewSecret {
    pub fn make(rng: &dyn Rng, sealer: &Sealer, env: Env, now: Timestamp) -> Result<Self, SettingFault> {
        let plain = SigningSecret::generate(rng).reveal();
        let id = WebhookSecretId::ordered(now, rng);
        let sealed =
            sealer.seal(rng, place(&row_name(env, id)), plain.as_bytes()).map_err(SettingFault::Seal)?;
        Ok(Self {
            plain: Secret::new(plain),
            row: SealedSecret { id, sealed, created_at: now, ends_at: None },
        })
    }
}

fn row_name(env: Env, id: WebhookSecretId) -> String {
    format!("{env}/{id}")
}

fn place(row: &str) -> Place<'_> {
    Place { table: "webhook_secret", row }
}
