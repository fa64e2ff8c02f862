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

/// Forgets everything that is old enough; how many rows.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let kinds: [(Forget, Duration); 5] = [
        (store::handover::forget_otps, CODES),
        (store::idempotency::forget, KEY_LIFE),
        (store::operator::forget_failures, limit::MEMORY),
        (store::operator::forget_sessions, operator::SESSION_LIFE.whole),
        (store::operator::forget_links, Duration::ZERO),
    ];
    let mut forgotten = forget_links(app).await? + request::trim(app).await?;
    for (forget, age) in kinds {
        let before = app.db.now().minus(age);
        loop {
            let rows = app.db.write(Locks::none(), move |tx| forget(tx, before)).await?;
            forgotten += rows;
            if rows == 0 {
                break;
            }
        }
    }
    Ok(forgotten)
}

/// Links of runs that ended long ago; one that still waits keeps its own, however old they are.
async fn forget_links(app: &App) -> Result<usize, Fault> {
    let now = app.db.now();
    let mut forgotten = 0;
    while let Some(rows) =
        app.db.write(Locks::none(), move |tx| store::handover::forget_links(tx, now)).await?
    {
        forgotten += rows;
    }
    Ok(forgotten)
}
