//! Who stands behind a credential: a question that this crate asks and the binary answers.

use kernel::Category;
use model::caller::{Caller, Presented};
use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};

/// Why a credential was not accepted. It reads as its cause does.
#[derive(Debug)]
pub struct CallerFault {
    /// `Unauthenticated` where the credential proves nothing, else why nobody could tell.
    pub category: Category,
    /// Its own message is shown to the caller where the credential is at fault, and names no secret; what caused it is
    /// for the log alone.
    pub cause: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for CallerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for CallerFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// The answer, when it comes.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Result<Arc<Caller>, CallerFault>> + Send + 'a>>;

/// Verifies credentials: keys by their hash, tokens by their environment's key set.
pub trait CallerSource: Send + Sync {
    fn verify(&self, presented: Presented) -> Verdict<'_>;
}
