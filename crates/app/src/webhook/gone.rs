//! A 410 concerns every run that waits for this endpoint: each becomes an incident that says why.

use super::{Target, WebhookFault, step, tell};
use crate::App;
use durable::{Claimed, Handler, NewJob, Running, job};
use kernel::{Env, JobId, Timestamp};
use model::run::{Event, Run};
use sql::Tx;
use tokio_util::sync::CancellationToken;

/// Runs of one look.
const PAGE: usize = 100;

/// Handler of [`super::ENDPOINT_GONE`].
pub struct EndpointGone(pub App);

/// The job that walks through the waiting runs of an environment.
pub(super) fn walk(id: JobId, due_at: Timestamp) -> NewJob {
    NewJob {
        id,
        kind: super::ENDPOINT_GONE,
        correlation: "endpoint".to_owned(),
        payload: String::new(),
        due_at,
    }
}

impl Handler for EndpointGone {
    fn run(&self, claimed: Claimed, _interrupted: CancellationToken) -> Running {
        let app = self.0.clone();
        Box::pin(async move { stop_all(&app, &claimed).await.map_err(WebhookFault::into_job) })
    }

    fn given_up(&self, claimed: Claimed, reason: String) -> Running {
        tracing::error!(environment.id = %claimed.env, reason, "waiting runs of a disabled endpoint were not stopped");
        Box::pin(async { Ok(()) })
    }
}

async fn stop_all(app: &App, claimed: &Claimed) -> Result<(), WebhookFault> {
    let env = claimed.env;
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = app.db.read(move |tx| page(tx, env, &from)).await?;
        let Some(last) = page.last() else { break };
        after = last.id.to_string();
        for run in &page {
            let target = Target::of(run);
            let step = step(app, env, &target).await?;
            let lock = target.lock(env);
            app.db.write(lock, move |tx| tell(tx, &step, target.run, &Event::EndpointDisabled)).await?;
        }
    }
    let done = claimed.clone();
    app.db.write(sql::Locks::none(), move |tx| job::complete(tx, &done)).await?;
    Ok(())
}

/// The next runs that wait; none when the endpoint was enabled again: who waits may go on waiting. What is stored
/// decides: this process may remember settings of a second ago.
fn page(tx: &mut Tx<'_>, env: Env, after: &str) -> Result<Vec<Run>, sql::Fault> {
    let stored = store::setting::load(tx, env)?;
    if stored.is_none_or(|stored| stored.settings.webhook.disabled_at.is_none()) {
        return Ok(Vec::new());
    }
    store::run::waiting_for_ack(tx, env, after, PAGE)
}
