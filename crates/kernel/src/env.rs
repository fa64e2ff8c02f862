//! Which environment a row, a query or a job belongs to.

use crate::EnvironmentId;
use std::fmt;

/// Proof that somebody checked which environment the caller may touch. Every storage call for
/// environment data takes one; an [`EnvironmentId`] from a request body is not one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Env(EnvironmentId);

impl Env {
    /// Vouches that the caller may act in this environment. Only sign-in, job claim, journal consumer
    /// and command line may call it: `cargo xtask tidy` holds the list of files.
    pub const fn vouched(id: EnvironmentId) -> Self {
        Self(id)
    }

    pub const fn id(self) -> EnvironmentId {
        self.0
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Env({})", self.0)
    }
}

impl fmt::Display for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
