//! Writes what a step decided: rows, jobs and events, in the transaction that decided it.

use crate::mail::{self, MailFault};
use crate::setting::Current;
use crate::webhook::{self, Purpose, Target};
use crate::{App, relay};
use durable::{Jobs, NewJob, job, outbox};
use kernel::{Category, DeliveryId, Env, JobId, LeadId, MailId, Timestamp};
use model::event::{HouseEvent, MessageId};
use model::run::{BuilderTenant, Effect, Emitted, Event, Facts, Refusal, Run, advance};
use model::webhook::body::{self, TenantData};
use model::workflow::Definition;
use serde_json::{Map, json};
use sql::Tx;
use std::sync::Arc;
use std::time::Duration;
use store::run::Subject;

/// Everything a step needs that must not change when its command runs again: the time, new ids, the settings.
pub(crate) struct StepContext {
    pub env: Env,
    pub now: Timestamp,
    pub current: Arc<Current>,
    pub definition: Arc<Definition>,
    jobs: Jobs,
    bell: relay::Bell,
    news: super::News,
    ids: Ids,
    sender: mail::Sender,
    ack_wait: Duration,
}

#[derive(Clone, Copy)]
struct Ids {
    delivery: DeliveryId,
    job: JobId,
    timer: JobId,
    lead: LeadId,
    mail: MailId,
    sending: JobId,
}

/// Why a step could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum StepFault {
    #[error("the run refuses")]
    Refused(#[from] Refusal),
    #[error("mail")]
    Mail(#[from] MailFault),
    #[error("encode an event")]
    Encode(#[from] serde_json::Error),
    #[error("store")]
    Store(#[from] sql::Fault),
}

impl StepFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Refused(_) => Category::Conflict,
            Self::Mail(_) | Self::Encode(_) => Category::Fault,
            Self::Store(fault) => fault.category(),
        }
    }
}

impl StepContext {
    pub fn new(app: &App, current: Arc<Current>, definition: Arc<Definition>) -> Self {
        let now = app.db.now();
        let rng = app.rng.as_ref();
        Self {
            env: current.env,
            now,
            jobs: app.jobs.clone(),
            bell: app.relay.clone(),
            news: app.news.clone(),
            ids: Ids {
                delivery: DeliveryId::ordered(now, rng),
                job: JobId::ordered(now, rng),
                timer: JobId::ordered(now, rng),
                lead: LeadId::ordered(now, rng),
                mail: MailId::ordered(now, rng),
                sending: JobId::ordered(now, rng),
            },
            sender: mail::Sender::of(app, &current),
            ack_wait: app.options.pace(current.environment.stage).ack_wait,
            current,
            definition,
        }
    }

    /// The facts of a step that may meet the waitlist, whose lock must be held where a limit is set.
    pub fn facts(&self, tx: &mut Tx<'_>, user_id: &str) -> Result<Facts<'_>, sql::Fault> {
        let mut facts = self.facts_with(None);
        if let Some(limit) = self.current.settings.waitlist_limit {
            facts.admitted = store::end_user::admitted(tx, self.env, limit)?;
            facts.has_place = store::end_user::has_place(tx, self.env, user_id)?;
        }
        Ok(facts)
    }

    /// The facts of a step that cannot come past the waitlist.
    pub fn facts_with(&self, early_ack: Option<BuilderTenant>) -> Facts<'_> {
        Facts { now: self.now, settings: &self.current.settings, admitted: 0, has_place: false, early_ack }
    }

    /// Advances a run that is stored: load, decide, write. The subject's lock must be held.
    pub fn take(
        &self,
        tx: &mut Tx<'_>,
        run: Run,
        event: &Event,
        facts: &Facts<'_>,
    ) -> Result<Run, StepFault> {
        let step = advance(&self.definition, run, event, facts)?;
        store::run::save(tx, self.env, &step.run)?;
        let subject = match step.events.as_slice() {
            [] => None,
            _ => store::run::subject(tx, self.env, step.run.workflow, step.run.user_id.as_str())?,
        };
        apply(tx, self, &step, subject)?;
        Ok(step.run)
    }
}

/// Writes a step's effects and events; the run's own row is the caller's. `subject` is the subject's row as it is
/// stored; only events ask for it.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    ctx: &StepContext,
    step: &model::run::Step,
    subject: Option<Subject>,
) -> Result<(), StepFault> {
    for effect in &step.effects {
        write(tx, ctx, &step.run, *effect)?;
    }
    if !step.events.is_empty() {
        push(tx, ctx, step, subject)?;
    }
    let (news, run) = (ctx.news.clone(), step.run.id);
    tx.on_commit(move || news.ring(run));
    Ok(())
}

fn write(tx: &mut Tx<'_>, ctx: &StepContext, run: &Run, effect: Effect) -> Result<(), StepFault> {
    let (env, now) = (ctx.env, ctx.now);
    match effect {
        Effect::AdmitUser => store::end_user::admit(tx, env, run.end_user, now)?,
        Effect::CreateTenant => store::tenant::create(tx, env, run, now)?,
        Effect::SendWebhook => send(tx, ctx, run)?,
        Effect::RetryWebhook => again(tx, ctx, run, Purpose::Operator)?,
        Effect::ResendWebhook => {
            again(tx, ctx, run, Purpose::Resend)?;
            let timer = webhook::ack_timer(ctx.ids.timer, &Target::of(run), now.plus(ctx.ack_wait))?;
            job::enqueue(tx, &ctx.jobs, env, &timer, now)?;
        }
        Effect::StopJobs => job::call_off(tx, env, &run.id.to_string())?,
        Effect::BindTenant => {
            if let Some(builder) = &run.builder_tenant {
                store::tenant::bind(tx, env, run.tenant, &run.account_name, builder, now)?;
            }
        }
        Effect::StoreLead => store::lead::insert(tx, env, ctx.ids.lead, run, now)?,
        Effect::WriteWelcomeMail => {
            let written = mail::welcome(&ctx.current, &ctx.sender, run, ctx.ids.mail, now)?;
            store::mail::insert(tx, env, &written)?;
            if ctx.sender.leaves {
                enqueue(tx, ctx, mail::first_sending(ctx.ids.sending, written.id, now)?)?;
            }
        }
    }
    Ok(())
}

/// The delivery of this run and its first job; a disabled endpoint keeps the delivery for later.
fn send(tx: &mut Tx<'_>, ctx: &StepContext, run: &Run) -> Result<(), StepFault> {
    let facts = body::Facts {
        workflow: run.workflow,
        run: run.id,
        tenant: run.tenant,
        email: run.email.as_str(),
        enrichment: &run.enrichment,
    };
    let plan = run.plan.as_ref().map(|plan| plan.id.as_str());
    let role = run.applied_role.as_ref().map_or("", |role| role.id.as_str());
    let body = TenantData::created(&facts, plan, role, &run.account_name).to_json();
    store::delivery::insert(tx, ctx.env, ctx.ids.delivery, Some(run.id), &body, ctx.now)?;
    if ctx.current.settings.webhook.disabled_at.is_some() {
        return Ok(());
    }
    enqueue(tx, ctx, webhook::delivery(ctx.ids.job, run, ctx.ids.delivery, Purpose::First, ctx.now)?)
}

/// The delivery that exists, once more: the same id and the same bytes.
fn again(tx: &mut Tx<'_>, ctx: &StepContext, run: &Run, purpose: Purpose) -> Result<(), StepFault> {
    let deliveries = store::delivery::of_run(tx, ctx.env, run.id)?;
    let Some(delivery) = deliveries.last() else { return Ok(()) };
    let job = webhook::delivery(ctx.ids.job, run, delivery.id, purpose, ctx.now)?;
    enqueue(tx, ctx, job)
}

fn enqueue(tx: &mut Tx<'_>, ctx: &StepContext, job: NewJob) -> Result<(), StepFault> {
    Ok(job::enqueue(tx, &ctx.jobs, ctx.env, &job, ctx.now)?)
}

/// Standard events go to the outbox as one message, numbered on the subject's row (decision D26 says which ids they
/// carry).
fn push(
    tx: &mut Tx<'_>,
    ctx: &StepContext,
    step: &model::run::Step,
    known: Option<Subject>,
) -> Result<(), StepFault> {
    let run = &step.run;
    let user_id = run.user_id.as_str();
    let n = known.as_ref().map_or(0, |subject| subject.outbox_n);
    // This command's time was taken before it had the lock; the outbox must not go back.
    let at = known.map_or(ctx.now, |subject| subject.outbox_at.max(ctx.now));
    let name = format!("{}/{user_id}", run.workflow);
    let events = step.events.iter().enumerate().map(|(index, event)| house_event(ctx, run, index, event));
    let body = serde_json::to_string(&events.collect::<Vec<_>>())?;
    outbox::push(tx, ctx.env, &name, n, at, &body)?;
    let subject = Subject { run: run.id, outbox_n: n + 1, outbox_at: at };
    store::run::save_subject(tx, ctx.env, run.workflow, user_id, &subject)?;
    let bell = ctx.bell.clone();
    tx.on_commit(move || bell.ring());
    Ok(())
}

fn house_event(ctx: &StepContext, run: &Run, index: usize, event: &Emitted) -> HouseEvent {
    let mut context = Map::new();
    context.insert("source".to_owned(), json!("product"));
    context.insert("environment_id".to_owned(), json!(ctx.env.to_string()));
    context.insert("product_id".to_owned(), json!(ctx.current.environment.product.to_string()));
    // Events of one step keep their order: a microsecond apart.
    let offset = Duration::from_micros(u64::try_from(index).unwrap_or(0));
    HouseEvent {
        name: event.name.to_owned(),
        user_id: Some(run.user_id.to_string()),
        group_id: event.with_group.then(|| run.group_id()),
        tenant_id: Some(run.tenant.to_string()),
        properties: event.properties.clone(),
        context,
        occurred_at: ctx.now.plus(offset),
        message_id: MessageId::of_node(run.id, &event.node, event.iteration, event.name),
    }
}
