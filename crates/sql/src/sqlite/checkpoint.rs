//! Moves the write-ahead log into the file, on a thread of its own.

use super::connect;
use crate::{
    Options,
    counters::{Counters, count},
};
use rusqlite::Connection;
use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Pages in the log that ask for a checkpoint: SQLite's own default, 4 MB.
const PAGES: u64 = 1_000;
/// Pages in the log at which writers are held up for a moment, so that the log can start anew: 64 MB.
/// Under a constant load a checkpoint that never waits never catches up with the last page.
const PAGES_TOO_MANY: u64 = 16_000;
/// How long that moment may last: readers in the way are bounded by their own deadline.
const HOLD_UP: Duration = Duration::from_millis(200);

/// The lane's end: looks at the log after each commit and wakes the thread.
pub(super) struct Checkpointer {
    pages: Arc<AtomicU64>,
    /// Pages in the log when the thread was last woken.
    asked_at: AtomicU64,
    wake: SyncSender<()>,
    counters: Arc<Counters>,
}

impl Checkpointer {
    pub(super) fn start(
        path: &Path,
        writer: &mut Connection,
        options: &Options,
        counters: &Arc<Counters>,
    ) -> rusqlite::Result<io::Result<(Self, JoinHandle<()>)>> {
        let pages = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, n| {
            seen.store(u64::try_from(n).unwrap_or(0), Relaxed);
            Ok(())
        }))?;
        let conn = connect(path, options)?;
        conn.busy_timeout(HOLD_UP)?;
        let (wake, woken) = sync_channel(1);
        let thread = Thread { conn, pages: Arc::clone(&pages), counters: Arc::clone(counters) };
        let spawned =
            std::thread::Builder::new().name("sql-checkpoint".into()).spawn(move || thread.run(&woken));
        let counters = Arc::clone(counters);
        Ok(spawned.map(|handle| (Self { pages, asked_at: AtomicU64::new(0), wake, counters }, handle)))
    }

    pub(super) fn after_commit(&self) {
        let pages = self.pages.load(Relaxed);
        // A frame is a page of 4 KiB and a header of 24 bytes.
        self.counters.wal_bytes.store(pages * (4_096 + 24), Relaxed);
        let asked_at = self.asked_at.load(Relaxed);
        // Fewer than last time: the log has started anew since. A log that is being moved keeps growing
        // until then, and each thousand pages ask once.
        let since = if pages < asked_at { pages } else { pages - asked_at };
        if since >= PAGES {
            self.asked_at.store(pages, Relaxed);
            // Full means that the thread is woken already.
            let _ = self.wake.try_send(());
        }
    }
}

struct Thread {
    conn: Connection,
    pages: Arc<AtomicU64>,
    counters: Arc<Counters>,
}

impl Thread {
    fn run(&self, woken: &Receiver<()>) {
        while woken.recv().is_ok() {
            self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
            if self.pages.load(Relaxed) >= PAGES_TOO_MANY {
                self.checkpoint("PRAGMA wal_checkpoint(RESTART)");
            }
        }
    }

    fn checkpoint(&self, text: &'static str) {
        count(&self.counters.statements);
        count(&self.counters.checkpoints);
        if let Err(e) = self.conn.query_row(text, [], |_| Ok(())) {
            tracing::warn!(sql.cause = %e, "a checkpoint failed and is tried again later");
        }
    }
}
