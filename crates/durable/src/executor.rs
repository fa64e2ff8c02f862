//! Runs jobs: takes what the lanes hand over, claims what is due, renews leases, sleeps in between.

mod work;

use crate::handler::Registry;
use crate::job::Claimed;
use crate::jobs::{Handed, Jobs};
use sql::{Database, Engine};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use work::Work;

/// Bounds of the executor. Units are in the types.
#[derive(Debug, Clone)]
pub struct Options {
    /// Jobs that run at the same time in this process.
    pub slots: usize,
    /// How long a lease lasts on PostgreSQL; on SQLite the file lock is the lease.
    pub lease: Duration,
    /// How often running jobs renew it.
    pub renew_every: Duration,
    /// Pauses after a fault of ours; after the last one the job is parked.
    pub fault_pauses: Vec<Duration>,
    /// The longest sleep between two looks at the clock, in memory alone: due times are of the wall clock, which steps,
    /// and goes on while the machine is suspended.
    pub sleep_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slots: 256,
            lease: Duration::from_secs(15),
            renew_every: Duration::from_secs(5),
            fault_pauses: [1, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            sleep_max: Duration::from_secs(30),
        }
    }
}

/// The service: one per process. Build it first, hand its [`Jobs`] to the use cases, then [`Executor::run`] it.
pub struct Executor {
    jobs: Jobs,
    handed: Handed,
}

/// What one turn of the executor did.
enum Turn {
    Handed(Claimed, OwnedSemaphorePermit),
    Due,
    Stop,
}

impl Executor {
    pub fn new(options: Options, engine: Engine) -> Self {
        let (jobs, handed) = Jobs::new(options, engine);
        Self { jobs, handed }
    }

    pub fn jobs(&self) -> Jobs {
        self.jobs.clone()
    }

    /// Runs until `shutdown`, then tells running handlers and waits for them up to `grace`.
    pub async fn run(
        mut self,
        db: Database,
        registry: Registry,
        shutdown: CancellationToken,
        grace: Duration,
    ) {
        let work = Arc::new(Work { jobs: self.jobs.clone(), db, registry, interrupted: shutdown.clone() });
        let running = tokio_util::task::TaskTracker::new();
        if work.db.engine() == Engine::Postgres {
            running.spawn(Arc::clone(&work).renew_leases());
        }
        loop {
            match self.turn(&work, &shutdown).await {
                Turn::Handed(job, slot) => {
                    running.spawn(Arc::clone(&work).run_one(job, slot));
                }
                Turn::Due => {
                    for (job, slot) in work.claim().await {
                        running.spawn(Arc::clone(&work).run_one(job, slot));
                    }
                }
                Turn::Stop => break,
            }
        }
        running.close();
        if tokio::time::timeout(grace, running.wait()).await.is_err() {
            tracing::warn!(
                jobs.running = running.len(),
                "jobs did not end in time; they run again after the next start"
            );
        }
    }

    async fn turn(&mut self, work: &Work, shutdown: &CancellationToken) -> Turn {
        loop {
            let pause = work.pause();
            let sleep = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Turn::Stop,
                Some((job, slot)) = self.handed.recv() => return Turn::Handed(job, slot),
                () = self.jobs.woken() => {}
                () = sleep => if work.may_find() { return Turn::Due },
            }
        }
    }

    /// Runs everything that is due now, one after the other, and whatever that makes due, until nothing is left:
    /// for tests with a clock of their own. Returns how many jobs ran.
    pub async fn drain(&mut self, db: &Database, registry: Registry) -> (usize, Registry) {
        let work = Arc::new(Work {
            jobs: self.jobs.clone(),
            db: db.clone(),
            registry,
            interrupted: CancellationToken::new(),
        });
        let mut ran = 0;
        loop {
            let mut batch: Vec<_> = std::iter::from_fn(|| self.handed.try_recv().ok()).collect();
            batch.extend(work.claim().await);
            if batch.is_empty() {
                break;
            }
            for (job, slot) in batch {
                Arc::clone(&work).run_one(job, slot).await;
                ran += 1;
            }
        }
        let registry = Arc::into_inner(work).map(|work| work.registry).unwrap_or_default();
        (ran, registry)
    }
}
