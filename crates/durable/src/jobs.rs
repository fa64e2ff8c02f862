//! What commands and the executor share: the slots, the channel of handed-over jobs, the next due time.

use crate::executor::Options;
use crate::job::Claimed;
use kernel::{JobId, Timestamp};
use sql::Engine;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};

/// The cheap handle that commands enqueue with.
#[derive(Clone)]
pub struct Jobs(Arc<Shared>);

/// Where the lanes' jobs arrive, each with its slot.
pub(crate) type Handed = mpsc::UnboundedReceiver<(Claimed, OwnedSemaphorePermit)>;

struct Shared {
    options: Options,
    engine: Engine,
    slots: Arc<Semaphore>,
    handed: mpsc::UnboundedSender<(Claimed, OwnedSemaphorePermit)>,
    /// The earliest time at which a claim may find something; `None` after a claim that found nothing more.
    next: Mutex<Option<Timestamp>>,
    woken: Notify,
    /// Jobs that run here and whose leases must be renewed: on PostgreSQL only.
    held: Mutex<BTreeMap<JobId, Claimed>>,
    started: AtomicU64,
    faults: AtomicU64,
    parked: AtomicU64,
}

impl Jobs {
    pub(crate) fn new(options: Options, engine: Engine) -> (Self, Handed) {
        let (handed, receiver) = mpsc::unbounded_channel();
        let jobs = Self(Arc::new(Shared {
            slots: Arc::new(Semaphore::new(options.slots)),
            options,
            engine,
            handed,
            // The first turn looks at the table.
            next: Mutex::new(Some(Timestamp::EPOCH)),
            woken: Notify::new(),
            held: Mutex::new(BTreeMap::new()),
            started: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            parked: AtomicU64::new(0),
        }));
        (jobs, receiver)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

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

    /// The wall clock has stepped: what is due now begins now, and not after the sleep that was planned.
    pub fn clock_stepped(&self) {
        self.0.woken.notify_one();
    }

    /// A job became due earlier than everything known.
    pub(crate) async fn woken(&self) {
        self.0.woken.notified().await;
    }

    /// When a claim may find something.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        *lock(&self.0.next)
    }

    pub(crate) fn set_next(&self, at: Option<Timestamp>) {
        *lock(&self.0.next) = at;
    }

    /// A job begins here; on PostgreSQL its lease is renewed until [`Jobs::ended`].
    pub(crate) fn begun(&self, job: &Claimed) {
        self.0.started.fetch_add(1, Ordering::Relaxed);
        if self.0.engine == Engine::Postgres {
            lock(&self.0.held).insert(job.id, job.clone());
        }
    }

    pub(crate) fn ended(&self, job: &Claimed) {
        lock(&self.0.held).remove(&job.id);
    }

    /// The jobs that run here, in the order of their keys: rows of several processes are written in no other.
    pub(crate) fn held(&self) -> Vec<Claimed> {
        lock(&self.0.held).values().cloned().collect()
    }

    pub(crate) fn count_fault(&self) {
        self.0.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_parked(&self) {
        self.0.parked.fetch_add(1, Ordering::Relaxed);
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding these locks; a poisoned one still holds a usable time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
