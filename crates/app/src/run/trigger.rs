//! `POST /trigger`: a signup or a login begins, or goes on (decision D14).

use super::{StepContext, StepFault, published};
use crate::handover::{self, HostedPage};
use crate::setting::{self, Current, SettingFault};
use crate::{App, enrich, path};
use kernel::{Category, EndUserId, Env, RunId, TenantId, WorkflowId};
use model::email::Email;
use model::run::{Event, Run, RunKind, RunState, Subject, UserId, advance, begin};
use model::setting::{Choice, Needed};
use sha2::{Digest, Sha256};
use sql::{Lock, Tx};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::idempotency::Known;
use url::Url;

/// How long an `Idempotency-Key` is remembered.
pub(crate) const KEY_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// A trigger whose fields have been read.
#[derive(Debug, Clone)]
pub struct Trigger {
    pub user_id: UserId,
    pub email: Email,
    pub role: Option<Choice>,
    pub workflow: String,
    /// The user's own address, where the builder's backend passes it on (decision D27).
    pub address: Option<IpAddr>,
    /// `Idempotency-Key` with the body as parsed.
    pub idempotency: Option<(String, serde_json::Value)>,
}

/// The answer to a trigger.
#[derive(Debug, Clone)]
pub struct Triggered {
    pub run: RunId,
    /// A fresh link to the run's continuation page.
    pub redirect_url: Url,
    pub kind: RunKind,
}

/// A setting without which a signup would strand, and where in the console it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub item: &'static str,
    pub page: String,
}

/// Why nothing was triggered.
#[derive(Debug, thiserror::Error)]
pub enum TriggerFault {
    #[error("no such workflow in this environment")]
    Workflow,
    #[error("settings are missing: {}", names(.0))]
    Incomplete(Vec<Missing>),
    #[error("the idempotency key was used with another body")]
    Idempotency,
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("step")]
    Step(#[from] StepFault),
    #[error("run store")]
    Store(#[from] sql::Fault),
}

impl TriggerFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Workflow => Category::Absent,
            Self::Incomplete(_) | Self::Idempotency => Category::Conflict,
            Self::Setting(fault) => fault.category(),
            Self::Step(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

fn names(missing: &[Missing]) -> String {
    missing.iter().map(|one| one.item).collect::<Vec<_>>().join(", ")
}

/// Begins a run, or finds the one that is under way, and makes a fresh link to its page.
pub async fn trigger(app: &App, env: Env, request: Trigger) -> Result<Triggered, TriggerFault> {
    let workflow: WorkflowId = request.workflow.parse().map_err(|_| TriggerFault::Workflow)?;
    let definition = published(app, env, workflow).await?.ok_or(TriggerFault::Workflow)?;
    let current = setting::current(app, env).await?;
    let link = handover::NewLink::make(app.rng.as_ref(), HostedPage::Continue);
    let (token, url_of) = (link.token.clone(), Arc::clone(&current));

    let command = Command::new(app, StepContext::new(app, current, definition), link, request);
    let locks = command.locks();
    let (run, kind) = app.db.write(locks, move |tx| command.run(tx)).await?;
    let redirect_url =
        handover::page_url(app, &url_of.environment, workflow, run, HostedPage::Continue, token.expose());
    Ok(Triggered { run, redirect_url, kind })
}

/// All that the command needs, fixed before it runs: it may run again.
struct Command {
    step: StepContext,
    request: Trigger,
    enrichment: model::enrichment::Enrichment,
    fresh: (RunId, EndUserId, TenantId),
    link: handover::NewLink,
    /// The key and the hash of the body as parsed.
    key: Option<(String, String)>,
    console: Url,
}

const PATH: &str = "trigger";

impl Command {
    fn new(app: &App, step: StepContext, link: handover::NewLink, request: Trigger) -> Self {
        let rng = app.rng.as_ref();
        let key = request.idempotency.as_ref().map(|(key, body)| (key.clone(), hash(body)));
        Self {
            enrichment: enrich::enrich(app, request.email.as_str(), request.address),
            fresh: (RunId::random(rng), EndUserId::ordered(step.now, rng), TenantId::ordered(step.now, rng)),
            link,
            key,
            console: app.options.public_url.clone(),
            step,
            request,
        }
    }

    fn locks(&self) -> Vec<Lock> {
        let env = self.step.env;
        let subject =
            store::run::subject_lock(env, self.step.definition.workflow, self.request.user_id.as_str());
        let waitlist =
            self.step.current.settings.waitlist_limit.is_some().then(|| store::end_user::waitlist_lock(env));
        let key = self.key.as_ref().map(|(key, _)| store::idempotency::lock(env, PATH, key));
        [Some(subject), waitlist, key].into_iter().flatten().collect()
    }

    fn run(&self, tx: &mut Tx<'_>) -> Result<(RunId, RunKind), TriggerFault> {
        if let Some(run) = self.known(tx)? {
            return Ok((run.id, run.kind));
        }
        let env = self.step.env;
        let user_id = self.request.user_id.as_str();
        let subject = store::run::subject(tx, env, self.step.definition.workflow, user_id)?;
        let before = match &subject {
            Some(subject) => store::run::get(tx, env, subject.run)?,
            None => None,
        };
        let run = match before {
            Some(run) if run.state != RunState::Cancelled && run.handed_over_at.is_none() => run,
            before => {
                let new = self.next(tx, before.as_ref())?;
                self.begin(tx, new, subject)?
            }
        };
        store::handover::add_link(tx, env, &self.link.hash, run.id, self.step.now)?;
        self.remember(tx, &run)?;
        Ok((run.id, run.kind))
    }

    /// The run that this idempotency key gave before, with a fresh link.
    fn known(&self, tx: &mut Tx<'_>) -> Result<Option<Run>, TriggerFault> {
        let Some((key, body_hash)) = &self.key else { return Ok(None) };
        let since = self.step.now.minus(KEY_LIFE);
        let Some(known) = store::idempotency::get(tx, self.step.env, PATH, key, since)? else {
            return Ok(None);
        };
        if known.body_hash != *body_hash {
            return Err(TriggerFault::Idempotency);
        }
        let env = self.step.env;
        let Some(run) = store::run::get(tx, env, known.run)? else { return Ok(None) };
        // Somebody who was forgotten since begins anew, whatever the key.
        if !store::end_user::is_known(tx, env, run.end_user)? {
            return Ok(None);
        }
        store::handover::add_link(tx, env, &self.link.hash, run.id, self.step.now)?;
        Ok(Some(run))
    }

    fn remember(&self, tx: &mut Tx<'_>, run: &Run) -> Result<(), TriggerFault> {
        if let Some((key, body_hash)) = &self.key {
            let known = Known { body_hash: body_hash.clone(), run: run.id };
            store::idempotency::put(tx, self.step.env, PATH, key, &known, self.step.now)?;
        }
        Ok(())
    }

    /// The run that comes after one that is over: a signup until somebody was handed over.
    fn next(&self, tx: &mut Tx<'_>, before: Option<&Run>) -> Result<Run, TriggerFault> {
        match before {
            Some(run) if run.state != RunState::Cancelled || run.kind == RunKind::Login => self.login(run),
            cancelled => self.signup(tx, cancelled),
        }
    }

    /// A new run; one that was cancelled before leaves its tenant to it.
    fn signup(&self, tx: &mut Tx<'_>, cancelled: Option<&Run>) -> Result<Run, TriggerFault> {
        let missing = missing(&self.step.current, &self.console);
        if !missing.is_empty() {
            return Err(TriggerFault::Incomplete(missing));
        }
        let (id, end_user, tenant) = self.fresh;
        let (env, request) = (self.step.env, &self.request);
        let user_id = request.user_id.as_str();
        let email = request.email.as_str();
        let end_user = store::end_user::obtain(tx, env, user_id, email, end_user, self.step.now)?;
        let subject = Subject {
            user_id: request.user_id.clone(),
            email: request.email.clone(),
            role: request.role.clone(),
            end_user,
            tenant: cancelled.map_or(tenant, |run| run.tenant),
            enrichment: self.enrichment.clone(),
        };
        Ok(begin(&self.step.definition, id, RunKind::Signup, subject, self.step.now))
    }

    /// The short run of a user who has been handed over before.
    fn login(&self, before: &Run) -> Result<Run, TriggerFault> {
        if self.step.current.settings.success_url.is_none() {
            return Err(TriggerFault::Incomplete(vec![item(
                Needed::SuccessUrl,
                &self.step.current,
                &self.console,
            )]));
        }
        let subject = Subject {
            user_id: before.user_id.clone(),
            email: self.request.email.clone(),
            role: before.role.clone(),
            end_user: before.end_user,
            tenant: before.tenant,
            enrichment: before.enrichment.clone(),
        };
        let mut run = begin(&self.step.definition, self.fresh.0, RunKind::Login, subject, self.step.now);
        run.account_name.clone_from(&before.account_name);
        run.builder_tenant.clone_from(&before.builder_tenant);
        run.plan.clone_from(&before.plan);
        run.applied_role.clone_from(&before.applied_role);
        Ok(run)
    }

    /// The new run's first step. `known` is the subject's row.
    fn begin(
        &self,
        tx: &mut Tx<'_>,
        run: Run,
        known: Option<store::run::Subject>,
    ) -> Result<Run, TriggerFault> {
        let facts = match run.kind {
            RunKind::Signup => self.step.facts(tx, run.user_id.as_str())?,
            // A login never meets the waitlist.
            RunKind::Login => self.step.facts_with(None),
        };
        let step = advance(&self.step.definition, run, &Event::Triggered, &facts).map_err(StepFault::from)?;
        store::run::insert(tx, self.step.env, &step.run)?;
        super::apply(tx, &self.step, &step, known)?;
        Ok(step.run)
    }
}

/// What a signup needs and the environment does not have.
pub fn missing(current: &Current, console: &Url) -> Vec<Missing> {
    current.settings.missing().into_iter().map(|needed| item(needed, current, console)).collect()
}

fn item(needed: Needed, current: &Current, console: &Url) -> Missing {
    let section = match needed {
        Needed::WebhookUrl => "webhook",
        Needed::OnboardingUrl | Needed::SuccessUrl => "redirects",
    };
    let path = format!("{}#{section}", path::settings(current.environment.stage));
    let page = console.join(&path).map_or(path, String::from);
    Missing { item: needed.name(), page }
}

/// Of the body as parsed: key order and white space do not count.
fn hash(body: &serde_json::Value) -> String {
    let mut digest = Sha256::new();
    canonical(body, &mut digest);
    kernel::hex(digest.finalize())
}

fn canonical(value: &serde_json::Value, digest: &mut Sha256) {
    match value {
        serde_json::Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            digest.update(b"{");
            for key in keys {
                digest.update(serde_json::Value::from(key.as_str()).to_string());
                digest.update(b":");
                canonical(&map[key.as_str()], digest);
            }
            digest.update(b"}");
        }
        serde_json::Value::Array(items) => {
            digest.update(b"[");
            for item in items {
                canonical(item, digest);
                digest.update(b",");
            }
            digest.update(b"]");
        }
        plain => digest.update(plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_of_a_body_ignores_key_order_and_nothing_else() {
        let one = serde_json::from_str(r#"{"a":1,"b":[1,{"c":2,"d":3}]}"#).unwrap();
        let other = serde_json::from_str(r#"{ "b": [1, {"d":3,"c":2}], "a": 1 }"#).unwrap();
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&json!({"a": 1, "b": [{"c": 2, "d": 3}, 1]})));
        assert_ne!(hash(&json!({"a": "1"})), hash(&json!({"a": 1})));
    }
}
