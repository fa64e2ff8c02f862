//! Tenant data for the builder's endpoint: delivered, retried, sent again, given up (decisions D8, D13).
//!
//! Cast: a `delivery` row with the bytes to send, whose id is the `webhook-id` of every attempt; the job
//! [`DELIVER`], which makes one attempt, records it and decides what follows; the job [`ACK_OVERDUE`], which fires when a
//! delivered webhook was not acknowledged; the job [`ENDPOINT_GONE`], which turns waiting runs into incidents after a 410.
//!
//! Guarantees: at least one attempt for every delivery while its run waits; an attempt that ends, or that a shutdown
//! interrupts, is recorded with request and response before anything follows from it. An acknowledgement, a skip and a
//! cancellation call the jobs off, and each attempt looks whether its job is still there before it sends. Limits: 15 s an
//! attempt, 4 KiB of the answer are kept, [`PER_ENVIRONMENT`] attempts at once in one environment. A test delivery is about no run:
//! [`send_test`] makes its one attempt and nothing follows from it. Not promised:
//! that nothing is sent once the run has been acknowledged: whoever looked a moment before sends, and an attempt under way
//! is not cut short; a record of an attempt whose process was killed before it could write (it is made again); that the
//! receiver sees a message once (it recognises it by its id).

mod attempt;
mod deliver;
mod gone;
mod overdue;
mod test_send;
mod trouble;
mod view;

pub use attempt::policy;
pub use deliver::Deliver;
pub use gone::EndpointGone;
pub use overdue::AckOverdue;
pub use store::delivery::list::{Counts, Kind, Listed, Outcome, Wanted as DeliveryFilter};
pub use test_send::{TestFault, send_test};
pub use trouble::{Sender, elsewhere, explain};
pub(crate) use view::may_retry;
pub use view::{AttemptView, DeliveryDetail, DeliveryPage, DeliveryViewFault, detail, list, taken_at};

use durable::{JobFault, NewJob};
use kernel::{Category, DeliveryId, Env, JobId, RunId, Timestamp, WorkflowId};
use model::run::{Event, Run};
use serde::{Deserialize, Serialize};
use sql::{Lock, Tx};

use crate::App;
use crate::run::{StepContext, StepFault};
use crate::setting::{self, SettingFault};

/// Attempts under way at once in one environment: half of the executor's slots.
pub const PER_ENVIRONMENT: u32 = 128;

/// One attempt of a delivery.
pub const DELIVER: &str = "webhook.deliver@1";
/// A delivered webhook was not acknowledged in time.
pub const ACK_OVERDUE: &str = "ack.overdue@1";
/// The endpoint answered 410.
pub const ENDPOINT_GONE: &str = "endpoint.gone@1";

/// Why the webhook is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The first delivery with its retry schedule.
    First,
    /// Once more because no acknowledgement came; not retried, the next wait decides.
    Resend,
    /// An operator asked for it: a fresh schedule.
    Operator,
    /// An operator looks whether the endpoint answers: about no run, sent once, at once, by no job.
    Test,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Resend => "resend",
            Self::Operator => "operator",
            Self::Test => "test",
        }
    }

    /// The one that an attempt was kept under.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::First, Self::Resend, Self::Operator, Self::Test]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// Which run a job is about, with what names its lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub run: RunId,
    pub workflow: WorkflowId,
    pub version: u32,
    pub user_id: String,
}

impl Target {
    pub(crate) fn of(run: &Run) -> Self {
        Self { run: run.id, workflow: run.workflow, version: run.version, user_id: run.user_id.to_string() }
    }

    fn lock(&self, env: Env) -> Lock {
        store::run::subject_lock(env, self.workflow, &self.user_id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivering {
    #[serde(flatten)]
    pub target: Target,
    pub delivery: DeliveryId,
    pub purpose: Purpose,
    /// Attempts of this schedule that failed so far; one that a shutdown cut short is none.
    #[serde(default)]
    pub failed: usize,
}

/// The job that delivers.
pub(crate) fn delivery(
    id: JobId,
    run: &Run,
    delivery: DeliveryId,
    purpose: Purpose,
    due_at: Timestamp,
) -> Result<NewJob, serde_json::Error> {
    let payload = Delivering { target: Target::of(run), delivery, purpose, failed: 0 };
    job(id, DELIVER, run.id, &payload, due_at)
}

/// The job that looks whether the acknowledgement came.
pub(crate) fn ack_timer(id: JobId, target: &Target, due_at: Timestamp) -> Result<NewJob, serde_json::Error> {
    job(id, ACK_OVERDUE, target.run, target, due_at)
}

fn job(
    id: JobId,
    kind: &'static str,
    run: RunId,
    payload: &impl Serialize,
    due_at: Timestamp,
) -> Result<NewJob, serde_json::Error> {
    let payload = serde_json::to_string(payload)?;
    Ok(NewJob { id, kind, correlation: run.to_string(), payload, due_at })
}

/// Why a job of the webhook could not be done; the executor runs it again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookFault {
    #[error("the job's payload")]
    Payload(#[from] serde_json::Error),
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("step")]
    Step(#[from] StepFault),
    #[error("store")]
    Store(#[from] sql::Fault),
    #[error("the workflow's version {0} is not stored")]
    Definition(u32),
}

impl WebhookFault {
    fn category(&self) -> Category {
        match self {
            Self::Payload(_) | Self::Definition(_) => Category::Fault,
            Self::Setting(fault) => fault.category(),
            Self::Step(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }

    fn into_job(self) -> JobFault {
        let category = self.category();
        JobFault { category, ..JobFault::from(self) }
    }
}

/// What every job of a run works with.
async fn step(app: &App, env: Env, target: &Target) -> Result<StepContext, WebhookFault> {
    let current = setting::current(app, env).await?;
    let definition = crate::run::version(app, env, target.workflow, target.version).await?;
    let definition = definition.ok_or(WebhookFault::Definition(target.version))?;
    Ok(StepContext::new(app, current, definition))
}

/// Tells the run what happened. A run that is past it, or gone, needs no telling.
fn tell(tx: &mut Tx<'_>, step: &StepContext, run: RunId, event: &Event) -> Result<(), StepFault> {
    let Some(run) = store::run::get(tx, step.env, run)? else { return Ok(()) };
    match step.take(tx, run, event, &step.facts_with(None)) {
        Ok(_) | Err(StepFault::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// A job was parked: its run becomes an incident that says so.
async fn given_up(app: &App, env: Env, target: &Target, reason: String) -> Result<(), WebhookFault> {
    let step = step(app, env, target).await?;
    let run = target.run;
    let event = Event::JobFailed(reason);
    app.db.write(target.lock(env), move |tx| tell(tx, &step, run, &event)).await?;
    Ok(())
}
