//! The lake: every event once, in columns, for the questions of the console and the reports.
//!
//! **Cast.** The *journal* (elsewhere) is the truth. The *head* holds the newest events in memory. A *segment* is
//! an immutable Parquet file, sorted by environment, user, time and sequence number, with a sidecar of message ids
//! and checksums. The *manifest* names the segments and the journal's position that they cover.
//!
//! **Life of an event.** `ingest` gives it to the head, unless its (environment, message id) is in the head or a
//! segment: the first one stays. A full head is sealed into a segment; segments of a size are merged by `compact`.
//!
//! **Guarantees.** The same events give the same answers, however often and in whichever batches they came, and
//! wherever the process died: a start continues at the manifest's position, and what the head held comes again
//! from the journal. One answer is about one instant: all events of the batches before it, none of those after.
//! A file that differs from its checksums is a fault that names it, not an answer.
//!
//! **Not promised.** Durability: losing any file here costs a rebuild, never data. One process alone may open a
//! directory; the server's lock sees to that. Calls block: an async caller moves them to a thread for that.

mod answer;
mod column;
mod count;
mod fault;
mod file;
mod head;
mod keys;
mod manifest;
mod merge;
mod query;
mod row;
mod scan;
mod segment;
mod timeline;
mod write;

#[cfg(test)]
mod tests;

pub use answer::*;
pub use fault::Fault;

use head::Head;
use kernel::JournalId;
use manifest::Manifest;
use segment::Segment;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Bounds of the lake.
#[derive(Debug, Clone)]
pub struct Options {
    /// A head with this many rows is sealed before it takes more.
    pub head_rows_max: usize,
    /// The same by an estimate of its memory; one batch may go over it.
    pub head_bytes_max: usize,
    /// With this many segments (of two open files each), `ingest` merges some itself: nobody called `compact`.
    pub segments_max: usize,
    /// Rows of a Parquet row group: the coarse step of the index, and what a writer holds in memory.
    pub group_rows_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { head_rows_max: 65_536, head_bytes_max: 64 << 20, segments_max: 128, group_rows_max: 128 << 10 }
    }
}

/// A handle to one lake; clones share it, from any thread.
#[derive(Clone)]
pub struct Lake(Arc<Shared>);

struct Shared {
    dir: PathBuf,
    options: Options,
    journal: JournalId,
    /// Held by whoever changes what exists: one at a time, also while files are written.
    writer: Mutex<Writer>,
    /// Held by whoever merges, for longer than the writer's lock.
    merging: Mutex<()>,
    /// Written only under the writer's lock, and only for a moment.
    state: RwLock<State>,
}

type Segments = Arc<[Arc<Segment>]>;

struct Writer {
    /// No file of this or a higher number was ever begun by this process.
    next_number: u64,
}

struct State {
    head: Head,
    segments: Segments,
    /// The next sequence number to read.
    position: u64,
    /// How many events below it were dropped as duplicates.
    duplicates: u64,
    /// What the manifest says.
    sealed: Sealed,
    /// Bytes of the segments written since the start.
    written: u64,
}

/// The manifest's position, below which nothing is needed from the journal any more, and the duplicates below it.
#[derive(Clone, Copy)]
struct Sealed {
    position: u64,
    duplicates: u64,
}

impl Lake {
    /// Opens the lake in `dir`, or makes one. Refuses the files of another journal or of a newer release, and
    /// damaged ones as far as lengths and the sidecars show; removes what a crash left unfinished.
    pub fn open(dir: &Path, options: Options, journal: JournalId) -> Result<(Self, Opened), Fault> {
        fs::create_dir_all(dir).map_err(Fault::io("create", dir))?;
        let (manifest, created) = match Manifest::read(dir)? {
            Some(manifest) => (manifest, false),
            None => (create(dir, journal)?, true),
        };
        if manifest.journal != journal {
            let (dir, found) = (dir.to_owned(), manifest.journal);
            return Err(Fault::OtherJournal { dir, found, expected: journal });
        }
        let (offset, entries) = (manifest.offset, manifest.segments);
        let orphans_removed = remove_orphans(dir, &entries)?;
        let next_number = entries.iter().map(|entry| entry.number + 1).max().unwrap_or(0);
        let segments = entries.into_iter().map(|entry| Segment::open(dir, entry).map(Arc::new));
        let segments = segments.collect::<Result<Vec<_>, _>>()?;
        let rows = segments.iter().map(|segment| segment.entry.rows).sum();
        let opened = Opened { offset, segments: segments.len(), rows, created, orphans_removed };
        let sealed = Sealed { position: offset, duplicates: manifest.duplicates };
        let state = State {
            head: Head::default(),
            segments: segments.into(),
            position: sealed.position,
            duplicates: sealed.duplicates,
            sealed,
            written: 0,
        };
        let shared = Shared {
            dir: dir.to_owned(),
            options,
            journal,
            writer: Mutex::new(Writer { next_number }),
            merging: Mutex::new(()),
            state: RwLock::new(state),
        };
        Ok((Self(Arc::new(shared)), opened))
    }

    /// The next sequence number of the journal to hand in: after a start, where the segments end.
    pub fn offset(&self) -> u64 {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner).position
    }

    /// Counts for metrics and the operator.
    pub fn stats(&self) -> Stats {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        Stats {
            segments: state.segments.len(),
            rows: state.segments.iter().map(|segment| segment.entry.rows).sum(),
            bytes: state.segments.iter().map(|segment| segment.bytes()).sum(),
            written_bytes: state.written,
            head_rows: state.head.rows().len() as u64,
            head_bytes: state.head.bytes() as u64,
            head_since: state.head.since(),
            duplicates: state.duplicates,
            offset: state.position,
            sealed_offset: state.sealed.position,
        }
    }

    /// Removes the lake in `dir`, so that the next `open` makes an empty one; also a damaged one, and one that
    /// was removed half way. Other files there stay. Nobody may have it open.
    pub fn remove_all(dir: &Path) -> Result<(), Fault> {
        for (_, path) in manifest::segment_files(dir)? {
            fs::remove_file(&path).map_err(Fault::io("remove", path))?;
        }
        let manifest = Manifest::path(dir);
        match fs::remove_file(&manifest) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Fault::io("remove", manifest)(error))
            }
            _ if dir.exists() => file::sync_dir(dir),
            _ => Ok(()),
        }
    }
}

/// Makes an empty lake. Segments without a manifest are not one: the manifest was lost.
fn create(dir: &Path, journal: JournalId) -> Result<Manifest, Fault> {
    if !manifest::segment_files(dir)?.is_empty() {
        return Err(Fault::damaged(Manifest::path(dir), "it is missing, but there are segments"));
    }
    let manifest = Manifest::new(journal);
    manifest.write(dir)?;
    Ok(manifest)
}

fn remove_orphans(dir: &Path, entries: &[manifest::Entry]) -> Result<usize, Fault> {
    let mut removed = 0;
    for (number, path) in manifest::segment_files(dir)? {
        if !entries.iter().any(|entry| entry.number == number) {
            fs::remove_file(&path).map_err(Fault::io("remove", path))?;
            removed += 1;
        }
    }
    Ok(removed)
}
