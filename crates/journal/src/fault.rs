use crate::Seq;
use kernel::Category;
use std::{io, sync::Arc};

/// Why the journal did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    #[error("{bytes} bytes in one {what} are more than the {max} that the journal takes")]
    TooLarge { what: &'static str, bytes: usize, max: usize },
    #[error("{records} records in one append are more than the {max} that the journal takes")]
    TooMany { records: usize, max: usize },
    #[error("the journal's queue is full")]
    Full,
    #[error("the journal is closed")]
    Closed,
    #[error("the journal's worker ended before it answered")]
    Lost,
    #[error("record {from} is no longer in the journal, which begins at {first}")]
    Gone { from: Seq, first: Seq },
    #[error("record {from} is past the end of the journal, {end}")]
    Beyond { from: Seq, end: Seq },
    /// Bytes that were once synced are not what was written. `position` is where in the file, `seq` the record
    /// that was expected there.
    #[error("{file} is broken at byte {position}, record {seq}: {reason}")]
    Corrupt { file: String, position: u64, seq: Seq, reason: &'static str },
    #[error("{file} has format {format}, newer than the {known} that this program knows")]
    Newer { file: String, format: u32, known: u32 },
    #[error("{operation} {file} failed")]
    Io { operation: &'static str, file: String, source: Arc<io::Error> },
}

impl Fault {
    pub const fn category(&self) -> Category {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => Category::Invalid,
            Self::Full | Self::Closed | Self::Lost | Self::Io { .. } => Category::Unavailable,
            Self::Gone { .. } | Self::Beyond { .. } | Self::Corrupt { .. } | Self::Newer { .. } => {
                Category::Fault
            }
        }
    }

    /// Wraps what the file layer said: `.map_err(Fault::io("write", name))`.
    pub(crate) fn io(operation: &'static str, file: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { operation, file, source: Arc::new(source) }
    }
}
