//! What a job's name means: handlers, and the registry that finds them.

use crate::job::Claimed;
use kernel::{Category, chain};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Why a handler could not do its job. The job runs again after a pause, and is parked in the end.
#[derive(Debug)]
pub struct JobFault {
    pub message: String,
    pub category: Category,
}

impl<E: std::error::Error> From<E> for JobFault {
    fn from(error: E) -> Self {
        Self { message: chain(&error), category: Category::Fault }
    }
}

/// A handler at work.
pub type Running = Pin<Box<dyn Future<Output = Result<(), JobFault>> + Send>>;

/// What a job's name means. A handler finishes its job itself ([`crate::job::complete`], [`crate::job::reschedule`])
/// in the command that records its result; an error leaves the job to the executor.
pub trait Handler: Send + Sync {
    fn run(&self, job: Claimed, interrupted: CancellationToken) -> Running;

    /// The job kept failing and is about to be parked: tell whoever waits for it. Asked again when the database was
    /// away; after any other error the job is parked with both reasons.
    fn given_up(&self, job: Claimed, reason: String) -> Running;
}

/// `name@version` → handler.
#[derive(Default)]
pub struct Registry(HashMap<&'static str, Arc<dyn Handler>>);

impl Registry {
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        debug_assert!(kind.contains('@'), "a job's name carries its version");
        self.0.insert(kind, handler);
        self
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Arc<dyn Handler>> {
        self.0.get(kind)
    }

    /// The same names with other handlers around these: a test runs each job twice so.
    #[must_use]
    pub fn map(self, around: impl Fn(Arc<dyn Handler>) -> Arc<dyn Handler>) -> Self {
        Self(self.0.into_iter().map(|(kind, handler)| (kind, around(handler))).collect())
    }
}
