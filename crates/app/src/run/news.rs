//! Who waits for a run hears of its next step at once.

use kernel::RunId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Waiters by run. Entries live as long as somebody listens.
#[derive(Clone, Default)]
pub struct News(Arc<Mutex<HashMap<RunId, Waiters>>>);

struct Waiters {
    bell: Arc<Notify>,
    listeners: usize,
}

/// Hears what happens from now on. Listen first, look at the run second, wait third: nothing is missed.
pub struct Listener {
    news: News,
    run: RunId,
    bell: Arc<Notify>,
}

impl News {
    pub fn listen(&self, run: RunId) -> Listener {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiters =
            waiting.entry(run).or_insert_with(|| Waiters { bell: Arc::new(Notify::new()), listeners: 0 });
        waiters.listeners += 1;
        Listener { news: self.clone(), run, bell: Arc::clone(&waiters.bell) }
    }

    /// Called by the lane after a commit that changed the run.
    pub fn ring(&self, run: RunId) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiters) = waiting.get(&run) {
            waiters.bell.notify_waiters();
        }
    }
}

impl Listener {
    /// Resolves at the next ring. Make the future before looking at the run.
    pub fn heard(&self) -> tokio::sync::futures::Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut waiting = self.news.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiters) = waiting.get_mut(&self.run) {
            waiters.listeners -= 1;
            if waiters.listeners == 0 {
                waiting.remove(&self.run);
            }
        }
    }
}
