//! Work that keeps a core busy (RSA, Argon2), off the threads that serve requests and bounded: a few run at once, a few
//! more wait for two seconds at most, and everybody else is told to come back.
//!
//! Each kind of work has a pool of its own, so that a crowd of sign-ins delays no token, and new keys no signature.

use kernel::Category;
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What runs at once where requests wait for it: one for each core of a small machine.
pub(crate) const EACH_CORE: usize = 2;
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolFault {
    #[error("too many requests of this kind at once")]
    Busy,
    #[error("the work panicked")]
    Panicked,
}

impl PoolFault {
    pub const fn category(&self) -> Category {
        match self {
            Self::Busy => Category::Unavailable,
            Self::Panicked => Category::Fault,
        }
    }
}

/// One for the process and the kind of work.
#[derive(Debug)]
pub(crate) struct Pool {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Pool {
    /// So many at once, and so many who may wait for them.
    pub(crate) fn new(running_max: usize, waiting_max: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(running_max)),
            places: Arc::new(Semaphore::new(running_max + waiting_max)),
        }
    }

    /// Waits for a turn, where there is a place to wait in.
    pub(crate) async fn turn(&self) -> Result<Turn, PoolFault> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PoolFault::Busy)?;
        let turn = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.running).acquire_owned());
        match turn.await {
            Ok(Ok(running)) => Ok(Turn { _place: place, _running: running }),
            Ok(Err(_)) | Err(_) => Err(PoolFault::Busy),
        }
    }

    /// Runs `work` when it is its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolFault> {
        self.turn().await?.run(work).await
    }
}

/// The right to run once. It moves into the working thread, so that a caller who goes away frees nothing early.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Turn {
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolFault> {
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(self);
            done
        });
        done.await.map_err(|_| PoolFault::Panicked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_run_a_few_wait_and_the_rest_are_sent_away() {
        const WAITING_MAX: usize = 16;
        let pool = Arc::new(Pool::new(EACH_CORE, WAITING_MAX));
        let held = [pool.turn().await.unwrap(), pool.turn().await.unwrap()];
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                tokio::spawn({
                    let pool = Arc::clone(&pool);
                    async move { pool.turn().await.is_ok() }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(pool.turn().await.err(), Some(PoolFault::Busy), "no place is left");
        drop(held);
        for turn in waiting {
            assert!(turn.await.unwrap(), "those who waited get their turn");
        }
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_place_back() {
        let pool = Pool::new(EACH_CORE, 0);
        for _ in 0..=EACH_CORE {
            assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolFault::Panicked));
        }
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
