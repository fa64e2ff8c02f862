//! Runs as people and backends read them.

use crate::{App, page, webhook::AttemptView};
use kernel::{Category, Cursor, Env, RunId, Timestamp};
use model::run::{IncidentReason, NodeStatus, Run, RunState, WaitingFor, words};
use model::workflow::{Definition, Kind};
use std::time::Duration;
use store::lead::Lead;
use store::mail::Mail;
use store::run::{Filter, LIST_MAX, Which};

/// Why runs could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewFault {
    #[error("no such run")]
    Unknown,
    #[error("run store")]
    Store(#[from] sql::Fault),
}

impl ViewFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Unknown => Category::Absent,
            Self::Store(fault) => fault.category(),
        }
    }
}

/// One page of runs by the time when they began.
#[derive(Debug, Clone)]
pub struct RunPage {
    pub rows: Vec<Run>,
    pub next: Option<Cursor>,
    /// All that the filter leaves, pages aside.
    pub total: u64,
    pub counts: RunCounts,
}

/// The runs of the environment that are not over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenRuns {
    pub running: u64,
    pub waiting: u64,
    /// Of those who wait.
    pub waitlisted: u64,
    pub incident: u64,
}

/// All runs of the environment by state, whatever the filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounts {
    pub all: u64,
    pub open: OpenRuns,
    pub completed: u64,
    pub cancelled: u64,
}

/// Everything that is known of one run.
#[derive(Debug, Clone)]
pub struct RunDetail {
    pub run: Run,
    /// The state in words.
    pub words: &'static str,
    pub workflow_name: String,
    pub nodes: Vec<NodeView>,
    pub mails: Vec<Mail>,
    pub lead: Option<Lead>,
    /// Continuation links opened.
    pub visits: i64,
    pub may_retry: bool,
    pub may_skip: bool,
    pub may_cancel: bool,
    pub may_admit: bool,
}

/// One step of the timeline.
#[derive(Debug, Clone)]
pub struct NodeView {
    pub id: String,
    pub kind: Kind,
    pub title: &'static str,
    pub note: String,
    pub status: NodeStatus,
    pub at: Option<Timestamp>,
    /// Since the step before.
    pub took: Option<Duration>,
    /// Of the webhook, at the node that provisions.
    pub attempts: Vec<AttemptView>,
}

/// Runs, the newest first unless it is asked otherwise. `filter.limit` is 1 to 199, because one more row tells whether there
/// is another page.
pub async fn list(app: &App, env: Env, filter: Filter) -> Result<RunPage, ViewFault> {
    let limit = filter.limit.clamp(1, LIST_MAX - 1);
    let filter = Filter { limit: limit + 1, ..filter };
    let wanted = filter.clone();
    let listed =
        app.db.read(move |tx| Ok::<_, sql::Fault>((store::run::list(tx, env, &wanted)?, count(tx, env)?)));
    // Both read whatever could match: side by side they take half of the time.
    let searched = filter.search.is_some().then(|| filter.clone());
    let found = async {
        let Some(filter) = searched else { return Ok(None) };
        app.db.read(move |tx| store::run::count(tx, env, &filter)).await.map(Some)
    };
    let ((mut rows, counts), found) = tokio::try_join!(listed, found)?;
    let next = page::cut(&mut rows, limit, Run::place);
    let seen_all = page::seen_all(&rows, filter.after.as_ref(), next.as_ref());
    let total = match seen_all.or(found).or(counts.of(&filter)) {
        Some(total) => total,
        None => app.db.read(move |tx| store::run::count(tx, env, &filter)).await?,
    };
    Ok(RunPage { next, total, counts, rows })
}

/// Those of the runs that the environment has, in any number up to a page.
pub async fn several(app: &App, env: Env, ids: Vec<RunId>) -> Result<Vec<Run>, ViewFault> {
    let found = app.db.read(move |tx| {
        let mut runs = Vec::with_capacity(ids.len());
        for id in ids.iter().take(LIST_MAX) {
            runs.extend(store::run::get(tx, env, *id)?);
        }
        Ok::<_, sql::Fault>(runs)
    });
    Ok(found.await?)
}

/// The newest that the filter leaves.
pub async fn first(app: &App, env: Env, filter: Filter) -> Result<Option<Run>, ViewFault> {
    let filter = Filter { limit: 1, ..filter };
    Ok(app.db.read(move |tx| Ok::<_, sql::Fault>(store::run::list(tx, env, &filter)?.pop())).await?)
}

/// How many runs stand behind `filter.after`, counted up to `most`, which is at most a page.
pub async fn count_upto(app: &App, env: Env, filter: Filter, most: usize) -> Result<usize, ViewFault> {
    let filter = Filter { limit: most, ..filter };
    Ok(app.db.read(move |tx| Ok::<_, sql::Fault>(store::run::list(tx, env, &filter)?.len())).await?)
}

/// How many runs are not over, by state. Each page of the console asks.
pub async fn open(app: &App, env: Env) -> Result<OpenRuns, ViewFault> {
    let open = app.db.read(move |tx| {
        let mut counts = RunCounts::default();
        store::run::open(tx, env)?.into_iter().for_each(|one| counts.add(one));
        Ok::<_, sql::Fault>(counts.open)
    });
    Ok(open.await?)
}

/// Whether anything ever began here.
pub async fn any(app: &App, env: Env) -> Result<bool, ViewFault> {
    Ok(app.db.read(move |tx| store::run::any(tx, env)).await?)
}

fn count(tx: &mut sql::Tx<'_>, env: Env) -> Result<RunCounts, sql::Fault> {
    let mut counts = RunCounts::default();
    store::run::counts(tx, env)?.into_iter().for_each(|one| counts.add(one));
    Ok(counts)
}

impl RunCounts {
    /// How many the filter leaves, if no more needs to be asked.
    fn of(&self, filter: &Filter) -> Option<u64> {
        match filter {
            Filter { search: Some(_), .. } | Filter { since: Some(_), .. } => None,
            Filter { which, .. } => match which {
                Which::All => Some(self.all),
                Which::In(RunState::Running) => Some(self.open.running),
                Which::In(RunState::Waiting) => Some(self.open.waiting),
                Which::In(RunState::Incident) => Some(self.open.incident),
                Which::In(RunState::Completed) => Some(self.completed),
                Which::In(RunState::Cancelled) => Some(self.cancelled),
                Which::WaitingFor(WaitingFor::Waitlist) => Some(self.open.waitlisted),
                Which::WaitingFor(_) | Which::Of(_) => None,
            },
        }
    }

    fn add(&mut self, (state, waiting_for, n): (RunState, Option<WaitingFor>, u64)) {
        self.all += n;
        match state {
            RunState::Running => self.open.running += n,
            RunState::Waiting => self.open.waiting += n,
            RunState::Incident => self.open.incident += n,
            RunState::Completed => self.completed += n,
            RunState::Cancelled => self.cancelled += n,
        }
        if waiting_for == Some(WaitingFor::Waitlist) {
            self.open.waitlisted += n;
        }
    }
}

/// One run with its timeline; `None` when the environment has no such run.
pub async fn detail(app: &App, env: Env, id: RunId) -> Result<Option<RunDetail>, ViewFault> {
    let Some(run) = app.db.read(move |tx| store::run::get(tx, env, id)).await? else { return Ok(None) };
    let Some(definition) = super::version(app, env, run.workflow, run.version).await? else {
        return Ok(None);
    };
    let (deliveries, mails, lead, (visits, _)) = app
        .db
        .read(move |tx| {
            let mut deliveries = Vec::new();
            for delivery in store::delivery::of_run(tx, env, id)? {
                let attempts = store::delivery::attempts(tx, env, delivery.id)?;
                deliveries.push((delivery, attempts));
            }
            Ok::<_, sql::Fault>((
                deliveries,
                store::mail::of_run(tx, env, id)?,
                store::lead::of_run(tx, env, id)?,
                store::handover::visits(tx, env, id)?,
            ))
        })
        .await?;
    let attempts = deliveries
        .iter()
        .flat_map(|(delivery, attempts)| attempts.iter().map(|attempt| AttemptView::of(delivery, attempt)))
        .collect();
    let may_retry = crate::webhook::may_retry(&run);
    Ok(Some(RunDetail {
        words: words(&run),
        workflow_name: format!("{} v{}", definition.name, definition.version),
        nodes: nodes(&run, &definition, attempts),
        mails,
        lead,
        visits,
        may_retry,
        may_skip: may_retry,
        may_cancel: !run.state.is_over(),
        may_admit: run.waiting_for == Some(WaitingFor::Waitlist),
        run,
    }))
}

fn nodes(run: &Run, definition: &Definition, mut attempts: Vec<AttemptView>) -> Vec<NodeView> {
    let mut before = run.created_at;
    run.path(definition)
        .iter()
        .zip(&run.nodes)
        .map(|(node, state)| {
            let at = state.finished_at.or(state.started_at);
            let took = state.finished_at.map(|finished| finished.since(before));
            before = state.finished_at.unwrap_or(before);
            let provisions = node.kind == Kind::ProvisionTenant;
            NodeView {
                id: node.id.clone(),
                kind: node.kind,
                title: node.kind.title(),
                note: note(run, node.kind, state),
                status: state.status,
                at,
                took,
                attempts: if provisions { std::mem::take(&mut attempts) } else { Vec::new() },
            }
        })
        .collect()
}

fn note(run: &Run, kind: Kind, state: &model::run::NodeState) -> String {
    let incident = run.incident.as_ref().filter(|incident| incident.node == state.id);
    match (incident, kind) {
        (Some(incident), _) => incident.message.clone(),
        (None, Kind::OnboardingRedirect | Kind::SuccessRedirect) if state.status == NodeStatus::Done => {
            match run.handed_over_at {
                Some(_) => "the browser was handed over".to_owned(),
                None => "ready, the browser has not come yet".to_owned(),
            }
        }
        _ => state.note.clone(),
    }
}

/// Where a run stands, for a backend that waits (`GET /api/runs/{id}`).
#[derive(Debug, Clone)]
pub struct Status {
    pub run: Run,
    pub lead: Option<Lead>,
    pub welcome_mail: Option<Mail>,
}

/// The run's state, for a backend.
pub async fn status(app: &App, env: Env, id: &str) -> Result<Status, ViewFault> {
    let id: RunId = id.parse().map_err(|_| ViewFault::Unknown)?;
    app.db
        .read(move |tx| {
            let run = store::run::get(tx, env, id)?.ok_or(ViewFault::Unknown)?;
            let lead = store::lead::of_run(tx, env, id)?;
            let welcome_mail = store::mail::of_run(tx, env, id)?.into_iter().next();
            Ok(Status { run, lead, welcome_mail })
        })
        .await
}

/// What an operator reads for an incident.
pub const fn reason_words(reason: IncidentReason) -> &'static str {
    match reason {
        IncidentReason::DeliveryFailed => "The webhook could not be delivered",
        IncidentReason::EndpointDisabled => "The webhook endpoint is disabled",
        IncidentReason::NeverAcknowledged => "No acknowledgement came",
        IncidentReason::JobFailed => "A step of ours kept failing",
    }
}
