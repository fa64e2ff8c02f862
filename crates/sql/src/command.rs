//! A closure with its answer, as a lane sees it: something to run, possibly again, and then to answer.

use crate::{Fault, Locks, Tx};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::sync::{mpsc, oneshot};

/// How one run of a closure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    Done,
    Refused,
    Panicked,
}

pub(crate) trait Command: Send {
    fn locks(&self) -> &Locks;
    /// Runs the closure and keeps what it returned in place of what an earlier run did.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Answers with what the last run returned.
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, fault: Fault);
    /// Nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Set once the caller gave up; a reader stops on it in the middle of a statement.
    fn given_up(&self) -> Arc<AtomicBool>;
}

pub(crate) struct Call<F, T, E> {
    locks: Locks,
    f: F,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
    given_up: Arc<AtomicBool>,
}

/// Tells the reader to stop when the future that waits for the answer is dropped or has waited too long.
pub(crate) struct GiveUp(Arc<AtomicBool>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

impl<F, T, E> Call<F, T, E> {
    pub(crate) fn new(locks: Locks, f: F) -> (Self, oneshot::Receiver<Result<T, E>>, GiveUp) {
        let (answer, outcome) = oneshot::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        (Self { locks, f, outcome: None, answer, given_up: Arc::clone(&given_up) }, outcome, GiveUp(given_up))
    }
}

impl<F, T, E> Command for Call<F, T, E>
where
    F: for<'t> Fn(&mut Tx<'t>) -> Result<T, E> + Send,
    T: Send,
    E: From<Fault> + Send,
{
    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        // The closure sees only captured values, which it cannot change, and a transaction that the lane
        // rolls back: a panic leaves nothing half done that anybody could look at.
        let returned = catch_unwind(AssertUnwindSafe(|| (self.f)(tx)));
        let ran = match &returned {
            Ok(Ok(_)) => Ran::Done,
            Ok(Err(_)) => Ran::Refused,
            Err(_) => Ran::Panicked,
        };
        self.outcome = Some(returned.unwrap_or_else(|_| Err(Fault::Panicked.into())));
        ran
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Fault::Closed.into()));
        // Nobody listens: the caller was dropped, and may not know whether its command ran.
        let _ = self.answer.send(outcome);
    }

    fn fail(self: Box<Self>, fault: Fault) {
        let _ = self.answer.send(Err(fault.into()));
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn given_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.given_up)
    }
}

/// What travels to a lane or to the readers.
pub(crate) enum Message {
    Run(Box<dyn Command>),
    /// Finish what was queued before this, then end.
    Close,
}

/// The next message of a queue that readers take turns at; what comes behind a [`Message::Close`] is refused.
pub(crate) async fn next(queue: &mut mpsc::Receiver<Message>) -> Option<Message> {
    let message = queue.recv().await;
    close_behind(queue, message)
}

/// The same without a connection to drive.
pub(crate) fn blocking_next(queue: &mut mpsc::Receiver<Message>) -> Option<Message> {
    let message = queue.blocking_recv();
    close_behind(queue, message)
}

fn close_behind(queue: &mut mpsc::Receiver<Message>, message: Option<Message>) -> Option<Message> {
    if matches!(message, Some(Message::Close)) {
        queue.close();
    }
    message
}

/// Calls what a committed command left to be called. A panic in one of them is that callback's own affair.
pub(crate) fn call_after(after: Vec<crate::tx::After>) {
    for f in after {
        if catch_unwind(AssertUnwindSafe(f)).is_err() {
            tracing::error!("a callback after a commit panicked");
        }
    }
}
