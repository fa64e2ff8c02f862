//! How a database is opened.

use crate::Fault;
use std::{fmt, sync::Arc, time::Duration};

/// Which engine is behind a [`crate::Database`]. Features never ask; configuration checks and tests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Called when the disk refused a commit, so that nobody can say what is on it.
pub type OnFatal = Arc<dyn Fn(&Fault) + Send + Sync>;

/// The bounds of a database. Every field has a default that suits one machine.
#[derive(Clone)]
pub struct Options {
    /// Writer lanes on PostgreSQL, each with one connection. SQLite has one lane, always. Default 4.
    pub lanes: usize,
    /// Commands that may wait per lane, and reads that may wait; more are answered [`Fault::Full`]. Default 4,096.
    pub queue: usize,
    /// Connections that only read. Default 4.
    pub read_pool: usize,
    /// Rows that one query may give; more are [`Fault::TooManyRows`]. Default 20,000.
    pub rows_max: usize,
    /// From the call of `read` to its end. A long reader would keep SQLite's WAL from being checkpointed. Default 5 s.
    pub read_deadline: Duration,
    /// How long SQLite waits for another process's transaction. Default 5 s.
    pub busy_timeout: Duration,
    /// How long a command may wait for a lock that another lane or process holds. Default 5 s.
    pub lock_deadline: Duration,
    /// Commands of one group commit. Default 256 on SQLite; PostgreSQL never takes more than 64.
    pub group_commands: usize,
    /// `now()` follows PostgreSQL's clock instead of ours: several processes then agree. Tests switch it
    /// off, because their clock stands still. Default true.
    pub follow_server_clock: bool,
    /// For tests: runs each closure, undoes it, and runs it again, because a command may run again. Default false.
    pub run_each_command_twice: bool,
    /// Called on an I/O error at commit (SQLite). The default logs and aborts the process: a restart
    /// decides what is on disk. If it returns, the lane stops for good.
    pub on_fatal: OnFatal,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 4,
            queue: 4_096,
            read_pool: 4,
            rows_max: 20_000,
            read_deadline: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            lock_deadline: Duration::from_secs(5),
            group_commands: 256,
            follow_server_clock: true,
            run_each_command_twice: false,
            on_fatal: Arc::new(abort),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("lanes", &self.lanes)
            .field("queue", &self.queue)
            .field("read_pool", &self.read_pool)
            .finish_non_exhaustive()
    }
}

fn abort(fault: &Fault) {
    let cause = std::error::Error::source(fault).map(ToString::to_string).unwrap_or_default();
    tracing::error!(sql.fault = %fault, sql.cause = cause, "the disk refused a commit, the process ends");
    std::process::abort();
}
