//! Settings of an environment and the secrets of its webhook.
//!
//! Records: one document with a version per environment; sealed webhook secrets, one current and those that
//! were rotated less than a day ago. Guarantees: a save that started from an older version changes nothing and says who was faster; a
//! rotated secret signs on for 24 hours beside the new one; [`current`] is at most one second old, in every process. Not
//! promised: a history of who changed what.

mod draft;
mod logo;
mod secret;
mod wording;

pub use draft::{Draft, FieldFault, NAME_CHARS_MAX};
pub use logo::{bytes as logo_bytes, logo_file, remove_logo, restore_logo, save_logo};
pub use secret::{NewSecret, WebhookSecret};
pub use wording::{WordFault, WordingFault, chars_max, check as check_words, save_words, tidy as tidy_words};

use crate::{App, operator::Actor};
use kernel::{Category, Env, EnvironmentId, Monotonic, Timestamp};
use model::{
    platform::Environment,
    setting::{Settings, logo::LogoFault},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::setting::{Change, Stored};

/// How long a rotated secret still signs, so that the builder can change theirs in peace.
pub const ROTATED_FOR: Duration = Duration::from_secs(24 * 3_600);
/// The oldest that [`current`] may be.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// The fields of the form, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    ProductName,
    Colour,
    SupportAddress,
    TimeZone,
    WebhookUrl,
    OnboardingUrl,
    SuccessUrl,
    WaitlistLimit,
    PlanId,
    PlanName,
    RoleId,
    RoleName,
    MailFrom,
    MailFromName,
    MailKeep,
    /// Whom the test mail goes to: asked in the form, not kept.
    MailTestTo,
}

impl Field {
    /// The name in the form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProductName => "product_name",
            Self::Colour => "colour",
            Self::SupportAddress => "support_address",
            Self::TimeZone => "time_zone",
            Self::WebhookUrl => "webhook_url",
            Self::OnboardingUrl => "onboarding_url",
            Self::SuccessUrl => "success_url",
            Self::WaitlistLimit => "waitlist_limit",
            Self::PlanId => "plan_id",
            Self::PlanName => "plan_name",
            Self::RoleId => "role_id",
            Self::RoleName => "role_name",
            Self::MailFrom => "mail_from",
            Self::MailFromName => "mail_from_name",
            Self::MailKeep => "mail_keep",
            Self::MailTestTo => "mail_test_to",
        }
    }
}

/// Why settings could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingFault {
    #[error("{} fields cannot be saved as they are", .0.len())]
    Invalid(Vec<FieldFault>),
    /// Somebody saved since the form was opened; what is stored now, for comparing.
    #[error("somebody else saved meanwhile")]
    Stale(Box<Stored>),
    #[error("this file cannot be the logo")]
    Logo(#[from] LogoFault),
    #[error("this environment has no settings")]
    Missing,
    #[error("a webhook secret")]
    Seal(#[source] store::seal::SealFault),
    #[error("setting store")]
    Store(#[from] sql::Fault),
}

impl SettingFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Invalid(_) | Self::Logo(_) => Category::Invalid,
            Self::Stale(_) => Category::Conflict,
            Self::Missing => Category::Absent,
            Self::Seal(_) => Category::Fault,
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Everything a run or a page needs to know about an environment. At most a second old.
#[derive(Debug, Clone)]
pub struct Current {
    pub env: Env,
    pub environment: Environment,
    pub settings: Settings,
    pub version: i64,
    pub changed_at: Timestamp,
    /// The current secret first, then those that were rotated and still sign.
    pub secrets: Vec<WebhookSecret>,
}

/// What [`current`] remembers. One for the process, held by the services; as many entries as there are environments.
#[derive(Debug, Default)]
pub struct Cache {
    entries: Mutex<HashMap<EnvironmentId, (Monotonic, Arc<Current>)>>,
    reading: tokio::sync::Mutex<()>,
}

impl Cache {
    fn fresh(&self, env: Env, now: Monotonic) -> Option<Arc<Current>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, current) = entries.get(&env.id())?;
        (now.since(*read_at) < STALE_AFTER).then(|| Arc::clone(current))
    }

    fn put(&self, read_at: Monotonic, current: &Arc<Current>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(current.env.id(), (read_at, Arc::clone(current)));
    }

    /// The next [`current`] reads again.
    pub(crate) fn forget(&self, env: Env) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&env.id());
    }
}

/// The environment as it is set now, from the cache where that is younger than a second.
pub async fn current(app: &App, env: Env) -> Result<Arc<Current>, SettingFault> {
    if let Some(current) = app.settings.fresh(env, app.clock.monotonic()) {
        return Ok(current);
    }
    // One reader at a time: the others find what it brought, or give up when it brings nothing for long.
    let turn = tokio::time::timeout(crate::LOOK_WAIT_MAX, app.settings.reading.lock()).await;
    let _reading = turn.map_err(|_| sql::Fault::Deadline)?;
    let read_at = app.clock.monotonic();
    if let Some(current) = app.settings.fresh(env, read_at) {
        return Ok(current);
    }
    let current = Arc::new(read(app, env).await?);
    app.settings.put(read_at, &current);
    Ok(current)
}

/// Checks the form and saves it, if nobody saved since it was opened. Gives the new version.
pub async fn save(app: &App, actor: &Actor, env: Env, draft: &Draft) -> Result<i64, SettingFault> {
    let now = current(app, env).await?;
    let wanted = draft.check(now.environment.stage).map_err(SettingFault::Invalid)?;
    // The words have a form of their own.
    let wanted = move |stored: &Settings| Settings { words: stored.words.clone(), ..wanted.clone() };
    put(app, actor, env, draft.version, wanted).await
}

/// Saves what `wanted` makes of the settings that are stored, if nobody saved any since `version`. Gives the new version.
async fn put(
    app: &App,
    actor: &Actor,
    env: Env,
    version: i64,
    wanted: impl Fn(&Settings) -> Settings + Send + Sync + 'static,
) -> Result<i64, SettingFault> {
    let (at, by) = (app.db.now(), actor.id);
    let saved = app
        .db
        .write(store::setting::lock(env), move |tx| {
            let stored = store::setting::load(tx, env)?.ok_or(SettingFault::Missing)?;
            let wanted = wanted(&stored.settings);
            let endpoint_moved = stored.settings.webhook.url != wanted.webhook.url;
            let change = Change { version, at, by, endpoint_moved };
            match store::setting::save(tx, env, &wanted, change)? {
                Some(version) => Ok(version),
                None => Err(SettingFault::Stale(Box::new(stored))),
            }
        })
        .await;
    app.settings.forget(env);
    saved
}

/// Sends to the webhook again after a 410 disabled it. What waits as an incident stays one until it is retried.
pub async fn enable_webhook(app: &App, actor: &Actor, env: Env) -> Result<(), SettingFault> {
    app.db.write(store::setting::lock(env), move |tx| store::setting::enable_webhook(tx, env)).await?;
    app.settings.forget(env);
    tracing::info!(operator.id = %actor.id, environment.id = %env, "an operator enabled the webhook endpoint again");
    Ok(())
}

/// Makes a new secret the current one. The old one signs beside it for 24 hours.
pub async fn rotate_secret(app: &App, actor: &Actor, env: Env) -> Result<(), SettingFault> {
    let now = app.db.now();
    let new = NewSecret::make(app.rng.as_ref(), &app.seal, env, now)?;
    app.db
        .write(store::setting::lock(env), move |tx| {
            store::setting::rotate_secret(tx, env, &new.row, now.plus(ROTATED_FOR))
        })
        .await?;
    app.settings.forget(env);
    tracing::info!(operator.id = %actor.id, environment.id = %env, "an operator rotated the webhook secret");
    Ok(())
}

async fn read(app: &App, env: Env) -> Result<Current, SettingFault> {
    let now = app.db.now();
    let (environment, stored, sealed) = app
        .db
        .read(move |tx| {
            let environment = store::platform::environment(tx, env.id())?.ok_or(SettingFault::Missing)?;
            let stored = store::setting::load(tx, env)?.ok_or(SettingFault::Missing)?;
            Ok::<_, SettingFault>((environment, stored, store::setting::secrets(tx, env, now)?))
        })
        .await?;
    let secrets =
        sealed.iter().map(|row| WebhookSecret::open(&app.seal, env, row)).collect::<Result<_, _>>()?;
    Ok(Current {
        env,
        environment,
        settings: stored.settings,
        version: stored.version,
        changed_at: stored.changed_at,
        secrets,
    })
}
