//! How a process notices what another one revoked: a number that rises, looked at once a second while there is traffic.

use kernel::{Clock, Monotonic};
use sql::Database;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// From this age on one caller looks again while the others go on.
const RENEW_AFTER: Duration = Duration::from_millis(500);
/// From this age on everybody waits for the look.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// The highest revision that was seen, and when somebody last looked.
#[derive(Default)]
pub(crate) struct Revision {
    known: AtomicI64,
    looked_at: Mutex<Option<Monotonic>>,
    looking: tokio::sync::Mutex<()>,
}

impl Revision {
    /// The revision as it was at most one second ago.
    pub(crate) async fn current(&self, db: &Database, clock: &dyn Clock) -> Result<i64, sql::Fault> {
        let age = self.age(clock);
        if age.is_some_and(|age| age < RENEW_AFTER) {
            return Ok(self.known.load(Ordering::Acquire));
        }
        let _turn = match age {
            Some(age) if age < STALE_AFTER => match self.looking.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(self.known.load(Ordering::Acquire)),
            },
            _ => {
                let turn = tokio::time::timeout(crate::LOOK_WAIT_MAX, self.looking.lock()).await;
                turn.map_err(|_| sql::Fault::Deadline)?
            }
        };
        // Somebody else may have looked while this one waited.
        if self.age(clock).is_none_or(|age| age >= RENEW_AFTER) {
            let asked_at = clock.monotonic();
            self.raise(db.read(store::key::revision).await?);
            *self.looked() = Some(asked_at);
        }
        Ok(self.known.load(Ordering::Acquire))
    }

    /// Takes over a revision that was seen elsewhere. It only ever rises.
    pub(crate) fn raise(&self, seen: i64) {
        self.known.fetch_max(seen, Ordering::AcqRel);
    }

    fn age(&self, clock: &dyn Clock) -> Option<Duration> {
        self.looked().map(|at| clock.monotonic().since(at))
    }

    fn looked(&self) -> std::sync::MutexGuard<'_, Option<Monotonic>> {
        self.looked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
