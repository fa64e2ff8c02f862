//! One attempt to run commands in one transaction.

use super::{
    session::{Left, Session},
    value::Owned,
    work::{Cause, Spoiled, Work},
};
use crate::{
    Fault, Options, Statement,
    command::{Command, Ran, call_after},
    counters::count,
    statement::statement,
    tx::{After, Inner, Scope, Tx},
};
use std::{collections::HashSet, time::Duration};

/// A repeatable-read snapshot would be older than the lock that it waited for.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

static TRY_LOCKS: Statement =
    statement("SELECT key, pg_try_advisory_xact_lock(key) FROM unnest($1::BIGINT[]) AS wanted (key)");

/// A command on its way through a lane.
pub(super) struct Member {
    pub(super) command: Box<dyn Command>,
    /// How long it has waited for locks that somebody else holds.
    pub(super) waited: Duration,
    outcome: Outcome,
}

enum Outcome {
    /// It did not run: a lock was busy, or it is another command's turn.
    Waits,
    /// What its closure returned is the answer.
    Own {
        after: Vec<After>,
    },
    Fault(Fault),
}

/// How an attempt ended.
pub(super) enum Attempt {
    /// Committed: whoever ran has its outcome.
    Committed,
    /// Rolled back.
    Spoiled(Spoiled),
    /// The connection was lost after COMMIT went out.
    Unknown(Fault),
}

impl Member {
    pub(super) fn new(command: Box<dyn Command>) -> Self {
        Self { command, waited: Duration::ZERO, outcome: Outcome::Waits }
    }

    pub(super) fn ran(&self) -> bool {
        !matches!(self.outcome, Outcome::Waits)
    }

    /// Answers with the outcome of the last attempt; gives itself back when there is none.
    pub(super) fn answer(self) -> Option<Self> {
        match self.outcome {
            Outcome::Waits => return Some(self),
            Outcome::Own { after } => {
                call_after(after);
                self.command.answer();
            }
            Outcome::Fault(fault) => self.command.fail(fault),
        }
        None
    }
}

/// Runs those of `group` whose locks are free. With a single member, a refusal after writes and a failed
/// statement are its final answer.
pub(super) fn attempt(work: &mut Work, group: &mut [Member], options: &Options) -> Attempt {
    count(&work.counters.groups);
    for member in group.iter_mut() {
        member.outcome = Outcome::Waits;
    }
    work.begin(BEGIN);
    let tried = try_locks(work, group).and_then(|free| run_all(work, group, &free, options));
    if let Err(spoiled) = tried {
        if spoiled.cause != Cause::Lost {
            work.rollback();
        }
        return Attempt::Spoiled(spoiled);
    }
    commit(work, group)
}

/// Asks for every lock of the group at once; gives those that are ours until the transaction ends.
fn try_locks(work: &mut Work, group: &[Member]) -> Result<HashSet<i64>, Spoiled> {
    let mut wanted: Vec<i64> = group.iter().flat_map(|member| member.command.locks().keys()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let max = wanted.len();
    let asked = work.defer(None, &TRY_LOCKS, vec![Owned::Keys(wanted)], max).and_then(|()| work.send(None));
    let reply = asked.map_err(|fault| why(work, None, fault))?.0;
    let rows = reply.map(|reply| reply.rows).unwrap_or_default();
    Ok(rows.iter().filter(|row| row.get(1)).map(|row| row.get(0)).collect())
}

/// Runs the closures in order. A command waits when a lock is busy, or when one before it waits for the
/// same lock: first in, first out per lock.
fn run_all(
    work: &mut Work,
    group: &mut [Member],
    free: &HashSet<i64>,
    options: &Options,
) -> Result<(), Spoiled> {
    let mut taken = HashSet::new();
    let alone = group.len() == 1;
    for (place, member) in group.iter_mut().enumerate() {
        if member.command.locks().keys().any(|key| !free.contains(&key) || taken.contains(&key)) {
            taken.extend(member.command.locks().keys());
            continue;
        }
        if work.is_heavy() {
            work.send(None).map_err(|fault| why(work, None, fault))?;
        }
        member.outcome = run(work, place, &mut *member.command, options, alone)?;
    }
    Ok(())
}

fn run(
    work: &mut Work,
    place: usize,
    command: &mut dyn Command,
    options: &Options,
    alone: bool,
) -> Result<Outcome, Spoiled> {
    if options.run_each_command_twice {
        rehearse(work, place, command, options)?;
    }
    let (ran, left, after) = run_once(work, place, command, options)?;
    if ran == Ran::Done && left.failed.is_none() {
        return Ok(Outcome::Own { after });
    }
    // A refusal before anything was sent costs nothing.
    work.cut(left.mark);
    let outcome = left.failed.map_or(Outcome::Own { after: Vec::new() }, Outcome::Fault);
    if !left.wrote {
        return Ok(outcome);
    }
    if alone {
        // Nobody shares the transaction: emptied, it commits nothing.
        work.rollback();
        work.begin(BEGIN);
        return Ok(outcome);
    }
    work.spoil(Some(place), Cause::Command, Fault::Aborted);
    Err(why(work, Some(place), Fault::Aborted))
}

/// Runs the closure and undoes it, because a command must be able to run again.
fn rehearse(
    work: &mut Work,
    place: usize,
    command: &mut dyn Command,
    options: &Options,
) -> Result<(), Spoiled> {
    let before = work.mark();
    work.control("SAVEPOINT rehearsal");
    let (_, left, _) = run_once(work, place, command, options)?;
    if left.sent {
        work.cut(0);
        work.control("ROLLBACK TO SAVEPOINT rehearsal");
        work.control("RELEASE SAVEPOINT rehearsal");
    } else {
        work.cut(before);
    }
    Ok(())
}

fn run_once(
    work: &mut Work,
    place: usize,
    command: &mut dyn Command,
    options: &Options,
) -> Result<(Ran, Left, Vec<After>), Spoiled> {
    // Cloned because the transaction shows them while the command runs mutably.
    let locks = command.locks().clone();
    let session = Session::new(work, place);
    let mut tx = Tx::new(Inner::Postgres(session), Scope::Write(&locks), options.rows_max);
    let ran = command.run(&mut tx);
    let (Inner::Postgres(session), after) = tx.into_parts() else {
        unreachable!("the session went in as PostgreSQL's");
    };
    let left = session.leave();
    // Whatever the closure returned: it may have swallowed another command's error.
    match work.spoiled() {
        Some(spoiled) => Err(spoiled.clone()),
        None => Ok((ran, left, after)),
    }
}

/// Committed only if every deferred result and COMMIT came back without error: COMMIT of a failed
/// transaction answers ROLLBACK, and that is no error.
fn commit(work: &mut Work, group: &[Member]) -> Attempt {
    work.control("COMMIT");
    match work.send(None) {
        Ok(_) => {
            count(&work.counters.commits);
            let ran = group.iter().filter(|member| member.ran()).count();
            work.counters.commands.fetch_add(ran as u64, std::sync::atomic::Ordering::Relaxed);
            Attempt::Committed
        }
        Err(fault) => {
            let spoiled = why(work, None, fault);
            if spoiled.cause == Cause::Lost {
                return Attempt::Unknown(spoiled.fault);
            }
            work.rollback();
            Attempt::Spoiled(spoiled)
        }
    }
}

fn why(work: &Work, culprit: Option<usize>, fault: Fault) -> Spoiled {
    work.spoiled().cloned().unwrap_or(Spoiled { culprit, cause: Cause::Command, fault })
}
