//! One transaction of the lane: commands with a savepoint each, one commit, then the answers.

use super::{
    checkpoint::Checkpointer,
    session::{Mode, Session, control},
};
use crate::{
    Fault, Options,
    command::{Command, Ran, call_after},
    counters::{Counters, count},
    tx::{After, Inner, Scope, Tx},
};
use rusqlite::{Connection, ErrorCode, ffi};
use std::sync::Arc;

/// The connection that writes, with what a group needs beside it.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) options: Options,
    pub(super) counters: Arc<Counters>,
    pub(super) checkpointer: Checkpointer,
}

/// A command of the group that ran and waits for the commit.
struct Member {
    command: Box<dyn Command>,
    /// The engine's failure that answers instead of what the closure returned.
    fault: Option<Fault>,
    after: Vec<After>,
}

/// Whether the lane can go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    /// Nobody knows what is on the disk: only a restart can tell.
    Stop,
}

/// How a commit ended.
enum Commit {
    Kept,
    /// Rolled back; the commands may run again.
    Lost(Fault),
    Fatal(Fault),
}

impl Writer {
    /// Runs `first` and then what `more` gives as one group.
    pub(super) fn group(
        &self,
        first: Box<dyn Command>,
        mut more: impl FnMut(usize) -> Option<Box<dyn Command>>,
    ) -> Next {
        if let Err(fault) = self.begin() {
            first.fail(fault);
            return Next::Go;
        }
        let mut members = Vec::new();
        let mut next = Some(first);
        while let Some(command) = next {
            members.push(self.run(command));
            if self.conn.is_autocommit() {
                return self.one_by_one(members);
            }
            next = more(members.len());
        }
        match self.commit() {
            Commit::Kept => {
                self.answer(members);
                Next::Go
            }
            Commit::Lost(_) => self.one_by_one(members),
            Commit::Fatal(fault) => self.stop(members, fault),
        }
    }

    fn begin(&self) -> Result<(), Fault> {
        count(&self.counters.groups);
        control(&self.conn, &self.counters, "BEGIN IMMEDIATE")
    }

    fn run(&self, mut command: Box<dyn Command>) -> Member {
        if self.options.run_each_command_twice {
            self.run_once(&mut *command, |_| false);
        }
        let (fault, after) = self.run_once(&mut *command, |ran| ran == Ran::Done);
        Member { command, fault, after }
    }

    /// Runs the closure and keeps its writes if `keep` says so and nothing failed. When undoing fails, the
    /// whole transaction is rolled back, which the caller sees as autocommit.
    fn run_once(&self, command: &mut dyn Command, keep: impl Fn(Ran) -> bool) -> (Option<Fault>, Vec<After>) {
        // The locks are cloned because the transaction shows them while the command runs mutably.
        let locks = command.locks().clone();
        let session = Session::new(&self.conn, &self.counters, Mode::Write);
        let mut tx = Tx::new(Inner::Sqlite(session), Scope::Write(&locks), self.options.rows_max);
        let ran = command.run(&mut tx);
        let (Inner::Sqlite(mut session), after) = tx.into_parts() else {
            unreachable!("the session went in as SQLite's");
        };
        let failed = session.failed().cloned();
        if self.conn.is_autocommit() {
            return (Some(failed.unwrap_or(Fault::Aborted)), Vec::new());
        }
        let kept = failed.is_none() && keep(ran);
        let settled = if kept { session.keep() } else { session.undo() };
        if let Err(fault) = settled {
            self.rollback();
            return (Some(fault), Vec::new());
        }
        (failed, if kept { after } else { Vec::new() })
    }

    /// The group was lost: each command runs again in a transaction of its own, and its outcome is final.
    fn one_by_one(&self, members: Vec<Member>) -> Next {
        count(&self.counters.reruns);
        count(&self.counters.rollbacks);
        let mut members = members.into_iter();
        while let Some(Member { command, .. }) = members.next() {
            if let Err(fault) = self.begin() {
                command.fail(fault);
                continue;
            }
            let member = self.run(command);
            if self.conn.is_autocommit() {
                count(&self.counters.rollbacks);
                member.command.fail(member.fault.unwrap_or(Fault::Aborted));
                continue;
            }
            match self.commit() {
                Commit::Kept => self.answer(vec![member]),
                Commit::Lost(fault) => member.command.fail(fault),
                Commit::Fatal(fault) => {
                    return self.stop(std::iter::once(member).chain(members).collect(), fault);
                }
            }
        }
        Next::Go
    }

    fn commit(&self) -> Commit {
        match control(&self.conn, &self.counters, "COMMIT") {
            Ok(()) => {
                count(&self.counters.commits);
                self.checkpointer.after_commit();
                Commit::Kept
            }
            Err(fault) if is_disk_failure(&fault) => Commit::Fatal(fault),
            Err(fault) => {
                self.rollback();
                Commit::Lost(fault)
            }
        }
    }

    fn rollback(&self) {
        if !self.conn.is_autocommit()
            && let Err(fault) = control(&self.conn, &self.counters, "ROLLBACK")
        {
            tracing::error!(sql.fault = %fault, "could not roll back");
        }
    }

    fn answer(&self, members: Vec<Member>) {
        for Member { command, fault, after } in members {
            count(&self.counters.commands);
            call_after(after);
            match fault {
                Some(fault) => command.fail(fault),
                None => command.answer(),
            }
        }
    }

    fn stop(&self, members: Vec<Member>, fault: Fault) -> Next {
        (self.options.on_fatal)(&fault);
        let source: crate::Source = Arc::new(fault);
        for Member { command, .. } in members {
            command.fail(Fault::OutcomeUnknown { source: Arc::clone(&source) });
        }
        Next::Stop
    }
}

/// An I/O or fsync error: the kernel may have dropped the pages, so trying again could lie.
fn is_disk_failure(fault: &Fault) -> bool {
    let (Fault::Engine { source, .. } | Fault::Unavailable { source, .. }) = fault else { return false };
    let code = source.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error);
    matches!(
        code,
        Some(ffi::Error {
            code: ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase,
            ..
        })
    )
}
