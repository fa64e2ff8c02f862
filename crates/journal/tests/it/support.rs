//! What the tests share: records, a seeded source of bytes, small options.

use bytes::Bytes;
use journal::{
    Fault, Journal, Opened, Options, Record, Seq,
    files::{File, Files, Forgetful},
};
use kernel::{EnvironmentId, Rng, Timestamp};
use std::{
    io,
    sync::{Arc, Mutex},
};

/// SplitMix64: the same seed gives the same bytes.
pub(crate) struct Seeded(Mutex<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Rng for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let mixed = (mixed ^ (mixed >> 31)).to_le_bytes();
            chunk.copy_from_slice(&mixed[..chunk.len()]);
        }
    }
}

/// A record that says which append it belongs to, which of how many it is, and has `bytes` bytes more.
pub(crate) fn record(group: u32, index: usize, of: usize, bytes: usize) -> Record {
    let body = format!("{group}/{index}/{of}/{}", "x".repeat(bytes));
    Record {
        environment: EnvironmentId::ordered(Timestamp::from_micros(group.into()), &Seeded::new(group.into())),
        source: 3,
        received_at: Timestamp::from_micros(-5 + i64::from(group)),
        body: Bytes::from(body),
    }
}

/// One append of `of` records.
pub(crate) fn group(group: u32, of: usize) -> Vec<Record> {
    (0..of).map(|index| record(group, index, of, index)).collect()
}

/// Segments of a few records, so that there are many.
pub(crate) fn small() -> Options {
    Options { segment_bytes: 300, ..Options::default() }
}

pub(crate) fn open(disk: &Forgetful, options: Options) -> Result<(Journal, Opened), Fault> {
    open_on(disk.clone(), options)
}

pub(crate) fn open_on(files: impl Files, options: Options) -> Result<(Journal, Opened), Fault> {
    Journal::open_on(Arc::new(files), options, &Seeded::new(11))
}

/// All records from `from` on, a few at a time.
pub(crate) async fn read_from(journal: &Journal, from: Seq) -> Result<Vec<(Seq, Record)>, Fault> {
    let (mut all, mut next) = (Vec::new(), from);
    while next < journal.end() {
        let some = journal.read(next, 7, 1_000).await?;
        next = some.last().expect("before the end there is a record").0.next();
        all.extend(some);
    }
    Ok(all)
}

pub(crate) async fn read_all(journal: &Journal) -> Result<Vec<(Seq, Record)>, Fault> {
    read_from(journal, journal.first()).await
}

/// What `read_all` must give for these appends.
pub(crate) fn numbered(groups: &[Vec<Record>]) -> Vec<(Seq, Record)> {
    (1..).map(Seq).zip(groups.iter().flatten().cloned()).collect()
}

/// The segments' file names, in order.
pub(crate) fn segments(disk: &Forgetful) -> Vec<String> {
    disk.list().unwrap().into_iter().filter(|name| name.ends_with(".segment")).collect()
}

/// A file layer that changes what syncs do.
pub(crate) struct Syncing<S>(pub(crate) Forgetful, pub(crate) Arc<S>);

/// What happens instead of a sync.
pub(crate) trait Sync: Send + std::marker::Sync + 'static {
    fn file(&self, file: &dyn File) -> io::Result<()> {
        file.sync()
    }

    fn directory(&self, disk: &Forgetful) -> io::Result<()> {
        disk.sync_directory()
    }
}

struct SyncingFile<S>(Box<dyn File>, Arc<S>);

impl<S: Sync> Files for Syncing<S> {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        Ok(Box::new(SyncingFile(self.0.create(name)?, self.1.clone())))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        Ok(Box::new(SyncingFile(self.0.open(name)?, self.1.clone())))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.1.directory(&self.0)
    }
}

impl<S: Sync> File for SyncingFile<S> {
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        self.0.read_at(bytes, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.0.write_at(bytes, position)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.1.file(&*self.0)
    }
}
