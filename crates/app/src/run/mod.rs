//! Runs: a trigger begins one, an acknowledgement lets it go on, an operator mends it.
//!
//! Cast: the builder's backend triggers and acknowledges; the [`crate::webhook`] jobs deliver and watch the clock; the
//! [`crate::handover`] pages take the browser on. Every change is one command under the subject's lock: load the
//! run, let [`model::run::advance`] decide, write run, effects and events together ([`apply`]).
//!
//! Guarantees: two triggers for one user give one run; a webhook of a run has one id, whatever is retried or sent
//! again; the first acknowledgement wins, and the same one again is answered the same. Limits: one command a step;
//! a page of a list shows at most 199 runs. Not promised: that a trigger with another mail or role changes a run that is
//! under way (decision D14 ignores it).

mod ack;
mod act;
mod apply;
mod forget;
mod news;
mod trigger;
mod try_out;
mod view;
mod waitlist;

pub use ack::{AckFault, AckRequest, acknowledge};
pub use act::{ActFault, BATCH_MAX, BatchFault, admit, cancel, retry, skip};
pub use apply::StepFault;
pub(crate) use apply::{StepContext, apply};
pub use forget::{ForgetFault, Forgotten, forget_user};
pub use news::News;
pub(crate) use trigger::KEY_LIFE;
pub use trigger::{Missing, Trigger, TriggerFault, Triggered, missing, trigger};
pub use try_out::{TryFault, first_workflow, try_signup, versions, workflows};
pub use view::{
    NodeView, OpenRuns, RunCounts, RunDetail, RunPage, Status, ViewFault, any, count_upto, detail, first,
    list, open, reason_words, several, status,
};

pub use store::{
    lead::Lead,
    run::{Filter as RunFilter, OLDEST_MAX, Which},
};
pub use waitlist::{
    Admission, Oldest, Places, Waiting, Waitlist, WaitlistFilter, admit_next, admit_these, admit_upto,
    oldest, waiting, waitlist,
};

use crate::App;
use kernel::{Env, EnvironmentId, Monotonic, WorkflowId};
use model::workflow::Definition;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A published workflow may change at any time; whoever triggers sees it within a second.
const STALE_AFTER: Duration = Duration::from_secs(1);

type Published = HashMap<(EnvironmentId, WorkflowId), (Monotonic, Arc<Definition>)>;
type Versions = HashMap<(EnvironmentId, WorkflowId, u32), Arc<Definition>>;

/// Definitions by version, which never change, and which version is published, at most a second old. As many entries
/// as there are definitions.
#[derive(Default)]
pub struct Definitions {
    versions: Mutex<Versions>,
    published: Mutex<Published>,
}

/// The published version of a workflow; `None` where the environment has no such workflow.
pub(crate) async fn published(
    app: &App,
    env: Env,
    workflow: WorkflowId,
) -> Result<Option<Arc<Definition>>, sql::Fault> {
    let now = app.clock.monotonic();
    let key = (env.id(), workflow);
    if let Some((read_at, definition)) = guard(&app.definitions.published).get(&key)
        && now.since(*read_at) < STALE_AFTER
    {
        return Ok(Some(Arc::clone(definition)));
    }
    let found = app.db.read(move |tx| store::definition::published(tx, env, workflow)).await?;
    let found = found.map(Arc::new);
    if let Some(definition) = &found {
        guard(&app.definitions.published).insert(key, (now, Arc::clone(definition)));
        let version = (env.id(), workflow, definition.version);
        guard(&app.definitions.versions).insert(version, Arc::clone(definition));
    }
    Ok(found)
}

/// The version that a run keeps.
pub(crate) async fn version(
    app: &App,
    env: Env,
    workflow: WorkflowId,
    version: u32,
) -> Result<Option<Arc<Definition>>, sql::Fault> {
    let key = (env.id(), workflow, version);
    if let Some(definition) = guard(&app.definitions.versions).get(&key) {
        return Ok(Some(Arc::clone(definition)));
    }
    let found = app.db.read(move |tx| store::definition::version(tx, env, workflow, version)).await?;
    let found = found.map(Arc::new);
    if let Some(definition) = &found {
        guard(&app.definitions.versions).insert(key, Arc::clone(definition));
    }
    Ok(found)
}

fn guard<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
