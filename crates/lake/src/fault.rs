//! What can go wrong in the lake. Every damage has one remedy: build it again from the journal.

use kernel::{Category, JournalId};
use std::{io, path::PathBuf};

/// Why the lake refused or failed. `Damaged` and `OtherJournal` never mean that data are lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The files were made from another journal; sequence numbers mean something else there.
    #[error(
        "the lake in {} was built from journal {found}, not from {expected}: run `thrivestack rebuild lake`",
        dir.display()
    )]
    OtherJournal { dir: PathBuf, found: JournalId, expected: JournalId },
    /// The files were written by a newer release.
    #[error(
        "the lake file {} has format {found}, newer than {known}, the newest that this release knows",
        file.display()
    )]
    Newer { file: PathBuf, found: u32, known: u32 },
    /// A file is missing, cut, or differs from its checksums.
    #[error("the lake file {} is damaged ({what}): run `thrivestack rebuild lake`", file.display())]
    Damaged { file: PathBuf, what: String },
    /// The operating system refused to read or write.
    #[error("cannot {operation} {}", file.display())]
    Io { operation: &'static str, file: PathBuf, source: io::Error },
    /// The rows could not be put into columns.
    #[error("cannot write the lake file {}", file.display())]
    Encode { file: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// The caller handed in events out of order, or beyond `upto`.
    #[error("event {seq} is out of order: expected at least {least} and less than {upto}")]
    Order { seq: u64, least: u64, upto: u64 },
    /// A count over more days or names than one answer may hold.
    #[error("a count spans {cells} cells of days and names, more than {max}")]
    TooWide { cells: usize, max: usize },
    /// A date for which the calendar has no instant (before year -9999 or after 9999).
    #[error("the day {date} is outside the calendar")]
    Calendar { date: jiff::civil::Date, source: jiff::Error },
    /// A thread panicked while it changed the lake: what is in memory cannot be trusted.
    #[error("the lake stopped after a panic: restart to continue from the journal")]
    Poisoned,
}

impl Fault {
    pub fn category(&self) -> Category {
        match self {
            Self::TooWide { .. } | Self::Calendar { .. } => Category::Invalid,
            Self::Io { .. } => Category::Unavailable,
            _ => Category::Fault,
        }
    }

    pub(crate) fn damaged(file: impl Into<PathBuf>, what: impl ToString) -> Self {
        Self::Damaged { file: file.into(), what: what.to_string() }
    }

    pub(crate) fn io(operation: &'static str, file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { operation, file, source }
    }
}
