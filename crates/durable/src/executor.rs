//! Runs jobs: takes what the lanes hand over, claims what is due, renews leases, sleeps in between.

use crate::job::{self, Claimed};
use kernel::{Category, Clock, JobId, Timestamp, chain};
use sql::{Database, Engine, Fault};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slots: 256,
            lease: Duration::from_secs(15),
            renew_every: Duration::from_secs(5),
            fault_pauses: [1, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
        }
    }
}

/// Why a handler could not do its job. The job runs again after a pause, and is parked in the end.
#[derive(Debug)]
pub struct JobFault {
    pub message: String,
    pub category: Category,
}

impl<E: std::error::Error> From<E> for JobFault {
    fn from(error: E) -> Self {
        Self { message: chain(&error), category: Category::Fault }
    }
}

/// A handler at work.
pub type Running = Pin<Box<dyn Future<Output = Result<(), JobFault>> + Send>>;

/// What a job's name means. A handler finishes its job itself ([`job::complete`], [`job::reschedule`]) in the command
/// that records its result; an error leaves the job to the executor.
pub trait Handler: Send + Sync {
    fn run(&self, job: Claimed, interrupted: CancellationToken) -> Running;

    /// The job kept failing and is parked: tell whoever waits for it.
    fn given_up(&self, job: Claimed, reason: String) -> Running;
}

/// `name@version` → handler.
#[derive(Default)]
pub struct Registry(HashMap<&'static str, Arc<dyn Handler>>);

impl Registry {
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        debug_assert!(kind.contains('@'), "a job's name carries its version");
        self.0.insert(kind, handler);
        self
    }

    /// The same names with other handlers around these: a test runs each job twice so.
    #[must_use]
    pub fn map(self, around: impl Fn(Arc<dyn Handler>) -> Arc<dyn Handler>) -> Self {
        Self(self.0.into_iter().map(|(kind, handler)| (kind, around(handler))).collect())
    }
}

/// The cheap handle that commands enqueue with.
#[derive(Clone)]
pub struct Jobs(Arc<Shared>);

struct Shared {
    options: Options,
    engine: Engine,
    slots: Arc<Semaphore>,
    handed: mpsc::UnboundedSender<(Claimed, OwnedSemaphorePermit)>,
    /// The earliest time at which a claim may find something; `None` after a claim that found nothing more.
    next: Mutex<Option<Timestamp>>,
    woken: Notify,
    /// Jobs that run here and whose leases must be renewed: on PostgreSQL only.
    held: Mutex<HashMap<JobId, Claimed>>,
    started: AtomicU64,
    faults: AtomicU64,
    parked: AtomicU64,
}

impl Jobs {
    pub(crate) fn try_slot(&self) -> Option<OwnedSemaphorePermit> {
        self.0.slots.clone().try_acquire_owned().ok()
    }

    pub(crate) fn lease_end(&self, now: Timestamp) -> Timestamp {
        match self.0.engine {
            // Nobody else can hold the file; the next start voids what a crash left behind.
            Engine::Sqlite => Timestamp::from_micros(i64::MAX),
            Engine::Postgres => now.plus(self.0.options.lease),
        }
    }

    pub(crate) fn hand_over(&self, job: Claimed, slot: OwnedSemaphorePermit) {
        // The receiver is gone only when the process ends; the lease ends by itself or at the next start.
        let _ = self.0.handed.send((job, slot));
    }

    pub(crate) fn wake(&self, due_at: Timestamp) {
        let mut next = lock(&self.0.next);
        if next.is_none_or(|known| due_at < known) {
            *next = Some(due_at);
            self.0.woken.notify_one();
        }
    }

    /// Jobs started, faults of handlers, jobs parked since the start of the process; jobs running now.
    pub fn stats(&self) -> Stats {
        Stats {
            started: self.0.started.load(Ordering::Relaxed),
            faults: self.0.faults.load(Ordering::Relaxed),
            parked: self.0.parked.load(Ordering::Relaxed),
            running: self.0.options.slots.saturating_sub(self.0.slots.available_permits()),
        }
    }
}

/// Counters of the executor, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub started: u64,
    pub faults: u64,
    pub parked: u64,
    pub running: usize,
}

/// The service: one per process. Build it first, hand its [`Jobs`] to the use cases, then [`Executor::run`] it.
pub struct Executor {
    jobs: Jobs,
    handed: mpsc::UnboundedReceiver<(Claimed, OwnedSemaphorePermit)>,
}

/// What one turn of the executor did.
enum Turn {
    Handed(Claimed, OwnedSemaphorePermit),
    Due,
    Stop,
}

impl Executor {
    pub fn new(options: Options, engine: Engine) -> Self {
        let (handed, receiver) = mpsc::unbounded_channel();
        let slots = Arc::new(Semaphore::new(options.slots));
        let jobs = Jobs(Arc::new(Shared {
            options,
            engine,
            slots,
            handed,
            // The first turn looks at the table.
            next: Mutex::new(Some(Timestamp::EPOCH)),
            woken: Notify::new(),
            held: Mutex::new(HashMap::new()),
            started: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            parked: AtomicU64::new(0),
        }));
        Self { jobs, handed: receiver }
    }

    pub fn jobs(&self) -> Jobs {
        self.jobs.clone()
    }

    /// Runs until `shutdown`, then tells running handlers and waits for them up to `grace`.
    pub async fn run(
        mut self,
        db: Database,
        registry: Registry,
        clock: Arc<dyn Clock>,
        shutdown: CancellationToken,
        grace: Duration,
    ) {
        let work =
            Arc::new(Work { jobs: self.jobs.clone(), db, registry, clock, interrupted: shutdown.clone() });
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
                () = self.jobs.0.woken.notified() => {}
                () = sleep => return Turn::Due,
            }
        }
    }

    /// Runs everything that is due now, one after the other, and whatever that makes due, until nothing is left:
    /// for tests with a clock of their own. Returns how many jobs ran.
    pub async fn drain(
        &mut self,
        db: &Database,
        registry: Registry,
        clock: &Arc<dyn Clock>,
    ) -> (usize, Registry) {
        let work = Arc::new(Work {
            jobs: self.jobs.clone(),
            db: db.clone(),
            registry,
            clock: Arc::clone(clock),
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

struct Work {
    jobs: Jobs,
    db: Database,
    registry: Registry,
    clock: Arc<dyn Clock>,
    interrupted: CancellationToken,
}

/// On PostgreSQL another process may have made jobs: look at least this often.
const PEER_POLL: Duration = Duration::from_secs(1);
/// While every slot is taken there is nothing to claim with.
const FULL_PAUSE: Duration = Duration::from_millis(20);
/// After a failed claim: the database is away.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);

impl Work {
    /// How long to sleep; `None` means until somebody wakes us.
    fn pause(&self) -> Option<Duration> {
        let next = *lock(&self.jobs.0.next);
        let now = self.clock.now();
        let until = next.map(|due| due.since(now));
        match self.db.engine() {
            Engine::Sqlite => until,
            Engine::Postgres => Some(until.map_or(PEER_POLL, |pause| pause.min(PEER_POLL))),
        }
    }

    /// Claims as many due jobs as slots are free, and learns when the next one is due.
    async fn claim(&self) -> Vec<(Claimed, OwnedSemaphorePermit)> {
        let free: Vec<_> = std::iter::from_fn(|| self.jobs.try_slot()).take(CLAIM_MAX).collect();
        let now = self.clock.now();
        if free.is_empty() {
            *lock(&self.jobs.0.next) = Some(now.plus(FULL_PAUSE));
            return Vec::new();
        }
        // Cleared before the claim: whoever commits a job from here on sets it again.
        *lock(&self.jobs.0.next) = None;
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

    async fn run_one(self: Arc<Self>, job: Claimed, slot: OwnedSemaphorePermit) {
        self.jobs.0.started.fetch_add(1, Ordering::Relaxed);
        if self.db.engine() == Engine::Postgres {
            lock(&self.jobs.0.held).insert(job.id, job.clone());
        }
        if let Err(fault) = self.handle(&job).await {
            self.after_fault(&job, fault).await;
        }
        if self.db.engine() == Engine::Postgres {
            lock(&self.jobs.0.held).remove(&job.id);
        }
        drop(slot);
    }

    async fn handle(&self, job: &Claimed) -> Result<(), JobFault> {
        let Some(handler) = self.registry.0.get(job.kind.as_str()) else {
            let message = format!("no handler is called {}", job.kind);
            return Err(JobFault { message, category: Category::Fault });
        };
        let running = handler.run(job.clone(), self.interrupted.clone());
        // A panic is the handler's, not the executor's.
        tokio::spawn(running)
            .await
            .unwrap_or_else(|panic| Err(JobFault { message: panic.to_string(), category: Category::Fault }))
    }

    /// Keeps the leases of running jobs ours for as long as this process lives.
    async fn renew_leases(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.interrupted.cancelled() => return,
                () = tokio::time::sleep(self.jobs.0.options.renew_every) => {}
            }
            let held: Vec<_> = lock(&self.jobs.0.held).values().cloned().collect();
            if held.is_empty() {
                continue;
            }
            let until = self.jobs.lease_end(self.clock.now());
            let renewed = self
                .db
                .write(sql::Locks::none(), move |tx| {
                    held.iter().try_for_each(|job| job::renew(tx, job, until))
                })
                .await;
            if let Err(fault) = renewed {
                tracing::warn!(error = %chain(&fault), "could not renew the leases of running jobs");
            }
        }
    }

    async fn after_fault(&self, job: &Claimed, fault: JobFault) {
        self.jobs.0.faults.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(job.kind = %job.kind, job.id = %job.id, error = %fault.message, "a job failed");
        // The database being away is no fault of the job and no reason to give it up.
        let away = fault.category == Category::Unavailable;
        let pauses = &self.jobs.0.options.fault_pauses;
        let counted = usize::try_from(job.faults).ok().and_then(|faults| pauses.get(faults).copied());
        match if away { Some(CLAIM_PAUSE) } else { counted } {
            Some(pause) => self.try_later(job, pause, away).await,
            None => self.give_up(job, fault.message).await,
        }
    }

    async fn try_later(&self, job: &Claimed, pause: Duration, forgiven: bool) {
        let due_at = self.clock.now().plus(pause);
        let (mut claimed, jobs) = (job.clone(), self.jobs.clone());
        claimed.faults -= i64::from(forgiven);
        let written =
            self.db.write(sql::Locks::none(), move |tx| job::failed(tx, &jobs, &claimed, due_at)).await;
        if let Err(error) = written {
            tracing::error!(job.id = %job.id, error = %chain(&error), "could not record that a job failed");
        }
    }

    /// Tells first and parks then: a crash in between tells once more, and nobody is left waiting untold.
    async fn give_up(&self, job: &Claimed, reason: String) {
        if let Some(handler) = self.registry.0.get(job.kind.as_str())
            && let Err(fault) = handler.given_up(job.clone(), reason.clone()).await
        {
            tracing::error!(job.id = %job.id, error = %fault.message, "could not tell that a job was given up");
            return self.try_later(job, GIVE_UP_PAUSE, true).await;
        }
        self.jobs.0.parked.fetch_add(1, Ordering::Relaxed);
        let (claimed, now) = (job.clone(), self.clock.now());
        let parked = self.db.write(sql::Locks::none(), move |tx| job::park(tx, &claimed, &reason, now)).await;
        if let Err(error) = parked {
            tracing::error!(job.id = %job.id, error = %chain(&error), "could not park a job");
        }
    }
}

/// Until a job that nobody could be told about is tried once more.
const GIVE_UP_PAUSE: Duration = Duration::from_secs(60);

/// At most this many jobs a claim, so that one command stays short.
const CLAIM_MAX: usize = 64;

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while holding these locks; a poisoned one still holds a usable time.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
