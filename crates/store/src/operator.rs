//! Operators, their one-time links, their sessions and the failures that slow guessing down.
//!
//! Not environment data: an operator belongs to the organization. Links and sessions are found by the SHA-256
//! of their token, so a copy of the database opens nothing. Guarded by [`lock`] (an operator's own rows) and
//! [`attempt_lock`] (the failures of one subject).

use kernel::{OperatorId, OrganizationId, Timestamp};
use sql::{Fault, Lock, Row, Tx, params, statements};
use std::time::Duration;

/// How many operators or sessions a list holds at most.
const LIST_MAX: i64 = 200;

statements! {
    pub(crate) CREATE = "INSERT INTO operator (id, organization_id, email, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (email) DO NOTHING RETURNING id";
    pub(crate) BY_EMAIL = "SELECT id, organization_id, email, password_hash, created_at FROM operator WHERE email = $1";
    pub(crate) BY_ID = "SELECT id, organization_id, email, password_hash, created_at FROM operator WHERE id = $1";
    pub(crate) LIST = "SELECT id, organization_id, email, password_hash, created_at FROM operator \
        ORDER BY created_at, id LIMIT $1";
    pub(crate) WITH_PASSWORD = "SELECT id FROM operator WHERE password_hash IS NOT NULL LIMIT 1";
    pub(crate) SET_PASSWORD = "UPDATE operator SET password_hash = $2 WHERE id = $1";

    pub(crate) DROP_LINKS = "DELETE FROM operator_link WHERE operator_id = $1";
    pub(crate) PUT_LINK = "INSERT INTO operator_link (hash, operator_id, expires_at) VALUES ($1, $2, $3)";
    pub(crate) LINK = "SELECT operator_id FROM operator_link WHERE hash = $1 AND expires_at > $2";
    pub(crate) TAKE_LINK = "DELETE FROM operator_link WHERE hash = $1 AND expires_at > $2 RETURNING operator_id";

    pub(crate) OPEN_SESSION = "INSERT INTO operator_session \
        (hash, operator_id, created_at, seen_at, address, agent) VALUES ($1, $2, $3, $3, $4, $5)";
    pub(crate) SESSION = "SELECT s.hash, s.operator_id, s.created_at, s.seen_at, s.address, s.agent, o.email, o.organization_id \
        FROM operator_session s JOIN operator o ON o.id = s.operator_id WHERE s.hash = $1";
    pub(crate) SESSIONS = "SELECT s.hash, s.operator_id, s.created_at, s.seen_at, s.address, s.agent, o.email, o.organization_id \
        FROM operator_session s JOIN operator o ON o.id = s.operator_id \
        WHERE s.operator_id = $1 AND s.seen_at > $2 AND s.created_at > $3 ORDER BY s.seen_at DESC, s.hash LIMIT $4";
    pub(crate) TOUCH = "UPDATE operator_session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2";
    pub(crate) CLOSE = "DELETE FROM operator_session WHERE hash = $1";
    pub(crate) CLOSE_ALL = "DELETE FROM operator_session WHERE operator_id = $1";
    pub(crate) CLOSE_OLD = "DELETE FROM operator_session WHERE operator_id = $1 AND (seen_at <= $2 OR created_at <= $3)";

    pub(crate) FAILURES = "SELECT failures, last_at, free_at FROM operator_failure WHERE subject = $1";
    pub(crate) SET_FAILURES = "INSERT INTO operator_failure (subject, failures, last_at, free_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, free_at = excluded.free_at";
    pub(crate) CLEAR_FAILURES = "DELETE FROM operator_failure WHERE subject = $1";
    pub(crate) FORGET_FAILURES = "DELETE FROM operator_failure WHERE subject IN \
        (SELECT subject FROM operator_failure WHERE last_at < $1 LIMIT 500) RETURNING subject";
    pub(crate) FORGET_SESSIONS = "DELETE FROM operator_session WHERE hash IN \
        (SELECT hash FROM operator_session WHERE created_at < $1 LIMIT 500) RETURNING hash";
    pub(crate) FORGET_LINKS = "DELETE FROM operator_link WHERE hash IN \
        (SELECT hash FROM operator_link WHERE expires_at < $1 LIMIT 500) RETURNING hash";
}

/// Someone who signs in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub id: OperatorId,
    pub organization: OrganizationId,
    /// Lower-cased.
    pub email: String,
    /// A PHC string (never shown); `None` until the first one-time link has been used.
    pub password_hash: Option<String>,
    pub created_at: Timestamp,
}

/// Someone who is signed in, with the operator's row joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub hash: String,
    pub operator: OperatorId,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub address: String,
    pub agent: String,
    pub email: String,
    pub organization: OrganizationId,
}

/// Failures of one subject: how many in a row, when the last was and when the next attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub count: u32,
    pub last_at: Timestamp,
    pub free_at: Timestamp,
}

/// How long a session lives: since it was last seen, and since it was opened.
#[derive(Debug, Clone, Copy)]
pub struct SessionLife {
    pub idle: Duration,
    pub whole: Duration,
}

impl SessionLife {
    /// Whether the session is still good at `now`.
    pub fn covers(self, session: &Session, now: Timestamp) -> bool {
        session.seen_at > now.minus(self.idle) && session.created_at > now.minus(self.whole)
    }
}

/// Guards an operator's links, sessions and password.
pub fn lock(id: OperatorId) -> Lock {
    Lock::new("operator", &[&id.to_string()])
}

/// Guards the creation of an operator with this address.
pub fn email_lock(email: &str) -> Lock {
    Lock::new("operator_email", &[email])
}

/// Guards the failures of one subject.
pub fn attempt_lock(subject: &str) -> Lock {
    Lock::new("operator_attempt", &[subject])
}

/// Creates the operator; `false` when the address is taken. Under [`email_lock`].
pub fn create(tx: &mut Tx<'_>, operator: &Operator) -> Result<bool, Fault> {
    tx.holds(&email_lock(&operator.email))?;
    let row = tx.query_opt(
        &CREATE,
        params![
            &operator.id.to_string(),
            &operator.organization.to_string(),
            &operator.email,
            operator.created_at
        ],
        |row| row.get::<String>(0),
    )?;
    Ok(row.is_some())
}

pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Operator>, Fault> {
    tx.query_opt(&BY_EMAIL, params![email], operator)
}

pub fn by_id(tx: &mut Tx<'_>, id: OperatorId) -> Result<Option<Operator>, Fault> {
    tx.query_opt(&BY_ID, params![&id.to_string()], operator)
}

/// The oldest operators first, at most 200.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Operator>, Fault> {
    tx.query(&LIST, params![LIST_MAX], operator)
}

/// Whether anybody can sign in with a password.
pub fn any_password(tx: &mut Tx<'_>) -> Result<bool, Fault> {
    Ok(tx.query_opt(&WITH_PASSWORD, params![], |row| row.get::<String>(0))?.is_some())
}

/// Under [`lock`].
pub fn set_password(tx: &mut Tx<'_>, id: OperatorId, phc: &str) -> Result<(), Fault> {
    tx.holds(&lock(id))?;
    tx.execute(&SET_PASSWORD, params![&id.to_string(), phc])
}

/// Keeps the link and forgets every older one of this operator. Under [`lock`].
pub fn put_link(tx: &mut Tx<'_>, id: OperatorId, hash: &str, expires_at: Timestamp) -> Result<(), Fault> {
    tx.holds(&lock(id))?;
    tx.execute(&DROP_LINKS, params![&id.to_string()])?;
    tx.execute(&PUT_LINK, params![hash, &id.to_string(), expires_at])
}

/// Whose link this is; `None` when it is unknown, used or expired.
pub fn link(tx: &mut Tx<'_>, hash: &str, now: Timestamp) -> Result<Option<OperatorId>, Fault> {
    tx.query_opt(&LINK, params![hash, now], |row| row.parse(0))
}

/// Uses the link up; `None` when somebody was faster or it has expired. Under [`lock`].
pub fn take_link(
    tx: &mut Tx<'_>,
    id: OperatorId,
    hash: &str,
    now: Timestamp,
) -> Result<Option<OperatorId>, Fault> {
    tx.holds(&lock(id))?;
    tx.query_opt(&TAKE_LINK, params![hash, now], |row| row.parse(0))
}

/// Opens a session and forgets those of this operator that have ended. Under [`lock`].
pub fn open_session(tx: &mut Tx<'_>, session: &Session, life: SessionLife) -> Result<(), Fault> {
    tx.holds(&lock(session.operator))?;
    let operator = session.operator.to_string();
    let now = session.created_at;
    tx.execute(&CLOSE_OLD, params![&operator, now.minus(life.idle), now.minus(life.whole)])?;
    tx.execute(&OPEN_SESSION, params![&session.hash, &operator, now, &session.address, &session.agent])
}

/// The session with this token hash, ended or not.
pub fn session(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Session>, Fault> {
    tx.query_opt(&SESSION, params![hash], session_row)
}

/// The sessions of one operator that are open at `now`, the latest seen first, at most 200.
pub fn sessions(
    tx: &mut Tx<'_>,
    id: OperatorId,
    life: SessionLife,
    now: Timestamp,
) -> Result<Vec<Session>, Fault> {
    tx.query(
        &SESSIONS,
        params![&id.to_string(), now.minus(life.idle), now.minus(life.whole), LIST_MAX],
        session_row,
    )
}

/// Notes that the session was used. Needs no lock: only ever moves later.
pub fn touch(tx: &mut Tx<'_>, hash: &str, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&TOUCH, params![hash, now])
}

/// Ends one session.
pub fn close(tx: &mut Tx<'_>, hash: &str) -> Result<(), Fault> {
    tx.execute(&CLOSE, params![hash])
}

/// Ends every session of the operator. Under [`lock`], so that none opens meanwhile.
pub fn close_all(tx: &mut Tx<'_>, id: OperatorId) -> Result<(), Fault> {
    tx.holds(&lock(id))?;
    tx.execute(&CLOSE_ALL, params![&id.to_string()])
}

pub fn failures(tx: &mut Tx<'_>, subject: &str) -> Result<Option<Failures>, Fault> {
    tx.query_opt(&FAILURES, params![subject], |row| {
        let count: i64 = row.get(0)?;
        Ok(Failures {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            last_at: row.get(1)?,
            free_at: row.get(2)?,
        })
    })
}

/// Under [`attempt_lock`].
pub fn set_failures(tx: &mut Tx<'_>, subject: &str, failures: Failures) -> Result<(), Fault> {
    tx.holds(&attempt_lock(subject))?;
    tx.execute(&SET_FAILURES, params![subject, i64::from(failures.count), failures.last_at, failures.free_at])
}

/// Under [`attempt_lock`].
pub fn clear_failures(tx: &mut Tx<'_>, subject: &str) -> Result<(), Fault> {
    tx.holds(&attempt_lock(subject))?;
    tx.execute(&CLEAR_FAILURES, params![subject])
}

/// Forgets subjects that have been quiet since `before`, at most 500 at once; how many.
pub fn forget_failures(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    Ok(tx.query(&FORGET_FAILURES, params![before], |_| Ok(()))?.len())
}

/// Forgets sessions that were opened before `before`, at most 500 at once; how many.
pub fn forget_sessions(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    Ok(tx.query(&FORGET_SESSIONS, params![before], |_| Ok(()))?.len())
}

/// Forgets links that ended before `before`, at most 500 at once; how many.
pub fn forget_links(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    Ok(tx.query(&FORGET_LINKS, params![before], |_| Ok(()))?.len())
}

fn operator(row: &Row<'_>) -> Result<Operator, Fault> {
    Ok(Operator {
        id: row.parse(0)?,
        organization: row.parse(1)?,
        email: row.get(2)?,
        password_hash: row.get(3)?,
        created_at: row.get(4)?,
    })
}

fn session_row(row: &Row<'_>) -> Result<Session, Fault> {
    Ok(Session {
        hash: row.get(0)?,
        operator: row.parse(1)?,
        created_at: row.get(2)?,
        seen_at: row.get(3)?,
        address: row.get(4)?,
        agent: row.get(5)?,
        email: row.get(6)?,
        organization: row.parse(7)?,
    })
}
