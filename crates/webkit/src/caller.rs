//! Who stands behind a credential: a question that this crate asks and the binary answers.

use kernel::Category;
use model::caller::{Caller, Presented};
use std::{future::Future, pin::Pin, sync::Arc};

/// Why a credential was not accepted. `message` is shown to the caller; it names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallerFault {
    /// `Unauthenticated` where the credential proves nothing, else why nobody could tell.
    pub category: Category,
    pub message: String,
}

/// The answer, when it comes.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Result<Arc<Caller>, CallerFault>> + Send + 'a>>;

/// Verifies credentials: keys by their hash, tokens by their environment's key set.
pub trait CallerSource: Send + Sync {
    fn verify(&self, presented: Presented) -> Verdict<'_>;
}
