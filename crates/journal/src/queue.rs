//! The bounded queue between many appenders and one writer.

use crate::{Fault, Options, Record, Seq};
use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// One call of append on its way to the disk.
pub(crate) struct Append {
    pub(crate) records: Vec<Record>,
    /// What the records take on disk.
    pub(crate) bytes: usize,
    pub(crate) answer: oneshot::Sender<Result<Range<Seq>, Fault>>,
}

pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    options: Options,
}

#[derive(Default)]
struct Waiting {
    appends: VecDeque<Append>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(options: Options) -> Self {
        Self { waiting: Mutex::default(), changed: Condvar::new(), options }
    }

    /// Takes the append in, or refuses it at once: nobody waits for room.
    pub(crate) fn push(&self, append: Append) -> Result<(), Fault> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Fault::Closed);
        }
        let crowded = waiting.bytes > 0 && waiting.bytes + append.bytes > self.options.queue_bytes;
        if crowded || waiting.appends.len() >= self.options.queue_appends {
            return Err(Fault::Full);
        }
        waiting.bytes += append.bytes;
        waiting.appends.push_back(append);
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// The next batch, in the order of arrival; waits for one. None when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<Append>> {
        let waiting = self.lock();
        let mut waiting = self
            .changed
            .wait_while(waiting, |waiting| waiting.appends.is_empty() && !waiting.closed)
            .unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < self.options.batch_appends.max(1) {
            let room = self.options.batch_bytes.saturating_sub(bytes);
            match waiting.appends.front() {
                Some(next) if batch.is_empty() || next.bytes <= room => {}
                _ => break,
            }
            let Some(append) = waiting.appends.pop_front() else { break };
            bytes += append.bytes;
            batch.push(append);
        }
        waiting.bytes -= bytes;
        (!batch.is_empty()).then_some(batch)
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Closes the queue and drops what waits in it: its appenders hear [`Fault::Lost`].
    pub(crate) fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.appends.clear();
        waiting.bytes = 0;
    }

    /// Appends that wait, and their bytes.
    pub(crate) fn depth(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.appends.len(), waiting.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
