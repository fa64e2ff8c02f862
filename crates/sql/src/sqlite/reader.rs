//! Connections that only read: one snapshot a read, ended by its deadline.

use super::{
    connect,
    session::{Mode, Session, control},
};
use crate::{
    Fault, Options,
    command::{Command, Message, blocking_next},
    counters::{Counters, count},
    tx::{Inner, Scope, Tx},
};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
};
use tokio::sync::{Mutex, mpsc};

/// Steps of SQLite's virtual machine between two looks at the deadline: well under a millisecond.
const STEPS: i32 = 4_000;

pub(super) struct Reader {
    conn: Connection,
    options: Options,
    counters: Arc<Counters>,
}

impl Reader {
    pub(super) fn open(path: &Path, options: &Options, counters: &Arc<Counters>) -> rusqlite::Result<Self> {
        let conn = connect(path, options)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(Self { conn, options: options.clone(), counters: Arc::clone(counters) })
    }

    /// Takes turns with the other readers until the queue is closed.
    pub(super) fn run(mut self, queue: &Mutex<mpsc::Receiver<Message>>) {
        loop {
            // The next reader waits in the meantime: a statement of its own, so that it does not wait any longer.
            let message = blocking_next(&mut queue.blocking_lock());
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
        let given_up = command.given_up();
        let watch = self.conn.progress_handler(STEPS, Some(move || given_up.load(Relaxed)));
        if let Err(e) = watch {
            return command.fail(Fault::Engine { statement: "watch the deadline", source: Arc::new(e) });
        }
        if let Err(fault) = control(&self.conn, &self.counters, "BEGIN") {
            return command.fail(fault);
        }
        let session = Session::new(&self.conn, &self.counters, Mode::Read);
        command.run(&mut Tx::new(Inner::Sqlite(session), Scope::Read, self.options.rows_max));
        command.answer();
        self.end();
    }

    fn end(&mut self) {
        // The caller may have given up by now, and ending must not be interrupted.
        let unwatched = self.conn.progress_handler(0, None::<fn() -> bool>);
        let ended =
            if self.conn.is_autocommit() { Ok(()) } else { control(&self.conn, &self.counters, "ROLLBACK") };
        if unwatched.is_err() || ended.is_err() {
            tracing::error!("could not end a read");
        }
    }
}
