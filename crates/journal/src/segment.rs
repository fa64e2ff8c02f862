//! Segments: a file of consecutive records, and where in it to find them.

use crate::{
    Fault,
    files::{File, Files},
    header::{self, HEADER_BYTES, Header},
};
use kernel::JournalId;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

const SUFFIX: &str = ".segment";

/// One entry of the sparse index for about this many bytes.
pub(crate) const INDEX_SPACING_BYTES: u64 = 64 << 10;

/// The name sorts as its number does.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The first record of the segment with this file name; none when it is not a segment's.
pub(crate) fn first_of(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(SUFFIX)?;
    let first = digits.parse().ok()?;
    (name(first) == file_name).then_some(first)
}

/// What readers know of a segment.
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) first: u64,
    /// Sequence number → position, for some records; the rest is found by walking on.
    index: Mutex<BTreeMap<u64, u64>>,
}

impl Segment {
    pub(crate) fn new(first: u64) -> Self {
        let index = BTreeMap::from([(first, HEADER_BYTES as u64)]);
        Self { name: name(first), first, index: Mutex::new(index) }
    }

    /// The last known place at or before the record `seq`: its number and position.
    pub(crate) fn nearest(&self, seq: u64) -> (u64, u64) {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let found = index.range(..=seq).next_back().map(|(seq, position)| (*seq, *position));
        found.unwrap_or((self.first, HEADER_BYTES as u64))
    }

    /// Remembers where the record `seq` stands, when nothing near before it is known.
    pub(crate) fn note(&self, seq: u64, position: u64) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let known = index.range(..=seq).next_back().map_or(0, |(_, position)| *position);
        if position.saturating_sub(known) >= INDEX_SPACING_BYTES {
            index.insert(seq, position);
        }
    }
}

/// The segment that is written to.
pub(crate) struct Active {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: Box<dyn File>,
    /// Bytes of the header and of synced frames: where the next batch goes.
    pub(crate) size: u64,
}

impl Active {
    /// Makes the file of a new segment: on disk with its header and its directory entry before any record
    /// goes into it. A file of that name holds nothing that was acknowledged, because `first` was not.
    pub(crate) fn create(files: &dyn Files, id: JournalId, first: u64) -> Result<Self, Fault> {
        let segment = Segment::new(first);
        match files.remove(&segment.name) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::io("remove", &segment.name)(error)),
        }
        let file = files.create(&segment.name).map_err(Fault::io("create", &segment.name))?;
        let bytes = header::encode(header::SEGMENT, Header { id, first });
        file.write_at(&bytes, 0).map_err(Fault::io("write", &segment.name))?;
        file.sync().map_err(Fault::io("sync", &segment.name))?;
        files.sync_directory().map_err(Fault::io("sync the directory of", &segment.name))?;
        Ok(Self { segment: Arc::new(segment), file, size: HEADER_BYTES as u64 })
    }
}
