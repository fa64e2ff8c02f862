//! Messages that leave after the commit, in order per subject.

use kernel::{Env, Timestamp};
use sql::{Fault, Row, Tx, params, statements, without_nul};

/// One message that waits to be relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub environment: kernel::EnvironmentId,
    pub subject: String,
    pub n: i64,
    pub body: String,
}

/// A message that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub message: Message,
    pub reason: String,
}

/// Most dead letters that are kept; the oldest go. Each has been logged.
pub const DEAD_LETTERS_MAX: i64 = 10_000;

statements! {
    PUSH = "INSERT INTO outbox (environment_id, subject, n, created_at, body) VALUES ($1, $2, $3, $4, $5)";
    WAITING = "SELECT environment_id, subject, n, body FROM outbox ORDER BY created_at, subject, n LIMIT $1";
    DELETE = "DELETE FROM outbox WHERE environment_id = $1 AND subject = $2 AND n = $3";
    COUNT = "SELECT COUNT(*) FROM outbox";
    BURY = "INSERT INTO outbox_dead_letter (environment_id, subject, n, body, reason, died_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (environment_id, subject, n) DO NOTHING";
    // The newest that goes is the one behind those that stay; there is none while they fit.
    SHED = "DELETE FROM outbox_dead_letter WHERE (died_at, environment_id, subject, n) <=
            (SELECT died_at, environment_id, subject, n FROM outbox_dead_letter
             ORDER BY died_at DESC, environment_id DESC, subject DESC, n DESC LIMIT 1 OFFSET $1)";
    DEAD = "SELECT environment_id, subject, n, body, reason FROM outbox_dead_letter
            ORDER BY died_at DESC, environment_id DESC, subject DESC, n DESC LIMIT $1";
}

/// Adds the `n`th message of a subject. The caller counts `n` on the subject's row under its lock, and `at` must
/// not go back within a subject.
pub fn push(
    tx: &mut Tx<'_>,
    env: Env,
    subject: &str,
    n: i64,
    at: Timestamp,
    body: &str,
) -> Result<(), Fault> {
    tx.execute(&PUSH, params![&env.to_string(), subject, n, at, body])
}

/// The oldest messages, in order per subject. Never "id > last": rows do not appear in the order of their keys.
pub fn waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Message>, Fault> {
    tx.query(&WAITING, params![limit], message)
}

fn message(row: &Row<'_>) -> Result<Message, Fault> {
    Ok(Message { environment: row.parse(0)?, subject: row.get(1)?, n: row.get(2)?, body: row.get(3)? })
}

/// Forgets messages that are safely elsewhere. Deleting one twice is nothing.
pub fn delete(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), Fault> {
    for message in messages {
        tx.execute(&DELETE, params![&message.environment.to_string(), &message.subject, message.n])?;
    }
    Ok(())
}

/// Takes messages that cannot be read out of the queue and keeps them with the reason. Burying one twice is nothing.
pub fn bury(tx: &mut Tx<'_>, letters: &[DeadLetter], at: Timestamp) -> Result<(), Fault> {
    for DeadLetter { message, reason } in letters {
        let Message { environment, subject, n, body } = message;
        tx.execute(&BURY, params![&environment.to_string(), subject, *n, body, &*without_nul(reason), at])?;
        delete(tx, std::slice::from_ref(message))?;
    }
    if letters.is_empty() { Ok(()) } else { tx.execute(&SHED, params![DEAD_LETTERS_MAX]) }
}

/// The latest dead letters, the newest first.
pub fn dead_letters(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<DeadLetter>, Fault> {
    tx.query(&DEAD, params![limit.clamp(0, DEAD_LETTERS_MAX)], |row| {
        let message = message(row)?;
        Ok(DeadLetter { message, reason: row.get(4)? })
    })
}

/// How many messages wait.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    tx.query_one(&COUNT, params![], |row| row.get(0))
}
