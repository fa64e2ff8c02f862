//! What writer, readers and handles have in common.

use crate::{Seq, files::Files, frame::Checksum, queue::Queue, segment::Segment};
use kernel::JournalId;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::sync::watch;

pub(crate) struct Shared {
    pub(crate) id: JournalId,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) checksum: Checksum,
    pub(crate) queue: Queue,
    /// The number after the last synced record. The writer holds the sender, so its end is the channel's end.
    pub(crate) end: watch::Receiver<u64>,
    /// In order; never empty but for the moment in which an empty last segment is made anew.
    segments: Mutex<Vec<Arc<Segment>>>,
    pub(crate) counters: Counters,
}

/// Figures since the journal was opened.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) records: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) disk_bytes: AtomicU64,
}

/// What the journal did since it was opened, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Records acknowledged.
    pub appended_records: u64,
    /// Their bytes on disk, frames included.
    pub appended_bytes: u64,
    /// Batches that were written and synced.
    pub syncs: u64,
    /// Batches that were not: a write, a sync or a new segment failed.
    pub failures: u64,
    /// Appends that wait for the writer, and their bytes.
    pub queue_appends: usize,
    pub queue_bytes: usize,
    pub segments: usize,
    /// Bytes of all segments, as far as they count; the junk behind a failed write is left out.
    pub disk_bytes: u64,
}

impl Shared {
    pub(crate) fn new(
        id: JournalId,
        files: Arc<dyn Files>,
        queue: Queue,
        end: watch::Receiver<u64>,
        segments: Vec<Arc<Segment>>,
    ) -> Self {
        let (checksum, segments) = (Checksum::new(id), Mutex::new(segments));
        Self { id, files, checksum, queue, end, segments, counters: Counters::default() }
    }

    pub(crate) fn segments(&self) -> MutexGuard<'_, Vec<Arc<Segment>>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn first(&self) -> Seq {
        self.segments().first().map_or(Seq::FIRST, |segment| Seq(segment.first))
    }

    /// The segment that holds the record `seq`, and the first record after it that is in another one.
    pub(crate) fn segment_of(&self, seq: u64) -> Option<(Arc<Segment>, u64)> {
        let segments = self.segments();
        let after = segments.partition_point(|segment| segment.first <= seq);
        let segment = segments.get(after.checked_sub(1)?)?.clone();
        Some((segment, segments.get(after).map_or(u64::MAX, |next| next.first)))
    }

    pub(crate) fn stats(&self) -> Stats {
        let (queue_appends, queue_bytes) = self.queue.depth();
        Stats {
            appended_records: self.counters.records.load(Relaxed),
            appended_bytes: self.counters.bytes.load(Relaxed),
            syncs: self.counters.syncs.load(Relaxed),
            failures: self.counters.failures.load(Relaxed),
            queue_appends,
            queue_bytes,
            segments: self.segments().len(),
            disk_bytes: self.counters.disk_bytes.load(Relaxed),
        }
    }
}
