//! Questions and answers: plain values, no engine's type among them.

use jiff::civil::Date;
use kernel::Timestamp;
use model::event::Event;

/// Most days × names of one count; about ten years of one name.
pub const CELLS_MAX: usize = 4_000;
/// Most rows of one page of a timeline.
pub const PAGE_MAX: usize = 1_000;
/// Most bytes of the rows of one page, by an estimate of their memory: a page of large events ends before its limit.
pub const PAGE_BYTES_MAX: usize = 8 << 20;

/// One event as the lake keeps it, under the journal's sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub seq: u64,
    pub event: Event,
}

/// Where a timeline goes on: strictly before this event in (time, sequence number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Before {
    pub occurred_at: Timestamp,
    pub seq: u64,
}

/// Newest first. `next` is there when older events exist beyond the limit or beyond [`PAGE_BYTES_MAX`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    pub events: Vec<Stored>,
    pub next: Option<Before>,
    /// An estimate of the memory that the rows took.
    pub bytes: usize,
}

/// Which events `recent` shows; a field left out does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filters<'a> {
    pub name: Option<&'a str>,
    pub user_id: Option<&'a str>,
    pub group_id: Option<&'a str>,
    /// At or after this instant.
    pub after: Option<Timestamp>,
    /// Strictly before this position in (time, sequence number).
    pub before: Option<Before>,
}

/// One event name, or one group of names under the first of them, on one calendar day of the asked time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCount {
    pub date: Date,
    pub name: String,
    pub events: u64,
    /// Distinct user ids, exact. Events without a user id count as events only. Not additive over days.
    pub users: u64,
}

/// What became of a batch: every event handed in is one of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ingested {
    pub stored: u64,
    /// The message id was there before, in this batch or earlier: the first one stays.
    pub duplicates: u64,
    /// The sequence number was handled by an earlier call.
    pub seen: u64,
}

/// What `Lake::open` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Where to continue to read the journal: the next sequence number.
    pub offset: u64,
    pub segments: usize,
    pub rows: u64,
    /// The directory held no lake.
    pub created: bool,
    /// Files that a crash left between their writing and the manifest's.
    pub orphans_removed: usize,
}

/// For metrics and the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub segments: usize,
    /// Rows in sealed segments.
    pub rows: u64,
    /// Bytes of the segments' files.
    pub bytes: u64,
    /// Bytes of all segments written since the lake was opened, merged ones included: what keeping them few costs.
    pub written_bytes: u64,
    pub head_rows: u64,
    /// An estimate of the memory that the head takes.
    pub head_bytes: u64,
    /// When the head's first event was taken in: the age by which to call `seal`. Not when it was received, which is
    /// long ago for a whole journal that is read again.
    pub head_since: Option<Timestamp>,
    /// Events below `offset` that came again under a message id and were dropped.
    pub duplicates: u64,
    /// The next sequence number to read.
    pub offset: u64,
    /// The sequence number up to which everything is in sealed segments.
    pub sealed_offset: u64,
}
