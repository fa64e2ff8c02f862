//! What follows the journal: the profiles in the state database and the lake, each at its own pace.
//!
//! ```text
//! journal ─ read ─► record ─ decode ─► event ─► profiles   rows and offset in one command
//!                      │ unreadable            └► lake       offset in the lake's own manifest
//!                      └► dead letter: counted, shown, passed over
//! ```
//! **Guarantees.** Each may run twice over the same records and leaves the same; each stops anywhere and goes on
//! from its offset. A record that cannot be read stops nobody. Nothing polls: the journal wakes its readers.
//! **Not promised.** That one has come as far as another.
//! **Start.** Offsets mean something in one journal alone: [`check`] refuses another one's, naming the remedy.

mod batch;
mod lake;
mod profiles;
mod progress;

#[cfg(test)]
mod tests;

pub use self::lake::{LakeConsumer, NAME as LAKE};
pub use profiles::{NAME as PROFILES, Profiles};
pub use progress::Progress;

use batch::{Applied, Batch};

use crate::App;
use ::lake::Lake;
use journal::{Journal, Seq};
use kernel::{Category, JournalId};
use sql::Database;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Bounds of the consumers.
#[derive(Debug, Clone)]
pub struct Options {
    /// Most rows that one command of `profiles` writes, beside as many that links move; one record touches at most four.
    pub rows_max: usize,
    /// After so many bytes of traits a command of `profiles` ends: a row may hold 4 MiB of them, and a command is in
    /// everybody's way. It writes one row at least.
    pub written_max: usize,
    /// Most records that one step of `lake` reads.
    pub records_max: usize,
    /// Most bytes of them.
    pub bytes_max: usize,
    /// How long a consumer rests after a fault before it tries again; twice as long after each further one, up
    /// to 64 times.
    pub pause: Duration,
    /// The lake's head is sealed once its first event was taken in this long ago, so that a start reads little again.
    pub seal_age: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rows_max: 200,
            written_max: 2 << 20,
            records_max: 2_000,
            bytes_max: 8 << 20,
            pause: Duration::from_millis(500),
            seal_age: Duration::from_secs(300),
        }
    }
}

impl Options {
    fn pause(&self, faults: u32) -> Duration {
        self.pause * 2_u32.pow(faults.saturating_sub(1).min(6))
    }
}

/// Why a step of a consumer failed. It is tried again: nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeFault {
    #[error("journal")]
    Journal(#[from] journal::Fault),
    #[error("state database")]
    Store(#[from] sql::Fault),
    #[error("lake")]
    Lake(#[from] ::lake::Fault),
    /// Somebody else moved the offset: two processes consume the same journal.
    #[error("the offset stands at {found}, not at {expected}")]
    Moved { expected: u64, found: u64 },
    #[error("the lake's thread ended before it answered")]
    Lost,
}

impl ConsumeFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Journal(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
            Self::Lake(fault) => fault.category(),
            Self::Moved { .. } | Self::Lost => Category::Fault,
        }
    }
}

/// Why the consumers must not start. Each names the command that mends it.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    #[error(
        "the profiles were built from journal {found}, not from {expected}: run `thrivestack rebuild profiles`"
    )]
    OtherJournal { found: JournalId, expected: JournalId },
    #[error(
        "the {consumer} stand at record {offset}, but the journal holds {first} to {end}: \
         run `thrivestack rebuild {consumer}`"
    )]
    OutOfReach { consumer: &'static str, offset: u64, first: Seq, end: Seq },
    #[error("state database")]
    Store(#[from] sql::Fault),
}

impl StartFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Store(fault) => fault.category(),
            _ => Category::Fault,
        }
    }
}

/// Refuses offsets that this journal cannot serve. To be asked before [`run`].
pub async fn check(db: &Database, journal: &Journal, lake: &Lake) -> Result<(), StartFault> {
    let offsets = db.read(|tx| store::consumer::offsets(tx, PROFILES)).await?;
    let (ours, first, end) = (journal.id(), journal.first(), journal.end());
    let out_of_reach = |consumer, offset: u64| StartFault::OutOfReach { consumer, offset, first, end };
    match offsets.iter().find(|offset| offset.journal == ours) {
        Some(offset) if offset.next < first.0 || offset.next > end.0 => {
            return Err(out_of_reach(PROFILES, offset.next));
        }
        Some(_) => {}
        None => {
            if let Some(other) = offsets.first() {
                return Err(StartFault::OtherJournal { found: other.journal, expected: ours });
            }
            if first > Seq::FIRST {
                return Err(out_of_reach(PROFILES, 0));
            }
        }
    }
    // An empty lake stands before the first record there ever was.
    let offset = lake.offset();
    if offset > end.0 || offset.max(Seq::FIRST.0) < first.0 {
        return Err(out_of_reach(LAKE, offset));
    }
    Ok(())
}

/// Runs the profiles until `shutdown`.
pub async fn run_profiles(app: App, shutdown: CancellationToken) {
    let profiles = Profiles::new(app.db.clone(), app.journal.clone(), app.clock.clone(), Options::default());
    profiles.run(shutdown).await;
}

/// Runs the lake until `shutdown`, then seals its head.
pub async fn run_lake(app: App, shutdown: CancellationToken) {
    let lake = LakeConsumer::new(
        app.lake.clone(),
        app.db.clone(),
        app.journal.clone(),
        app.clock.clone(),
        Options::default(),
    );
    lake.run(shutdown).await;
}

/// How a rest between two steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    More,
    Shutdown,
}

/// Waits until the record `next` can be read, at most for `most` where given.
async fn rest(journal: &Journal, next: Seq, most: Option<Duration>, shutdown: &CancellationToken) -> Woken {
    let timer = async {
        match most {
            Some(most) => tokio::time::sleep(most).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => Woken::Shutdown,
        () = timer => Woken::More,
        // A closed journal brings nothing more; the shutdown that closed it is on its way.
        woken = journal.wait_beyond(next) => match woken {
            Ok(_) => Woken::More,
            Err(_) => {
                shutdown.cancelled().await;
                Woken::Shutdown
            }
        },
    }
}

/// Logs a failed step and rests; the step is tried again.
async fn pause(
    consumer: &'static str,
    fault: &ConsumeFault,
    pause: Duration,
    shutdown: &CancellationToken,
) -> Woken {
    let reason = kernel::chain(fault);
    tracing::warn!(consumer, error = %reason, "a consumer of the journal rests after a fault");
    metrics::counter!("thrivestack_consumer_faults_total", "consumer" => consumer).increment(1);
    tokio::select! {
        () = shutdown.cancelled() => Woken::Shutdown,
        () = tokio::time::sleep(pause) => Woken::More,
    }
}
