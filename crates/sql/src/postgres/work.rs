//! A transaction in progress on one connection: what is deferred, what was sent, what went wrong.

use super::{
    link::Link,
    pipeline::{Reply, Request, pipeline},
    value::Owned,
};
use crate::{
    Fault, Statement, Value,
    counters::{Counters, count},
};
use std::{error::Error as _, io, sync::Arc};
use tokio_postgres::error::SqlState;

/// Deferred statements beyond this are sent before the next command starts: a bound on memory.
const DEFERRED_MAX: usize = 1_000;

pub(super) struct Work {
    pub(super) link: Link,
    pub(super) counters: Arc<Counters>,
    deferred: Vec<Deferred>,
    spoiled: Option<Spoiled>,
}

/// A request that waits for the next round trip.
struct Deferred {
    /// The command it belongs to, by its place in the group; none for the lane's own.
    owner: Option<usize>,
    text: &'static str,
    /// Rows that it reports are rows that it changed.
    writes: bool,
    request: Request,
}

/// Why the transaction cannot commit.
#[derive(Debug, Clone)]
pub(super) struct Spoiled {
    pub(super) culprit: Option<usize>,
    pub(super) cause: Cause,
    pub(super) fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A statement failed, or a command refused after it had written.
    Command,
    /// Deadlock or serialization failure: the same commands may succeed next time.
    Conflict,
    /// The prepared forms are out of date (0A000, 26000).
    Stale,
    /// The connection is gone.
    Lost,
}

impl Work {
    pub(super) fn new(link: Link, counters: Arc<Counters>) -> Self {
        Self { link, counters, deferred: Vec::new(), spoiled: None }
    }

    /// Starts anew; `begin` goes out with the first statements.
    pub(super) fn begin(&mut self, begin: &'static str) {
        self.deferred.clear();
        self.spoiled = None;
        self.control(begin);
    }

    /// A statement of the lane itself, sent in its turn.
    pub(super) fn control(&mut self, text: &'static str) {
        self.deferred.push(Deferred { owner: None, text, writes: false, request: Request::Control(text) });
    }

    pub(super) fn spoiled(&self) -> Option<&Spoiled> {
        self.spoiled.as_ref()
    }

    pub(super) fn spoil(&mut self, culprit: Option<usize>, cause: Cause, fault: Fault) {
        self.spoiled.get_or_insert(Spoiled { culprit, cause, fault });
    }

    /// How much is deferred now: the mark to which a refusing command's writes are cut back.
    pub(super) fn mark(&self) -> usize {
        self.deferred.len()
    }

    pub(super) fn cut(&mut self, mark: usize) {
        self.deferred.truncate(mark);
    }

    pub(super) fn is_heavy(&self) -> bool {
        self.deferred.len() > DEFERRED_MAX
    }

    /// The prepared form of a statement, made on first use: one that is not prepared would be overtaken by
    /// those behind it. A failure spoils the transaction.
    pub(super) fn prepare(
        &mut self,
        owner: Option<usize>,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, Fault> {
        if let Some(prepared) = self.link.known(statement) {
            return Ok(prepared);
        }
        count(&self.counters.statements);
        let prepared = self.link.prepare(statement);
        prepared.map_err(|e| self.fail(owner, statement.text(), e))
    }

    /// Puts a statement at the end of what is deferred. A failure to prepare it spoils the transaction; a
    /// value that does not fit is found before anything is sent, and costs only its command.
    pub(super) fn defer(
        &mut self,
        owner: Option<usize>,
        statement: &'static Statement,
        params: Vec<Owned>,
        rows_max: usize,
    ) -> Result<(), Fault> {
        let prepared = self.prepare(owner, statement)?;
        misfit(statement, &prepared, &params)?;
        let request = Request::Prepared { statement: prepared, params, rows_max };
        self.deferred.push(Deferred { owner, text: statement.text(), writes: statement.writes(), request });
        Ok(())
    }

    /// Sends all that is deferred and waits for it. Gives the last reply, and whether a statement of
    /// `owner` has changed rows.
    pub(super) fn send(&mut self, owner: Option<usize>) -> Result<(Option<Reply>, bool), Fault> {
        let deferred = std::mem::take(&mut self.deferred);
        let (about, requests): (Vec<_>, Vec<_>) =
            deferred.into_iter().map(|d| ((d.owner, d.text, d.writes), d.request)).unzip();
        self.counters.statements.fetch_add(requests.len() as u64, std::sync::atomic::Ordering::Relaxed);
        let replies = self.link.runtime.block_on(pipeline(&self.link.client, &requests));
        let (mut last, mut wrote) = (None, false);
        for ((whose, text, writes), reply) in about.into_iter().zip(replies) {
            match reply {
                Some(Ok(reply)) => {
                    wrote |= writes && whose == owner && reply.affected > 0;
                    last = Some(reply);
                }
                // The first error in order is the real one: what follows it says "aborted".
                Some(Err(e)) => return Err(self.fail(whose, text, e)),
                None => return Err(Fault::Aborted),
            }
        }
        Ok((last, wrote))
    }

    /// Ends the transaction without keeping anything.
    pub(super) fn rollback(&mut self) {
        count(&self.counters.rollbacks);
        self.end();
    }

    /// Ends a transaction that has nothing to keep.
    pub(super) fn end(&mut self) {
        self.deferred.clear();
        count(&self.counters.statements);
        let ended = self.link.runtime.block_on(self.link.client.batch_execute("ROLLBACK"));
        if let Err(e) = ended {
            // A lost connection rolls back by itself; the next use sees that it is lost.
            tracing::warn!(sql.cause = %e, "could not roll back");
        }
    }

    fn fail(&mut self, owner: Option<usize>, text: &'static str, e: tokio_postgres::Error) -> Fault {
        let cause = cause(&e);
        if cause == Cause::Conflict {
            count(&self.counters.conflicts);
        }
        let fault = match (cause, e.code()) {
            (Cause::Lost, _) => Fault::Unavailable { doing: text, source: Arc::new(e) },
            (_, Some(&SqlState::READ_ONLY_SQL_TRANSACTION)) => Fault::ReadOnly { statement: text },
            (_, Some(&SqlState::QUERY_CANCELED)) => Fault::Deadline,
            _ => Fault::Engine { statement: text, source: Arc::new(e) },
        };
        self.spoil(owner, cause, fault.clone());
        fault
    }
}

/// The values as the statement will get them.
pub(super) fn owned(params: &[Value<'_>]) -> Vec<Owned> {
    params.iter().map(Owned::from).collect()
}

fn misfit(
    statement: &'static Statement,
    prepared: &tokio_postgres::Statement,
    params: &[Owned],
) -> Result<(), Fault> {
    let wanted = prepared.params();
    let problem = if wanted.len() != params.len() {
        format!("{} parameters wanted, {} given", wanted.len(), params.len())
    } else if let Some(n) = wanted.iter().zip(params).position(|(ty, value)| !value.fits(ty)) {
        format!("parameter ${} does not fit {}", n + 1, wanted[n])
    } else {
        return Ok(());
    };
    Err(Fault::Engine { statement: statement.text(), source: Arc::from(Box::from(problem)) })
}

fn cause(e: &tokio_postgres::Error) -> Cause {
    let Some(code) = e.code() else {
        let broken = e.is_closed() || e.source().is_some_and(|source| source.is::<io::Error>());
        return if broken { Cause::Lost } else { Cause::Command };
    };
    match *code {
        SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => Cause::Conflict,
        SqlState::FEATURE_NOT_SUPPORTED | SqlState::INVALID_SQL_STATEMENT_NAME => Cause::Stale,
        SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Cause::Lost,
        _ => Cause::Command,
    }
}
