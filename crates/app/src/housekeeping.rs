//! Forgets what nobody can use any more: one-time codes, idempotency keys, links, sessions, failed sign-ins, old refused
//! requests.
//!
//! It looks a minute after the start and then once an hour, in commands of about 500 rows, so that it is never in
//! anybody's way.

use crate::{
    App,
    operator::{self, limit},
    request,
    run::KEY_LIFE,
};
use kernel::Timestamp;
use sql::{Fault, Locks, Tx};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A process that is started again every day sweeps as well; the minute leaves the start to those who wait for it.
const FIRST: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(3_600);
/// A code is good for a minute.
const CODES: Duration = Duration::from_secs(3_600);

type Forget = fn(&mut Tx<'_>, Timestamp) -> Result<usize, Fault>;

/// Sweeps soon and then every hour until `shutdown`.
pub async fn run(app: App, shutdown: CancellationToken) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = EVERY;
        if let Err(fault) = sweep(&app).await {
            tracing::warn!(error = %kernel::chain(&fault), "housekeeping failed; it tries again in an hour");
        }
    }
}

/// Forgets everything that is old enough; how many rows. The fault is the first of those that came.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let kinds: [(Forget, Duration); 5] = [
        (store::handover::forget_otps, CODES),
        (store::idempotency::forget, KEY_LIFE),
        (store::operator::forget_failures, limit::MEMORY),
        (store::operator::forget_sessions, operator::SESSION_LIFE.whole),
        (store::operator::forget_links, Duration::ZERO),
    ];
    // Each is tried, whatever became of the others.
    let mut forgotten = vec![forget_links(app).await, request::trim(app).await];
    for (forget, age) in kinds {
        forgotten.push(forget_all(app, forget, app.db.now().minus(age)).await);
    }
    forgotten.into_iter().sum()
}

async fn forget_all(app: &App, forget: Forget, before: Timestamp) -> Result<usize, Fault> {
    let mut forgotten = 0;
    loop {
        match app.db.write(Locks::none(), move |tx| forget(tx, before)).await? {
            0 => return Ok(forgotten),
            rows => forgotten += rows,
        }
    }
}

/// Links of runs that ended long ago; one that still waits keeps its own, however old they are.
async fn forget_links(app: &App) -> Result<usize, Fault> {
    let mut forgotten = 0;
    loop {
        // Read each time: what one command keeps comes due together, and must not be more than the next one may take.
        let now = app.db.now();
        match app.db.write(Locks::none(), move |tx| store::handover::forget_links(tx, now)).await? {
            None => return Ok(forgotten),
            Some(rows) => forgotten += rows,
        }
    }
}
