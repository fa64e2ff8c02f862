//! Connections that only read: one snapshot a read.

use super::{
    link::{Link, Waited},
    session::Session,
    work::{Cause, Work},
};
use crate::{
    Fault, Options,
    command::{Command, Message, blocking_next, next},
    counters::{Counters, count},
    tx::{Inner, Scope, Tx},
};
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// One snapshot for all statements of the read.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Runs of one read at most.
const ATTEMPTS: usize = 3;

pub(super) struct Reader {
    url: String,
    options: Options,
    counters: Arc<Counters>,
    work: Option<Work>,
}

impl Reader {
    pub(super) fn new(link: Link, url: &str, options: &Options, counters: &Arc<Counters>) -> Self {
        let (url, options, counters) = (url.to_owned(), options.clone(), Arc::clone(counters));
        let work = Some(Work::new(link, Arc::clone(&counters)));
        Self { url, options, counters, work }
    }

    /// Takes turns with the other readers until the queue is closed.
    pub(super) fn run(mut self, queue: &Mutex<mpsc::Receiver<Message>>) {
        loop {
            let message = match &mut self.work {
                Some(work) => match work.link.wait(async { next(&mut *queue.lock().await).await }) {
                    Waited::For(message) => message,
                    Waited::Lost => {
                        self.work = None;
                        continue;
                    }
                },
                None => blocking_next(&mut queue.blocking_lock()),
            };
            match message {
                Some(Message::Run(command)) => self.read(command),
                Some(Message::Close) => {}
                None => return,
            }
        }
    }

    fn read(&mut self, mut command: Box<dyn Command>) {
        if command.is_abandoned() {
            return;
        }
        count(&self.counters.reads);
        // A read changes nothing, so it may run again: after an idle connection died unnoticed, or when the
        // prepared forms were out of date.
        for _ in 0..ATTEMPTS {
            if let Err(fault) = self.connected() {
                return command.fail(fault);
            }
            let Some(work) = &mut self.work else { break };
            work.begin(BEGIN);
            let unsent = work.mark();
            let session = Session::new(work, 0);
            command.run(&mut Tx::new(Inner::Postgres(session), Scope::Read, self.options.rows_max));
            match work.spoiled().map(|spoiled| spoiled.cause) {
                Some(Cause::Lost) => self.work = None,
                Some(Cause::Stale) => {
                    work.end();
                    work.link.prepared.clear();
                }
                _ => {
                    let begun = work.mark() != unsent;
                    command.answer();
                    if begun {
                        work.end();
                    }
                    return;
                }
            }
        }
        command.answer();
    }

    fn connected(&mut self) -> Result<(), Fault> {
        if self.work.as_ref().is_none_or(|work| work.link.is_lost()) {
            self.work = None;
            self.work = Some(Work::new(Link::connect(&self.url)?, Arc::clone(&self.counters)));
        }
        Ok(())
    }
}
