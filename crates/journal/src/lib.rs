//! The journal: the durable log that is the truth for telemetry. Everything behind it (profiles, lake)
//! can be deleted and rebuilt from it.
//!
//! **Cast.** A [`Record`] is one event's raw bytes and its envelope; the journal never looks into them. A
//! [`Seq`] is a record's place: a logical number from 1 on, without gaps, never a byte position.
//! A *group* is what one [`Journal::append`] brought; a *batch* is what one write and one sync put on disk.
//!
//! **Files.** `journal.header` names the journal's [id](Journal::id) and format. `<first>.segment` holds
//! records from the number `first` on. A segment is a header and frames; a frame is
//! `crc32 · length · sequence · committed · left · record`, little endian, its checksum seeded with the journal's
//! id. `left` counts the frames of the same group that follow; `committed` is the end that was on disk
//! before this frame was written. A segment ends where the next one begins, whatever else its file holds.
//!
//! **Guarantees.** An append is answered after `fdatasync` of the file that holds it. A group is there whole
//! or not at all. Readers see only what is synced. At open, a torn tail of the last segment is cut at the last
//! whole group and reported ([`Opened`]). A broken record that had been synced before a later batch was written
//! is never cut: open refuses ([`Fault::Corrupt`]); in older segments, reading it is refused. After a failed write or sync
//! the segment gets no more records and no second sync: the next append begins a new segment.
//!
//! **Not promised.** Damage inside the very last batch of a journal cannot be told from a torn write, and is
//! cut. One process writes a journal at a time; the server's file lock sees to it. Records are not removed yet.
//!
//! **Bounds.** [`MAX_BODY_BYTES`], [`MAX_APPEND_BYTES`], [`MAX_APPEND_RECORDS`] and [`Options`].

mod fault;
pub mod files;
mod frame;
mod header;
mod queue;
mod read;
mod record;
mod recovery;
mod segment;
mod shared;
mod writer;

pub use fault::Fault;
pub use record::{MAX_BODY_BYTES, Record, Seq};
pub use recovery::{Cut, Opened};
pub use shared::Stats;

use files::{Directory, Files};
use kernel::{JournalId, Rng};
use queue::Append;
use shared::Shared;
use std::{ops::Range, path::Path, sync::Arc};
use tokio::sync::oneshot;

/// The most bytes that one append may bring, frames included.
pub const MAX_APPEND_BYTES: usize = 16 << 20;

/// The most records that one append may bring.
pub const MAX_APPEND_RECORDS: usize = 10_000;

/// What the journal may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// A segment that would grow beyond this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// A batch is closed when it holds this many bytes …
    pub batch_bytes: usize,
    /// … or this many appends.
    pub batch_appends: usize,
    /// Appends that may wait for the writer; more are refused with [`Fault::Full`].
    pub queue_appends: usize,
    /// Bytes that may wait for the writer.
    pub queue_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            batch_bytes: 4 << 20,
            batch_appends: 1_000,
            queue_appends: 4_096,
            queue_bytes: 64 << 20,
        }
    }
}

/// A handle to an open journal; clones share it. When the last one is dropped, the writer finishes what is
/// queued and ends.
#[derive(Clone)]
pub struct Journal(Arc<Handle>);

struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.queue.close();
    }
}

impl Journal {
    /// Opens the journal in `dir`, making it if there is none. Blocks: it reads the last segment whole.
    ///
    /// Fails with [`Fault::Newer`] when a later version of us wrote it, with [`Fault::Corrupt`] when
    /// records that were once on disk are broken in the last segment, and with [`Fault::Io`].
    pub fn open(dir: &Path, options: Options, rng: &dyn Rng) -> Result<(Self, Opened), Fault> {
        let files = Directory::open(dir).map_err(Fault::io("open", dir.display().to_string()))?;
        Self::open_on(Arc::new(files), options, rng)
    }

    /// [`Journal::open`] on another file layer; for tests.
    pub fn open_on(files: Arc<dyn Files>, options: Options, rng: &dyn Rng) -> Result<(Self, Opened), Fault> {
        let recovered = recovery::recover(&*files, rng)?;
        let opened = recovered.opened.clone();
        let shared = writer::start(files, options, recovered)?;
        Ok((Self(Arc::new(Handle(shared))), opened))
    }

    /// The identity that was made with this journal. Offsets kept elsewhere are keyed by it.
    pub fn id(&self) -> JournalId {
        self.0.0.id
    }

    /// Appends the records as one group and answers, after they are synced, with their sequence numbers, which are
    /// contiguous and in the order given. No records give the empty range at the end.
    ///
    /// All or nothing: after [`Fault::TooLarge`], [`Fault::TooMany`], [`Fault::Full`] and [`Fault::Closed`] nothing was
    /// kept. After [`Fault::Io`] and [`Fault::Lost`] the group was not acknowledged; after a crash it may
    /// be found whole. Dropping the future does not take the records back.
    pub async fn append(&self, records: Vec<Record>) -> Result<Range<Seq>, Fault> {
        let bytes = frame::group_bytes(&records)?;
        if records.is_empty() {
            return Ok(self.end()..self.end());
        }
        let (answer, answered) = oneshot::channel();
        self.0.0.queue.push(Append { records, bytes, answer })?;
        answered.await.unwrap_or(Err(Fault::Lost))
    }

    /// Records from `from` on, in order, at most `max_records` and about `max_bytes` of bodies, but at least one
    /// when there is one. Empty at the end; see [`Journal::wait_beyond`].
    ///
    /// Fails with [`Fault::Gone`] below [`Journal::first`], [`Fault::Beyond`] past [`Journal::end`], and
    /// [`Fault::Corrupt`] or [`Fault::Io`] when the record at `from` itself cannot be read: what can be read before a
    /// broken record is answered first. Needs a tokio runtime (the files are read on its blocking pool).
    pub async fn read(
        &self,
        from: Seq,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Seq, Record)>, Fault> {
        let shared = self.0.0.clone();
        let limits = read::Limits { records: max_records, bytes: max_bytes };
        tokio::task::spawn_blocking(move || read::read(&shared, from, limits))
            .await
            .unwrap_or(Err(Fault::Lost))
    }

    /// The first sequence number that can be read (or will be, in an empty journal).
    pub fn first(&self) -> Seq {
        self.0.0.first()
    }

    /// The sequence number after the last synced record; the next record gets it.
    pub fn end(&self) -> Seq {
        Seq(*self.0.0.end.borrow())
    }

    /// Waits until [`Journal::end`] is greater than `seq`, that is until the record `seq` can be read, and
    /// answers the end. Nothing polls. Fails with [`Fault::Closed`] when the journal ends before.
    pub async fn wait_beyond(&self, seq: Seq) -> Result<Seq, Fault> {
        let mut end = self.0.0.end.clone();
        end.wait_for(|end| *end > seq.0).await.map(|end| Seq(*end)).map_err(|_| Fault::Closed)
    }

    /// Figures for the metrics page.
    pub fn stats(&self) -> Stats {
        self.0.0.stats()
    }

    /// Refuses further appends, writes and syncs what is queued, and answers when the writer has ended.
    /// Reading stays possible.
    pub async fn close(&self) {
        self.0.0.queue.close();
        let mut end = self.0.0.end.clone();
        while end.changed().await.is_ok() {}
    }
}
