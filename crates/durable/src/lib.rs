//! Things that must still happen after a crash: jobs (timers are jobs that are due later), an outbox and a
//! signal inbox. It knows no feature: `app` registers what a job's name means.
//!
//! - A job is written in the transaction that decides it ([`job::enqueue`]) and runs at least once. Whoever holds
//!   its lease may finish it; the fence of the lease decides, never a process's name.
//! - A job that is due at once is inserted already leased and handed to the executor by the writer's lane after the
//!   commit, so that it costs no claim. When no slot is free it is inserted unleased and claimed later.
//! - An idle executor sleeps until the next due time and issues no statements on SQLite.
//! - [`outbox`] rows leave in order per subject; [`signal`]s may arrive before anybody waits.
//!
//! Not promised: exactly-once effects outside the database. A handler's effect carries a stable id instead.

mod executor;
mod handler;
pub mod job;
mod jobs;
pub mod outbox;
pub mod signal;

pub use executor::{Executor, Options};
pub use handler::{Handler, JobFault, Registry, Running};
pub use job::{Claimed, NewJob};
pub use jobs::{Jobs, Stats};

use sql::Migration;

/// Tables of this crate, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_job", sql: include_str!("../migrations/0001_job.sql") },
    Migration { name: "0002_outbox", sql: include_str!("../migrations/0002_outbox.sql") },
    Migration { name: "0003_signal", sql: include_str!("../migrations/0003_signal.sql") },
];

/// Every statement of this crate, so that a test can prepare each on both engines.
pub fn statements() -> impl Iterator<Item = &'static sql::Statement> {
    [job::STATEMENTS, outbox::STATEMENTS, signal::STATEMENTS].into_iter().flatten().copied()
}
