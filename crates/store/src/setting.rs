//! Settings of an environment: one JSON document with a version, and the sealed secrets of its webhook.
//!
//! Guarded by [`lock`]. The document is opaque to SQL; whether the webhook is disabled stands in a column of
//! its own, because the sender writes it (a 410) while somebody may be editing the rest.

use kernel::{Env, OperatorId, Timestamp, WebhookSecretId};
use model::setting::{Settings, logo::Logo};
use sql::{Fault, Lock, Row, Tx, params, statements};

/// An environment has one current secret and those rotated within a day: far fewer than this.
const SECRETS_MAX: i64 = 20;

statements! {
    pub(crate) CREATE = "INSERT INTO setting (environment_id, version, document, changed_at) VALUES ($1, 1, $2, $3) \
        ON CONFLICT (environment_id) DO NOTHING RETURNING version";
    pub(crate) LOAD = "SELECT version, document, webhook_disabled_at, changed_at, changed_by, logo FROM setting WHERE environment_id = $1";
    pub(crate) SAVE = "UPDATE setting SET version = version + 1, document = $3, \
        webhook_disabled_at = CASE WHEN $4 THEN NULL ELSE webhook_disabled_at END, \
        changed_at = $5, changed_by = $6 WHERE environment_id = $1 AND version = $2 RETURNING version";
    pub(crate) DISABLE = "UPDATE setting SET webhook_disabled_at = $2 WHERE environment_id = $1 AND webhook_disabled_at IS NULL RETURNING version";
    pub(crate) SET_LOGO = "UPDATE setting SET logo = $2, changed_at = $3, changed_by = $4 WHERE environment_id = $1 RETURNING version";
    pub(crate) ENABLE = "UPDATE setting SET webhook_disabled_at = NULL WHERE environment_id = $1";

    pub(crate) ADD_SECRET = "INSERT INTO webhook_secret (environment_id, id, sealed, created_at) VALUES ($1, $2, $3, $4)";
    pub(crate) END_SECRETS = "UPDATE webhook_secret SET ends_at = $2 WHERE environment_id = $1 AND ends_at IS NULL";
    pub(crate) DROP_SECRETS = "DELETE FROM webhook_secret WHERE environment_id = $1 AND ends_at <= $2";
    pub(crate) SECRETS = "SELECT id, sealed, created_at, ends_at FROM webhook_secret \
        WHERE environment_id = $1 AND (ends_at IS NULL OR ends_at > $2) ORDER BY CASE WHEN ends_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT $3";
}

/// The document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub settings: Settings,
    /// Rises with every save of the document; a save names the version it started from.
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Option<OperatorId>,
}

/// One secret of the webhook, sealed under (`webhook_secret`, its id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    pub id: WebhookSecretId,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    /// `None` for the current one; a rotated one is still good until then.
    pub ends_at: Option<Timestamp>,
}

/// Who saves, when, and from which version they started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub version: i64,
    pub at: Timestamp,
    pub by: OperatorId,
    /// Another endpoint starts enabled; the same one stays as a 410 may have left it.
    pub endpoint_moved: bool,
}

/// Guards the settings and the secrets of one environment.
pub fn lock(env: Env) -> Lock {
    Lock::new("setting", &[&env.to_string()])
}

/// Writes the first document; `false` when there is one. Under [`lock`].
pub fn create(tx: &mut Tx<'_>, env: Env, settings: &Settings, now: Timestamp) -> Result<bool, Fault> {
    tx.holds(&lock(env))?;
    let row =
        tx.query_opt(&CREATE, params![&env.to_string(), &document(settings)?, now], |row| row.get::<i64>(0))?;
    Ok(row.is_some())
}

pub fn load(tx: &mut Tx<'_>, env: Env) -> Result<Option<Stored>, Fault> {
    tx.query_opt(&LOAD, params![&env.to_string()], stored)
}

/// Saves the document if nobody saved since `change.version`: `None` means that somebody did. Under [`lock`].
pub fn save(tx: &mut Tx<'_>, env: Env, settings: &Settings, change: Change) -> Result<Option<i64>, Fault> {
    tx.holds(&lock(env))?;
    tx.query_opt(
        &SAVE,
        params![
            &env.to_string(),
            change.version,
            &document(settings)?,
            change.endpoint_moved,
            change.at,
            &change.by.to_string()
        ],
        |row| row.get(0),
    )
}

/// Names the logo that is shown from now on; `false` when the environment has no settings. The version stays: whoever has
/// the form open changes nothing of it. Under [`lock`].
pub fn set_logo(
    tx: &mut Tx<'_>,
    env: Env,
    logo: Option<&Logo>,
    at: Timestamp,
    by: OperatorId,
) -> Result<bool, Fault> {
    tx.holds(&lock(env))?;
    let logo = logo.map(serde_json::to_string).transpose().map_err(crate::encoding)?;
    let row =
        tx.query_opt(&SET_LOGO, params![&env.to_string(), logo.as_deref(), at, &by.to_string()], |row| {
            row.get::<i64>(0)
        })?;
    Ok(row.is_some())
}

/// Stops sending to the webhook; `false` when that had been done before: the first time stays. Under [`lock`], so that
/// no other URL is saved between the look at it and this.
pub fn disable_webhook(tx: &mut Tx<'_>, env: Env, now: Timestamp) -> Result<bool, Fault> {
    tx.holds(&lock(env))?;
    Ok(tx.query_opt(&DISABLE, params![&env.to_string(), now], |_| Ok(()))?.is_some())
}

/// Sends to the webhook again. Under [`lock`].
pub fn enable_webhook(tx: &mut Tx<'_>, env: Env) -> Result<(), Fault> {
    tx.holds(&lock(env))?;
    tx.execute(&ENABLE, params![&env.to_string()])
}

/// Makes `secret` the current one; those before it end at `old_end`, those already ended are removed. Under [`lock`].
pub fn rotate_secret(
    tx: &mut Tx<'_>,
    env: Env,
    secret: &SealedSecret,
    old_end: Timestamp,
) -> Result<(), Fault> {
    tx.holds(&lock(env))?;
    let environment = env.to_string();
    tx.execute(&DROP_SECRETS, params![&environment, secret.created_at])?;
    tx.execute(&END_SECRETS, params![&environment, old_end])?;
    let id = secret.id.to_string();
    tx.execute(&ADD_SECRET, params![&environment, &id, secret.sealed.as_slice(), secret.created_at])
}

/// The secrets good at `now`, the current one first.
pub fn secrets(tx: &mut Tx<'_>, env: Env, now: Timestamp) -> Result<Vec<SealedSecret>, Fault> {
    tx.query(&SECRETS, params![&env.to_string(), now, SECRETS_MAX], |row| {
        Ok(SealedSecret {
            id: row.parse(0)?,
            sealed: row.get(1)?,
            created_at: row.get(2)?,
            ends_at: row.get(3)?,
        })
    })
}

fn document(settings: &Settings) -> Result<String, Fault> {
    let mut kept = settings.clone();
    kept.webhook.disabled_at = None;
    serde_json::to_string(&kept).map_err(crate::encoding)
}

fn stored(row: &Row<'_>) -> Result<Stored, Fault> {
    let mut settings: Settings = crate::json(row, 1)?;
    settings.webhook.disabled_at = row.get(2)?;
    settings.logo = row.get::<Option<String>>(5)?.map(|_| crate::json(row, 5)).transpose()?;
    Ok(Stored { settings, version: row.get(0)?, changed_at: row.get(3)?, changed_by: row.parse_opt(4)? })
}
