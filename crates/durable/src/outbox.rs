//! Messages that leave after the commit, in order per subject.

use kernel::{Env, Timestamp};
use sql::{Fault, Tx, params, statements};

/// One message that waits to be relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub environment: kernel::EnvironmentId,
    pub subject: String,
    pub n: i64,
    pub body: String,
}

statements! {
    PUSH = "INSERT INTO outbox (environment_id, subject, n, created_at, body) VALUES ($1, $2, $3, $4, $5)";
    WAITING = "SELECT environment_id, subject, n, body FROM outbox ORDER BY created_at, subject, n LIMIT $1";
    DELETE = "DELETE FROM outbox WHERE environment_id = $1 AND subject = $2 AND n = $3";
    COUNT = "SELECT COUNT(*) FROM outbox";
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
    tx.query(&WAITING, params![limit], |row| {
        Ok(Message { environment: row.parse(0)?, subject: row.get(1)?, n: row.get(2)?, body: row.get(3)? })
    })
}

/// Forgets messages that are safely elsewhere. Deleting one twice is nothing.
pub fn delete(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), Fault> {
    for message in messages {
        tx.execute(&DELETE, params![&message.environment.to_string(), &message.subject, message.n])?;
    }
    Ok(())
}

/// How many messages wait.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    tx.query_one(&COUNT, params![], |row| row.get(0))
}
