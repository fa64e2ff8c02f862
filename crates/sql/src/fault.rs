//! What can go wrong in the state database.

use kernel::Category;
use std::borrow::Cow;
use std::sync::Arc;

/// The engine's own error, kept for the log. Shared, because one failure can answer several commands.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// A text for a column, where a stranger may have had a say: U+0000, which PostgreSQL cannot store, becomes U+FFFD.
pub fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Why a command or a read was not done. A conflict is no fault: statements answer those with rows
/// (`ON CONFLICT DO NOTHING RETURNING`).
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The bounded queue in front of the lane or the readers has no room.
    #[error("the queue of the state database is full")]
    Full,
    #[error("the state database is closed")]
    Closed,
    #[error("cannot reach the state database: {doing}")]
    Unavailable { doing: &'static str, source: Source },
    /// A read did not end within [`crate::Options::read_deadline`], or PostgreSQL's statement timeout passed.
    #[error("the state database took too long")]
    Deadline,
    /// Several of our connections share a server process.
    #[error(
        "a transaction-pooling proxy stands between us and PostgreSQL; connect to the server itself, or pool sessions"
    )]
    Pooled,
    /// Another command held one of the locks for too long.
    #[error("a lock stayed busy for too long")]
    LockBusy,
    /// The commit was sent and its answer never came: it may have happened or not.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown { source: Source },
    /// An earlier statement of this transaction failed; nothing more can be done in it.
    #[error("an earlier statement of the transaction failed")]
    Aborted,
    #[error("the command does not hold the lock {name}")]
    LockNotHeld { name: String },
    #[error("a read must not write: {statement}")]
    ReadOnly { statement: &'static str },
    #[error("more than {max} rows: {statement}")]
    TooManyRows { statement: &'static str, max: usize },
    #[error("no row where one was expected: {statement}")]
    NoRow { statement: &'static str },
    #[error("column {index} does not hold {wanted}")]
    Column { index: usize, wanted: &'static str },
    /// Text with U+0000, which PostgreSQL cannot store; foreign bytes are stored as bytes.
    #[error("text must not contain U+0000: {statement}")]
    Nul { statement: &'static str },
    /// NaN or infinite, which SQLite would store as NULL.
    #[error("numbers must be finite: {statement}")]
    NotFinite { statement: &'static str },
    #[error("statement failed: {statement}")]
    Engine { statement: &'static str, source: Source },
    #[error("the command panicked")]
    Panicked,
    /// The database was written by a newer release.
    #[error(
        "the database knows the migration {component}/{name}, which this program does not: it was written by a newer release"
    )]
    Newer { component: String, name: String },
    #[error("migration {component}/{name} is not the one that the database has: {reason}")]
    Differs { component: String, name: String, reason: &'static str },
    #[error("migration {component}/{name} failed")]
    Migration { component: String, name: String, source: Source },
}

impl Fault {
    pub fn category(&self) -> Category {
        match self {
            Self::Full
            | Self::Closed
            | Self::Unavailable { .. }
            | Self::Deadline
            | Self::LockBusy
            | Self::OutcomeUnknown { .. } => Category::Unavailable,
            Self::Nul { .. } | Self::NotFinite { .. } => Category::Invalid,
            _ => Category::Fault,
        }
    }

    /// Whether a transaction is spoiled by this, whatever its closure says: the engine said no, or a
    /// statement that should have run did not.
    pub(crate) fn spoils(&self) -> bool {
        matches!(
            self,
            Self::Engine { .. }
                | Self::Unavailable { .. }
                | Self::Aborted
                | Self::Deadline
                | Self::ReadOnly { .. }
        )
    }
}
