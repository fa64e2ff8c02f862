//! The acknowledgement: early, once, again, different, late, unknown, foreign: each has an answer (decision D13).

use super::{StepContext, StepFault, version};
use crate::App;
use crate::setting::{self, SettingFault};
use durable::signal;
use kernel::{Category, Env, RunId};
use model::run::{BuilderTenant, Event, NodeStatus, Run, RunKind, RunState};
use model::workflow::{Definition, Kind};
use serde::Serialize;
use sql::Tx;
use std::str::FromStr;

/// Acknowledgements lie in the signal inbox under this name and the run's id.
pub(crate) const SIGNAL: &str = "ack";

/// An acknowledgement in whatever shape it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AckRequest {
    /// `workflowRuntimeId`: any string; what is no id of ours is unknown.
    pub run: String,
    /// `workflowDesignTimeId`, when sent.
    pub workflow: Option<String>,
    /// `thrivestackTenantId`, when sent.
    pub tenant: Option<String>,
    pub builder: BuilderTenant,
    /// `userEmailId` (K1, K2) or `emailId` (K3), when sent: recorded, never compared.
    pub user_email: Option<String>,
}

/// What the inbox keeps of an acknowledgement. Everything that is decided later reads the tenant alone.
#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    builder: &'a BuilderTenant,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<&'a str>,
}

/// Why an acknowledgement was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AckFault {
    #[error("the run belongs to another environment")]
    Forbidden,
    #[error("no such run")]
    Unknown,
    #[error("{field} is not that of the run")]
    Mismatch { field: &'static str },
    #[error("the run was acknowledged with another tenant")]
    Conflict,
    #[error("the run was cancelled")]
    Ended,
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("step")]
    Step(#[from] StepFault),
    #[error("run store")]
    Store(#[from] sql::Fault),
    #[error("encode the acknowledgement")]
    Encode(#[from] serde_json::Error),
}

impl AckFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Forbidden => Category::Forbidden,
            Self::Unknown => Category::Absent,
            Self::Mismatch { .. } => Category::Invalid,
            Self::Conflict | Self::Ended => Category::Conflict,
            Self::Setting(fault) => fault.category(),
            Self::Step(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
            Self::Encode(_) => Category::Fault,
        }
    }
}

/// Records the acknowledgement of a run and lets the run go on if it waits for it.
pub async fn acknowledge(app: &App, env: Env, request: AckRequest) -> Result<(), AckFault> {
    let id: RunId = request.run.parse().map_err(|_| AckFault::Unknown)?;
    let head = find(app, env, id).await?;
    let current = setting::current(app, env).await?;
    let definition = version(app, env, head.workflow, head.version).await?.ok_or(AckFault::Unknown)?;
    let step = StepContext::new(app, current, definition);
    let lock = store::run::subject_lock(env, head.workflow, &head.user_id);
    let request = AckRequest { builder: normal(request.builder), ..request };
    app.db.write(lock, move |tx| record(tx, &step, id, &request)).await
}

/// The run as the caller may see it: unknown is 404, another environment's is 403.
async fn find(app: &App, env: Env, id: RunId) -> Result<store::run::Head, AckFault> {
    let head = app.db.read(move |tx| store::run::head(tx, id)).await?.ok_or(AckFault::Unknown)?;
    if head.environment == env.id() { Ok(head) } else { Err(AckFault::Forbidden) }
}

fn check(run: &Run, request: &AckRequest) -> Result<(), AckFault> {
    // A login sends no webhook: there is nothing to acknowledge.
    if run.kind == RunKind::Login {
        return Err(AckFault::Unknown);
    }
    if differs(request.workflow.as_deref(), &run.workflow) {
        return Err(AckFault::Mismatch { field: "workflowDesignTimeId" });
    }
    if differs(request.tenant.as_deref(), &run.tenant) {
        return Err(AckFault::Mismatch { field: "thrivestackTenantId" });
    }
    Ok(())
}

/// Whether another id was sent. One id has many spellings: databases of builders give UUIDs back in capitals.
fn differs<T: FromStr + PartialEq>(sent: Option<&str>, ours: &T) -> bool {
    sent.is_some_and(|sent| !sent.is_empty() && sent.parse::<T>().ok().as_ref() != Some(ours))
}

/// An empty text counts as absent.
fn normal(builder: BuilderTenant) -> BuilderTenant {
    let full = |text: Option<String>| text.filter(|text| !text.is_empty());
    BuilderTenant { id: full(builder.id), name: full(builder.name) }
}

fn record(tx: &mut Tx<'_>, step: &StepContext, id: RunId, request: &AckRequest) -> Result<(), AckFault> {
    let run = store::run::get(tx, step.env, id)?.ok_or(AckFault::Unknown)?;
    check(&run, request)?;
    let (correlation, builder) = (id.to_string(), &request.builder);
    // A recorded ack is judged before the run's state: the same one is answered the same for ever.
    let recorded = early(tx, step.env, id)?;
    if recorded.as_ref().is_some_and(|first| first.id != builder.id) {
        return Err(AckFault::Conflict);
    }
    if recorded.is_none() {
        if run.state == RunState::Cancelled {
            return Err(AckFault::Ended);
        }
        let user_email = request.user_email.as_deref().filter(|email| !email.is_empty());
        let payload = serde_json::to_string(&Kept { builder, user_email })?;
        signal::put(tx, step.env, SIGNAL, &correlation, &payload, step.now)?;
    }
    // Before the wait exists the inbox keeps it. A run that stands there although it came goes on when it comes again;
    // after a skip it still brings the builder's ids.
    if is_awaited(&step.definition, &run) {
        let facts = step.facts_with(None);
        step.take(tx, run, &Event::Acked(builder.clone()), &facts)?;
    }
    Ok(())
}

fn is_awaited(definition: &Definition, run: &Run) -> bool {
    let path = run.path(definition).iter().zip(&run.nodes);
    path.filter(|(node, _)| node.kind == Kind::AwaitAck).any(|(_, state)| match state.status {
        NodeStatus::Waiting | NodeStatus::Failed => run.state != RunState::Cancelled,
        NodeStatus::Skipped => run.builder_tenant.as_ref().is_none_or(|tenant| tenant.id.is_none()),
        NodeStatus::Pending | NodeStatus::Done => false,
    })
}

/// The acknowledgement that came before the wait existed, if one did.
pub(crate) fn early(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<Option<BuilderTenant>, sql::Fault> {
    let signal = signal::get(tx, env, SIGNAL, &run.to_string())?;
    // What lies there was written by `record`.
    Ok(signal.and_then(|signal| serde_json::from_str(&signal.payload).ok()))
}
