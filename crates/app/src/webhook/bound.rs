//! One environment's slow endpoint must not take every slot of the executor.

use kernel::EnvironmentId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts under way at once in one environment: half of the executor's slots.
pub const PER_ENVIRONMENT: usize = 128;

/// Who may send. As many entries as there are environments.
#[derive(Default)]
pub struct Bounds(Mutex<HashMap<EnvironmentId, Arc<Semaphore>>>);

impl Bounds {
    /// A place for one attempt, if there is one.
    pub(super) fn try_enter(&self, environment: EnvironmentId) -> Option<OwnedSemaphorePermit> {
        let mut bounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bound = bounds.entry(environment).or_insert_with(|| Arc::new(Semaphore::new(PER_ENVIRONMENT)));
        Arc::clone(bound).try_acquire_owned().ok()
    }
}
