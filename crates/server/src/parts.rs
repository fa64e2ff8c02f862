//! The parts that work beside the listener. Each runs until it is told to end: one that ends by itself has failed, and
//! a server without it would only look alive.

use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A part ended before it was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the server failed: its log says which one, and why")]
pub struct Broken;

/// The parts of one server, told to end together. Clones share them.
#[derive(Clone, Default)]
pub struct Parts {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    broken: CancellationToken,
}

impl Parts {
    /// Cancelled when the parts are to end.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Cancelled when a part has failed.
    pub fn broken(&self) -> CancellationToken {
        self.broken.clone()
    }

    /// Starts a part that runs until [`Parts::shutdown`].
    pub fn spawn(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(supervised(name, part, self.shutdown(), self.broken()));
    }

    /// Tells all parts to end and waits for them, up to `grace`.
    pub async fn end(&self, grace: Duration) {
        self.shutdown.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                "not every part ended in time; what it had not recorded is done again after the next start"
            );
        }
    }
}

/// Runs a part on a task of its own. When that panics, or ends before `until`, it is told and `broken` is cancelled.
pub(crate) async fn supervised(
    name: &'static str,
    part: impl Future<Output = ()> + Send + 'static,
    until: CancellationToken,
    broken: CancellationToken,
) {
    match tokio::spawn(part).await {
        Ok(()) if until.is_cancelled() => return,
        Ok(()) => tracing::error!(part = name, "a part of the server ended by itself"),
        Err(error) => tracing::error!(part = name, error = %error, "a part of the server failed"),
    }
    broken.cancel();
}
