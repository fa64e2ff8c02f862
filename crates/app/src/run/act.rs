//! What an operator does to a run: retry, skip, cancel an incident or a wait; admit who is on the waitlist.

use super::{StepContext, StepFault, ack, version};
use crate::App;
use crate::operator::Actor;
use crate::setting::{self, SettingFault};
use kernel::{Category, Env, RunId};
use model::run::{Event, Refusal, Run};
use sql::Lock;

/// The most runs that one batch admits.
pub const BATCH_MAX: usize = 100;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ActFault {
    #[error("no such run")]
    Unknown,
    #[error("the run refuses")]
    Refused(#[source] Refusal),
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("step")]
    Step(#[source] StepFault),
    #[error("run store")]
    Store(#[from] sql::Fault),
}

impl ActFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Unknown => Category::Absent,
            Self::Refused(_) => Category::Conflict,
            Self::Setting(fault) => fault.category(),
            Self::Step(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

impl From<StepFault> for ActFault {
    fn from(fault: StepFault) -> Self {
        match fault {
            StepFault::Refused(refusal) => Self::Refused(refusal),
            other => Self::Step(other),
        }
    }
}

/// A batch that ended early. Those before stay admitted.
#[derive(Debug, thiserror::Error)]
#[error("{admitted} were admitted, and the next was not")]
pub struct BatchFault {
    pub admitted: usize,
    pub source: ActFault,
}

impl BatchFault {
    pub fn category(&self) -> Category {
        self.source.category()
    }
}

/// Delivers the webhook of an incident again, with a fresh schedule and the same `webhook-id`.
pub async fn retry(app: &App, actor: &Actor, env: Env, run: RunId) -> Result<Run, ActFault> {
    act(app, actor, env, run, Event::Retry).await
}

/// Goes on as if the acknowledgement had come, with our tenant id as group id (decision D26).
pub async fn skip(app: &App, actor: &Actor, env: Env, run: RunId) -> Result<Run, ActFault> {
    act(app, actor, env, run, Event::Skip).await
}

/// Ends a run that is not through. A later trigger begins a new one for the same tenant.
pub async fn cancel(app: &App, actor: &Actor, env: Env, run: RunId) -> Result<Run, ActFault> {
    act(app, actor, env, run, Event::Cancel).await
}

/// Lets one user off the waitlist, whatever its limit.
pub async fn admit(app: &App, actor: &Actor, env: Env, run: RunId) -> Result<Run, ActFault> {
    act(app, actor, env, run, Event::Admitted).await
}

async fn act(app: &App, actor: &Actor, env: Env, id: RunId, event: Event) -> Result<Run, ActFault> {
    let run = app.db.read(move |tx| store::run::get(tx, env, id)).await?.ok_or(ActFault::Unknown)?;
    let current = setting::current(app, env).await?;
    let definition = version(app, env, run.workflow, run.version).await?.ok_or(ActFault::Unknown)?;
    let step = StepContext::new(app, current, definition);
    tracing::info!(run.id = %id, operator.id = %actor.id, act = ?event, "an operator acts on a run");
    app.db
        .write(locks(&step, &run, &event), move |tx| {
            let run = store::run::get(tx, env, id)?.ok_or(ActFault::Unknown)?;
            let early = ack::early(tx, env, id)?;
            let facts = step.facts_with(early);
            Ok(step.take(tx, run, &event, &facts)?)
        })
        .await
}

fn locks(step: &StepContext, run: &Run, event: &Event) -> Vec<Lock> {
    let subject = store::run::subject_lock(step.env, run.workflow, run.user_id.as_str());
    // Whoever takes a place counts with those who look for one.
    let place = (*event == Event::Admitted).then(|| store::end_user::waitlist_lock(step.env));
    [Some(subject), place].into_iter().flatten().collect()
}
