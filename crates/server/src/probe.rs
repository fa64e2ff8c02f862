//! What whoever operates the server asks: does it live, may it be sent requests, how is it doing.

use crate::metrics::Metrics;
use app::App;
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::{counter, gauge, histogram};
use tokio_util::sync::CancellationToken;

/// Why a server that answers is not ready all the same.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Cancelled when the end begins.
    pub ending: CancellationToken,
    /// Cancelled when a part has failed.
    pub broken: CancellationToken,
}

#[derive(Clone)]
struct Probed {
    app: App,
    metrics: Metrics,
    health: Health,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn routes(app: App, health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "live\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(Probed { app, metrics: Metrics::installed(), health })
}

/// Ready: the state database answers, every part is at work and the end has not begun.
async fn ready(State(probed): State<Probed>) -> Response {
    if probed.health.broken.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "a part of the server failed\n").into_response();
    }
    if probed.health.ending.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    match probed.app.db.read(store::platform::organization).await {
        Ok(_) => "ready\n".into_response(),
        Err(fault) => {
            tracing::warn!(error = %kernel::chain(&fault), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the state database does not answer\n").into_response()
        }
    }
}

async fn figures(State(probed): State<Probed>) -> Response {
    state_figures(&probed.app);
    telemetry_figures(&probed.app);
    if let Err(fault) = backlog_figures(&probed.app).await {
        tracing::warn!(error = %kernel::chain(&fault), "backlogs cannot be read");
    }
    match app::report::accounting(&probed.app).await {
        Ok(told) => event_figures(told),
        Err(fault) => tracing::warn!(error = %kernel::chain(&fault), "events cannot be accounted for"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], probed.metrics.render()).into_response()
}

fn state_figures(app: &App) {
    let stats = app.db.stats();
    gauge!("thrivestack_state_queue_commands").set(stats.queue_depth as f64);
    gauge!("thrivestack_state_queue_reads").set(stats.read_depth as f64);
    gauge!("thrivestack_state_wal_bytes").set(stats.wal_bytes as f64);
    counter!("thrivestack_state_commands_total").absolute(stats.commands);
    counter!("thrivestack_state_reads_total").absolute(stats.reads);
    counter!("thrivestack_state_statements_total").absolute(stats.statements);
    counter!("thrivestack_state_commits_total").absolute(stats.commits);
    counter!("thrivestack_state_rollbacks_total").absolute(stats.rollbacks);
    counter!("thrivestack_state_reruns_total").absolute(stats.reruns);
    counter!("thrivestack_state_refused_full_total").absolute(stats.refused_full);
    let jobs = app.jobs.stats();
    gauge!("thrivestack_jobs_running").set(jobs.running as f64);
    counter!("thrivestack_jobs_started_total").absolute(jobs.started);
    counter!("thrivestack_jobs_faults_total").absolute(jobs.faults);
    counter!("thrivestack_jobs_parked_total").absolute(jobs.parked);
    let (kept, dropped) = app.requests.counts();
    counter!("thrivestack_refused_requests_kept_total").absolute(kept);
    counter!("thrivestack_refused_requests_dropped_total").absolute(dropped);
}

fn telemetry_figures(app: &App) {
    let journal = app.journal.stats();
    gauge!("thrivestack_journal_queue_appends").set(journal.queue_appends as f64);
    gauge!("thrivestack_journal_queue_bytes").set(journal.queue_bytes as f64);
    gauge!("thrivestack_journal_disk_bytes").set(journal.disk_bytes as f64);
    counter!("thrivestack_journal_records_total").absolute(journal.appended_records);
    counter!("thrivestack_journal_syncs_total").absolute(journal.syncs);
    counter!("thrivestack_journal_failures_total").absolute(journal.failures);
    let lake = app.lake.stats();
    gauge!("thrivestack_lake_rows").set((lake.rows + lake.head_rows) as f64);
    gauge!("thrivestack_lake_bytes").set(lake.bytes as f64);
    counter!("thrivestack_lake_written_bytes_total").absolute(lake.written_bytes);
    let (relayed, unreadable) = app.relay.counts();
    counter!("thrivestack_outbox_relayed_total").absolute(relayed);
    counter!("thrivestack_outbox_unreadable_total").absolute(unreadable);
}

/// accepted = stored + duplicate + dropped + waiting + unaccounted, over all that the journal ever took.
fn event_figures(told: app::report::Accounting) {
    let app::report::Accounting { accepted, stored, duplicate, dropped, waiting, unaccounted } = told;
    gauge!("thrivestack_events", "state" => "accepted").set(accepted as f64);
    gauge!("thrivestack_events", "state" => "stored").set(stored as f64);
    gauge!("thrivestack_events", "state" => "duplicate").set(duplicate as f64);
    gauge!("thrivestack_events", "state" => "dropped").set(dropped as f64);
    gauge!("thrivestack_events", "state" => "waiting").set(waiting as f64);
    gauge!("thrivestack_events", "state" => "unaccounted").set(unaccounted as f64);
}

async fn backlog_figures(app: &App) -> Result<(), sql::Fault> {
    let (jobs, parked, outbox) = app
        .db
        .read(|tx| {
            let (jobs, parked) = durable::job::counts(tx)?;
            Ok::<_, sql::Fault>((jobs, parked, durable::outbox::count(tx)?))
        })
        .await?;
    gauge!("thrivestack_jobs_waiting").set(jobs as f64);
    gauge!("thrivestack_jobs_given_up").set(parked as f64);
    gauge!("thrivestack_outbox_waiting").set(outbox as f64);
    Ok(())
}

/// Counts answers by status and how long they took; refusals are the statuses from 400.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = app.clock.monotonic();
    let response = next.run(request).await;
    counter!("thrivestack_http_answers_total", "status" => response.status().as_str().to_owned())
        .increment(1);
    histogram!("thrivestack_http_seconds").record(app.clock.monotonic().since(started).as_secs_f64());
    response
}
