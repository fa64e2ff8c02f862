//! The way from an answer to its row: a bounded queue, and the one task that empties it.

use super::{KEPT_MAX, LIFE};
use crate::App;
use kernel::{Category, Env, RefusedId, RequestId};
use model::request::{Refused, shortened};
use sql::{Fault, Locks};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::request::Kept;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Rows that wait to be written: some 500 KB, and some MB where all of them have many details.
pub const WAITING_MAX: usize = 1_000;
/// How many of them may be of callers whom nobody recognised: they take no place from those who were.
pub const STRANGERS_MAX: usize = WAITING_MAX / 2;
/// Rows of one command.
const BATCH: usize = 200;
/// From the first row to the command: those that follow at once share it.
const GATHER: Duration = Duration::from_millis(500);
/// After a failure, because the database is away.
const PAUSE: Duration = Duration::from_secs(5);
/// So many new rows may be more than [`KEPT_MAX`] before the oldest go.
const TRIM_EVERY: u64 = 500;
/// Longer texts are cut: of a path or a person's id, and of a message.
const PATH_BYTES_MAX: usize = 300;
const MESSAGE_BYTES_MAX: usize = 1_000;
/// Details that are kept of one request, whatever a batch was told.
const DETAILS_MAX: usize = 20;

/// Refused requests on their way to the database. One for the process.
#[derive(Default)]
pub struct Log {
    queue: Mutex<Queue>,
    rung: Notify,
    kept: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<Arc<Kept>>,
    strangers: usize,
}

impl Queue {
    fn has_place(&self, stranger: bool) -> bool {
        self.rows.len() < WAITING_MAX && !(stranger && self.strangers >= STRANGERS_MAX)
    }

    fn push(&mut self, row: Arc<Kept>) {
        self.strangers += usize::from(is_stranger(&row));
        self.rows.push_back(row);
    }

    fn pop(&mut self, count: usize) {
        for row in self.rows.drain(..count.min(self.rows.len())) {
            self.strangers -= usize::from(is_stranger(&row));
        }
    }
}

fn is_stranger(row: &Kept) -> bool {
    row.refused.about.environment.is_none()
}

impl Log {
    /// Rows written, and requests that found no place or could not be written, since the start of the process.
    pub fn counts(&self) -> (u64, u64) {
        (self.kept.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed))
    }

    /// What was refused under this id and is not written yet.
    pub(crate) fn waiting(&self, id: RequestId, env: Env) -> Vec<Arc<Kept>> {
        let theirs = |row: &Arc<Kept>| {
            let about = &row.refused.about;
            row.refused.request == id && about.environment.is_none_or(|owner| owner == env.id())
        };
        self.queue().rows.iter().filter(|row| theirs(row)).cloned().collect()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a place for one of this kind; counts those who find none.
    fn has_place(&self, stranger: bool) -> bool {
        let has_place = self.queue().has_place(stranger);
        if !has_place {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        has_place
    }

    /// The oldest that wait, at most so many.
    fn batch(&self, most: usize) -> Vec<Arc<Kept>> {
        self.queue().rows.iter().take(most).cloned().collect()
    }
}

/// Takes a refused request in. It waits for nothing but a lock that is held for a few instructions, and in a flood it does
/// no more than count.
pub fn keep(app: &App, refused: Refused) {
    if !app.requests.has_place(refused.about.environment.is_none()) {
        return;
    }
    let row = Kept { id: RefusedId::ordered(refused.at, &*app.rng), refused: bounded(refused) };
    // Others may have come in meanwhile: as many as there are threads, at most.
    app.requests.queue().push(Arc::new(row));
    app.requests.rung.notify_one();
}

/// Within what a row may hold. A text column takes no U+0000, and one bad row would hold up its batch.
fn bounded(mut refused: Refused) -> Refused {
    let cut = |text: &mut String, most: usize| {
        text.truncate(text.floor_char_boundary(most));
        if text.contains('\0') {
            text.retain(|c| c != '\0');
        }
    };
    cut(&mut refused.method, PATH_BYTES_MAX);
    cut(&mut refused.path, PATH_BYTES_MAX);
    cut(&mut refused.message, MESSAGE_BYTES_MAX);
    refused.details = shortened(&refused.details, DETAILS_MAX);
    for detail in &mut refused.details {
        cut(&mut detail.field, PATH_BYTES_MAX);
        cut(&mut detail.message, PATH_BYTES_MAX);
    }
    if let Some(user) = &mut refused.about.user {
        cut(user, PATH_BYTES_MAX);
    }
    refused
}

/// Writes what comes until `shutdown`, and then what is left: whoever stops the process has stopped its answers before.
pub async fn run(app: App, shutdown: CancellationToken) {
    let mut told = 0;
    while !shutdown.is_cancelled() {
        if app.requests.batch(1).is_empty() {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = app.requests.rung.notified() => {}
            }
        }
        pause(GATHER, &shutdown).await;
        if let Err(fault) = flush(&app).await {
            tracing::warn!(error = %kernel::chain(&fault), "refused requests wait to be written");
            pause(PAUSE, &shutdown).await;
        }
        told = tell(&app.requests, told);
    }
    if let Err(fault) = flush(&app).await {
        let lost = app.requests.queue().rows.len();
        tracing::warn!(requests.lost = lost, error = %kernel::chain(&fault), "refused requests were not kept");
    }
    tell(&app.requests, told);
}

async fn pause(span: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(span) => {}
    }
}

/// Tells of requests that found no place, once for all since the last look; how many there were so far.
fn tell(log: &Log, told: u64) -> u64 {
    let (_, dropped) = log.counts();
    if dropped > told {
        tracing::warn!(requests.dropped = dropped - told, "more requests were refused than can be kept");
    }
    dropped
}

/// Writes what waits; how many rows. In a flood it ends all the same: the lane is there for others too. Nobody else may do
/// so at the same time. When the database is away the rows stay; what it will never take is dropped and counted.
pub async fn flush(app: &App) -> Result<usize, Fault> {
    let (mut written, mut most, mut left) = (0, BATCH, WAITING_MAX);
    while left > 0 {
        let batch = app.requests.batch(most);
        if batch.is_empty() {
            break;
        }
        let rows = batch.len();
        match app.db.write(Locks::none(), move |tx| store::request::insert(tx, &batch)).await {
            Ok(()) => {
                app.requests.queue().pop(rows);
                written += rows;
                left = left.saturating_sub(rows);
                note_kept(app, rows as u64).await;
            }
            Err(fault) if fault.category() == Category::Unavailable => return Err(fault),
            // One by one, until the culprit is found: it loses nobody else.
            Err(_) if rows > 1 => most = 1,
            Err(fault) => {
                tracing::error!(error = %kernel::chain(&fault), "a refused request was not kept");
                app.requests.queue().pop(rows);
                app.requests.dropped.fetch_add(rows as u64, Ordering::Relaxed);
                (most, left) = (BATCH, left - 1);
            }
        }
    }
    Ok(written)
}

/// Counts what was written, and forgets the oldest where that may be too many. If that fails, housekeeping does it.
async fn note_kept(app: &App, rows: u64) {
    let before = app.requests.kept.fetch_add(rows, Ordering::Relaxed);
    if before / TRIM_EVERY != (before + rows) / TRIM_EVERY
        && let Err(fault) = trim(app).await
    {
        tracing::warn!(error = %kernel::chain(&fault), "old refused requests were not forgotten");
    }
}

/// Forgets what is too old and what is too many; how many rows.
pub async fn trim(app: &App) -> Result<usize, Fault> {
    let before = app.db.now().minus(LIFE);
    let mut forgotten = 0;
    loop {
        let rows = app.db.write(Locks::none(), move |tx| {
            Ok::<_, Fault>(
                store::request::forget(tx, before)? + store::request::forget_surplus(tx, KEPT_MAX)?,
            )
        });
        match rows.await? {
            0 => return Ok(forgotten),
            rows => forgotten += rows,
        }
    }
}
