//! What the executor does with jobs: claims them, runs them, and decides what follows when one fails.

use crate::handler::{JobFault, Registry, Running};
use crate::job::{self, Claimed};
use crate::jobs::Jobs;
use kernel::{Category, chain};
use sql::{Database, Engine, Fault, Locks, Tx};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// At most this many jobs a claim, so that one command stays short.
const CLAIM_MAX: usize = 64;
/// On PostgreSQL another process may have made jobs: look at least this often.
const PEER_POLL: Duration = Duration::from_secs(1);
/// While every slot is taken there is nothing to claim with.
const FULL_PAUSE: Duration = Duration::from_millis(20);
/// After a failed claim: the database is away.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);
/// Until a job that nobody could be told about is tried once more.
const GIVE_UP_PAUSE: Duration = Duration::from_secs(60);
/// Between two attempts to record that a job failed: this long at first, then twice as long each time …
const INSIST_PAUSE: Duration = Duration::from_millis(100);
/// … and at most this long.
const INSIST_PAUSE_MAX: Duration = Duration::from_secs(10);

pub(super) struct Work {
    pub jobs: Jobs,
    pub db: Database,
    pub registry: Registry,
    pub interrupted: CancellationToken,
}

impl Work {
    /// How long to sleep; `None` means until somebody wakes us.
    pub fn pause(&self) -> Option<Duration> {
        let next = self.jobs.next();
        let now = self.db.now();
        let until = next.map(|due| due.since(now).min(self.jobs.options().sleep_max));
        match self.db.engine() {
            Engine::Sqlite => until,
            Engine::Postgres => Some(until.map_or(PEER_POLL, |pause| pause.min(PEER_POLL))),
        }
    }

    /// Whether a claim may find something now: on SQLite nothing becomes due that was not told.
    pub fn may_find(&self) -> bool {
        match self.db.engine() {
            Engine::Sqlite => self.jobs.next().is_some_and(|due| due <= self.db.now()),
            Engine::Postgres => true,
        }
    }

    /// Claims as many due jobs as slots are free, and learns when the next one is due.
    pub async fn claim(&self) -> Vec<(Claimed, OwnedSemaphorePermit)> {
        let free: Vec<_> = std::iter::from_fn(|| self.jobs.try_slot()).take(CLAIM_MAX).collect();
        let now = self.db.now();
        if free.is_empty() {
            self.jobs.set_next(Some(now.plus(FULL_PAUSE)));
            return Vec::new();
        }
        // Cleared before the claim: whoever commits a job from here on sets it again.
        self.jobs.set_next(None);
        let limit = i64::try_from(free.len()).unwrap_or(i64::MAX);
        let until = self.jobs.lease_end(now);
        let claimed = self
            .db
            .write(job::claim_lock(), move |tx| {
                let claimed = job::claim(tx, now, until, limit)?;
                Ok::<_, Fault>((claimed, job::next(tx)?))
            })
            .await;
        match claimed {
            Ok((claimed, next)) => {
                // The far end of SQLite's leases is no time to wake at.
                if let Some(next) = next.filter(|next| next.micros() < i64::MAX) {
                    self.jobs.wake(next);
                }
                claimed.into_iter().zip(free).collect()
            }
            Err(fault) => {
                tracing::warn!(error = %chain(&fault), "could not claim jobs");
                self.jobs.wake(now.plus(CLAIM_PAUSE));
                Vec::new()
            }
        }
    }

    pub async fn run_one(self: Arc<Self>, job: Claimed, slot: OwnedSemaphorePermit) {
        self.jobs.begun(&job);
        if let Err(fault) = self.handle(&job).await {
            self.after_fault(&job, fault).await;
        }
        self.jobs.ended(&job);
        drop(slot);
    }

    async fn handle(&self, job: &Claimed) -> Result<(), JobFault> {
        let Some(handler) = self.registry.get(&job.kind) else {
            let message = format!("no handler is called {}", job.kind);
            return Err(JobFault { message, category: Category::Fault });
        };
        guarded(handler.run(job.clone(), self.interrupted.clone())).await
    }

    /// Keeps the leases of running jobs ours for as long as this process lives.
    pub async fn renew_leases(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.interrupted.cancelled() => return,
                () = tokio::time::sleep(self.jobs.options().renew_every) => {}
            }
            let held: Vec<_> = self.jobs.held();
            if held.is_empty() {
                continue;
            }
            let until = self.jobs.lease_end(self.db.now());
            let renewed = self
                .db
                .write(Locks::none(), move |tx| held.iter().try_for_each(|job| job::renew(tx, job, until)))
                .await;
            if let Err(fault) = renewed {
                tracing::warn!(error = %chain(&fault), "could not renew the leases of running jobs");
            }
        }
    }

    async fn after_fault(&self, job: &Claimed, fault: JobFault) {
        self.jobs.count_fault();
        tracing::warn!(job.kind = %job.kind, job.id = %job.id, error = %fault.message, "a job failed");
        // The database being away is no fault of the job and no reason to give it up.
        let away = fault.category == Category::Unavailable;
        let pauses = &self.jobs.options().fault_pauses;
        let counted = usize::try_from(job.faults).ok().and_then(|faults| pauses.get(faults).copied());
        match if away { Some(CLAIM_PAUSE) } else { counted } {
            Some(pause) => self.try_later(job, pause, away).await,
            None => self.give_up(job, fault.message).await,
        }
    }

    async fn try_later(&self, job: &Claimed, pause: Duration, forgiven: bool) {
        let due_at = self.db.now().plus(pause);
        let (mut claimed, jobs) = (job.clone(), self.jobs.clone());
        claimed.faults -= i64::from(forgiven);
        self.insist(job, move |tx| job::failed(tx, &jobs, &claimed, due_at)).await;
    }

    /// Tells first and parks then: a crash in between tells once more. Whom it cannot tell because the database is
    /// away it tells later; if telling fails by itself, the job is parked with both reasons, for an operator to see.
    async fn give_up(&self, job: &Claimed, reason: String) {
        let told = match self.registry.get(&job.kind) {
            Some(handler) => guarded(handler.given_up(job.clone(), reason.clone())).await,
            None => Ok(()),
        };
        let reason = match told {
            Ok(()) => reason,
            Err(fault) => {
                tracing::error!(job.id = %job.id, error = %fault.message, "could not tell that a job was given up");
                if fault.category == Category::Unavailable {
                    return self.try_later(job, GIVE_UP_PAUSE, true).await;
                }
                format!("{reason}; nobody could be told: {}", fault.message)
            }
        };
        self.jobs.count_parked();
        let (claimed, now) = (job.clone(), self.db.now());
        self.insist(job, move |tx| job::park(tx, &claimed, &reason, now)).await;
    }

    /// Writes what becomes of a job that failed, again and again until it is written or the process ends. On SQLite
    /// the lease has no end: unwritten, the job would not run before the next start. Until then its slot stays taken,
    /// so that a database that is away is not asked for more work than it can record.
    async fn insist(
        &self,
        job: &Claimed,
        write: impl for<'t> Fn(&mut Tx<'t>) -> Result<(), Fault> + Clone + Send + 'static,
    ) {
        let mut pause = INSIST_PAUSE;
        while let Err(fault) = self.db.write(Locks::none(), write.clone()).await {
            tracing::error!(job.id = %job.id, error = %chain(&fault), "could not record that a job failed");
            tokio::select! {
                () = self.interrupted.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = INSIST_PAUSE_MAX.min(pause * 2);
        }
    }
}

/// Runs a handler's future: a panic is the handler's, not the executor's.
async fn guarded(running: Running) -> Result<(), JobFault> {
    tokio::spawn(running)
        .await
        .unwrap_or_else(|panic| Err(JobFault { message: panic.to_string(), category: Category::Fault }))
}
