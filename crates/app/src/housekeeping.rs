//! Forgets what nobody can use any more: one-time codes, idempotency keys, links, sessions, failed sign-ins.
//!
//! It looks once an hour, in commands of at most 500 rows, so that it is never in anybody's way.

use crate::{
    App,
    operator::{self, limit},
    run::KEY_LIFE,
};
use kernel::Timestamp;
use sql::{Fault, Locks, Tx};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(3_600);
/// A code is good for a minute.
const CODES: Duration = Duration::from_secs(3_600);
/// After ten minutes a link says where to sign in; after this it says nothing.
const LINKS: Duration = Duration::from_secs(30 * 24 * 3_600);

type Forget = fn(&mut Tx<'_>, Timestamp) -> Result<usize, Fault>;

/// Sweeps every hour until `shutdown`.
pub async fn run(app: App, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(fault) = sweep(&app).await {
            tracing::warn!(error = %kernel::chain(&fault), "housekeeping failed; it tries again in an hour");
        }
    }
}

/// Forgets everything that is old enough; how many rows.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let kinds: [(Forget, Duration); 6] = [
        (store::handover::forget_otps, CODES),
        (store::idempotency::forget, KEY_LIFE),
        (store::handover::forget_links, LINKS),
        (store::operator::forget_failures, limit::MEMORY),
        (store::operator::forget_sessions, operator::SESSION_LIFE.whole),
        (store::operator::forget_links, Duration::ZERO),
    ];
    let mut forgotten = 0;
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
