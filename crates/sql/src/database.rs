//! The handle that everybody holds.

use crate::{
    Engine, Fault, Locks, Options, Stats, Tx,
    command::{Call, Command, Message},
    counters::{Counters, count},
    postgres, sqlite,
};
use kernel::{Clock, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::JoinHandle,
};
use tokio::sync::mpsc;

/// A state database that is open. Clones share it; it ends with [`Database::close`], or with its last clone.
#[derive(Clone)]
pub struct Database(Arc<Shared>);

struct Shared {
    place: Place,
    options: Options,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    lanes: Vec<mpsc::Sender<Message>>,
    reads: mpsc::Sender<Message>,
    next_lane: AtomicUsize,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

/// Where the database is, for those who visit it beside the lanes (migrations).
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres { url: String, time: postgres::ServerTime },
}

/// What an engine starts.
pub(crate) struct Threads {
    pub(crate) lanes: Vec<mpsc::Sender<Message>>,
    pub(crate) reads: mpsc::Sender<Message>,
    pub(crate) handles: Vec<JoinHandle<()>>,
}

impl Database {
    /// Opens the file at `path`, making it if it is not there. Its directory must exist.
    pub async fn open_sqlite(
        path: impl AsRef<Path>,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let counters = Arc::new(Counters::default());
        let place = Place::Sqlite(path.as_ref().to_owned());
        let (file, opts, time, counted) =
            (path.as_ref().to_owned(), options.clone(), Arc::clone(&clock), Arc::clone(&counters));
        let opened = tokio::task::spawn_blocking(move || sqlite::open(&file, &opts, &time, &counted));
        let threads =
            opened.await.map_err(|e| Fault::Unavailable { doing: "open", source: Arc::new(e) })??;
        Ok(Self::over(place, threads, options, clock, counters))
    }

    /// Connects to the database that `url` names (`postgres://user:password@host:port/database`). No
    /// transaction-pooling proxy may stand in between: the start checks it.
    pub async fn open_postgres(url: &str, options: Options, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let counters = Arc::new(Counters::default());
        let (address, opts, time, counted) =
            (url.to_owned(), options.clone(), Arc::clone(&clock), Arc::clone(&counters));
        let opened = tokio::task::spawn_blocking(move || postgres::open(&address, &opts, &*time, &counted));
        let (threads, time) =
            opened.await.map_err(|e| Fault::Unavailable { doing: "open", source: Arc::new(e) })??;
        let place = Place::Postgres { url: url.to_owned(), time };
        Ok(Self::over(place, threads, options, clock, counters))
    }

    fn over(
        place: Place,
        threads: Threads,
        options: Options,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
    ) -> Self {
        let Threads { lanes, reads, handles } = threads;
        let (next_lane, handles) = (AtomicUsize::new(0), Mutex::new(handles));
        Self(Arc::new(Shared { place, options, clock, counters, lanes, reads, next_lane, handles }))
    }

    /// Runs `f` as a command on a lane, alone under `locks`, and answers after the commit. `f` may run
    /// several times; only its last run counts. If it returns an error or panics, its writes are undone and
    /// nobody else's. A `write` whose future is dropped may or may not run.
    pub async fn write<T, E>(
        &self,
        locks: impl Into<Locks>,
        f: impl for<'t> Fn(&mut Tx<'t>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let locks = locks.into();
        let lane = self.lane(&locks);
        let (call, outcome, _waiting) = Call::new(locks, f);
        self.enqueue(lane, Box::new(call))?;
        outcome.await.unwrap_or_else(|_| Err(Fault::Closed.into()))
    }

    /// Runs `f` on one snapshot that it cannot change, within [`Options::read_deadline`]. Never call it
    /// from inside a `write`.
    pub async fn read<T, E>(
        &self,
        f: impl for<'t> Fn(&mut Tx<'t>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let (call, outcome, _waiting) = Call::new(Locks::none(), f);
        self.enqueue(&self.0.reads, Box::new(call))?;
        match tokio::time::timeout(self.0.options.read_deadline, outcome).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(Fault::Closed.into())),
            Err(_) => Err(Fault::Deadline.into()),
        }
    }

    /// The time that rows are written with: ours on SQLite and in tests, the server's on PostgreSQL
    /// ([`Options::follow_server_clock`]), so that several processes agree. It never goes back.
    pub fn now(&self) -> Timestamp {
        match &self.0.place {
            Place::Postgres { time, .. } if self.0.options.follow_server_clock => {
                time.now(self.0.clock.monotonic())
            }
            _ => self.0.clock.now(),
        }
    }

    pub fn engine(&self) -> Engine {
        match self.0.place {
            Place::Sqlite(_) => Engine::Sqlite,
            Place::Postgres { .. } => Engine::Postgres,
        }
    }

    pub fn stats(&self) -> Stats {
        let waiting = |queue: &mpsc::Sender<Message>| queue.max_capacity() - queue.capacity();
        self.0.counters.look(self.0.lanes.iter().map(waiting).sum(), waiting(&self.0.reads))
    }

    /// Finishes what was asked for before, ends the threads and closes the connections. Clones answer
    /// [`Fault::Closed`] from then on.
    pub async fn close(self) {
        for queue in self.0.lanes.iter().chain([&self.0.reads]) {
            // Closed already: then there is nothing to close.
            let _ = queue.send(Message::Close).await;
        }
        let handles = std::mem::take(&mut *self.0.handles.lock().unwrap_or_else(PoisonError::into_inner));
        drop(self);
        let joined =
            tokio::task::spawn_blocking(move || handles.into_iter().all(|thread| thread.join().is_ok()));
        if !joined.await.unwrap_or(false) {
            tracing::error!("a thread of the state database ended by a panic");
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    fn lane(&self, locks: &Locks) -> &mpsc::Sender<Message> {
        let lanes = &self.0.lanes;
        let n = match locks.keys().next() {
            Some(key) => usize::try_from(key.unsigned_abs() % lanes.len() as u64).unwrap_or(0),
            None => self.0.next_lane.fetch_add(1, Relaxed) % lanes.len(),
        };
        &lanes[n]
    }

    fn enqueue(&self, queue: &mpsc::Sender<Message>, command: Box<dyn Command>) -> Result<(), Fault> {
        queue.try_send(Message::Run(command)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                count(&self.0.counters.refused_full);
                Fault::Full
            }
            mpsc::error::TrySendError::Closed(_) => Fault::Closed,
        })
    }
}
