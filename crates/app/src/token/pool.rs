//! Expensive arithmetic with RSA, kept off the threads that serve requests and bounded: what does not find a place to
//! wait is told to come back.

use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Operations that run at once.
const RUNNING_MAX: usize = 2;
/// Callers that may wait for a turn: about 100 ms of work for two cores.
const WAITING_MAX: usize = 128;
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolFault {
    #[error("too many token requests at once")]
    Busy,
    #[error("the work panicked")]
    Panicked,
}

/// One for the process.
#[derive(Debug)]
pub(crate) struct Pool {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
            places: Arc::new(Semaphore::new(RUNNING_MAX + WAITING_MAX)),
        }
    }
}

impl Pool {
    /// Runs `work` when it is its turn. The permits move into the working thread, so a caller who goes away frees
    /// nothing early.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolFault> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PoolFault::Busy)?;
        let turn = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.running).acquire_owned());
        let Ok(Ok(running)) = turn.await else { return Err(PoolFault::Busy) };
        let held = tokio::task::spawn_blocking(move || {
            let _held = (place, running);
            work()
        });
        held.await.map_err(|_| PoolFault::Panicked)
    }
}
