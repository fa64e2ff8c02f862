//! What the database counts about itself, for the metrics page and for tests.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A look at the counters. Everything but the depths and the WAL's size only grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commands that wait for a lane now.
    pub queue_depth: u64,
    /// Reads that wait for a reader now.
    pub read_depth: u64,
    /// Transactions of lanes, also those that were rolled back.
    pub groups: u64,
    /// Commands answered from a committed transaction, refusals included.
    pub commands: u64,
    /// Reads that ran.
    pub reads: u64,
    /// Statements sent to the engine, BEGIN, COMMIT and SAVEPOINT included.
    pub statements: u64,
    pub commits: u64,
    pub rollbacks: u64,
    /// Groups that ran again because a command spoiled them or the engine gave them up.
    pub reruns: u64,
    /// Commands and reads that found the queue full.
    pub refused_full: u64,
    /// Deadlocks and serialization failures (PostgreSQL); 0 is expected.
    pub conflicts: u64,
    /// Bytes of SQLite's write-ahead log after the last commit.
    pub wal_bytes: u64,
    pub checkpoints: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) groups: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) statements: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) rollbacks: AtomicU64,
    pub(crate) reruns: AtomicU64,
    pub(crate) refused_full: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) wal_bytes: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
}

/// One more of something.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl Counters {
    pub(crate) fn look(&self, queue_depth: usize, read_depth: usize) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        Stats {
            queue_depth: queue_depth as u64,
            read_depth: read_depth as u64,
            groups: of(&self.groups),
            commands: of(&self.commands),
            reads: of(&self.reads),
            statements: of(&self.statements),
            commits: of(&self.commits),
            rollbacks: of(&self.rollbacks),
            reruns: of(&self.reruns),
            refused_full: of(&self.refused_full),
            conflicts: of(&self.conflicts),
            wal_bytes: of(&self.wal_bytes),
            checkpoints: of(&self.checkpoints),
        }
    }
}
