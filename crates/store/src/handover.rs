//! Links to continuation pages and one-time codes; only hashes are kept.

use kernel::{Env, EnvironmentId, RunId, Timestamp};
use sql::{Fault, Tx, params, statements};
use std::time::Duration;

/// A link that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub run: RunId,
    pub created_at: Timestamp,
    pub first_visit_at: Option<Timestamp>,
}

/// Whom a code that is still good belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otp {
    pub environment: EnvironmentId,
    pub run: RunId,
}

statements! {
    LINK_INSERT = "INSERT INTO run_link (environment_id, token_hash, run_id, page, created_at, keep_until) VALUES ($1, $2, $3, $4, $5, $6)";
    LINK = "SELECT run_id, created_at, first_visit_at FROM run_link WHERE environment_id = $1 AND token_hash = $2";
    VISIT = "UPDATE run_link SET first_visit_at = $3 WHERE environment_id = $1 AND token_hash = $2 AND first_visit_at IS NULL";
    VISITED = "SELECT COUNT(*), MIN(first_visit_at) FROM run_link
               WHERE environment_id = $1 AND run_id = $2 AND page = $3 AND first_visit_at IS NOT NULL";
    OTP_INSERT = "INSERT INTO auth_otp (code_hash, environment_id, run_id, created_at) VALUES ($1, $2, $3, $4)";
    OTP = "SELECT environment_id, run_id FROM auth_otp WHERE code_hash = $1 AND used_at IS NULL AND created_at >= $2";
    OTP_REDEEM = "UPDATE auth_otp SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND created_at >= $3
                  RETURNING environment_id";
    EXCHANGE_INSERT = "INSERT INTO first_exchange (environment_id, at) VALUES ($1, $2) ON CONFLICT (environment_id) DO NOTHING";
    EXCHANGE = "SELECT at FROM first_exchange WHERE environment_id = $1";
    OTP_FORGET = "DELETE FROM auth_otp WHERE code_hash IN (SELECT code_hash FROM auth_otp WHERE created_at < $1 LIMIT 500)
                  RETURNING code_hash";
    LINK_DUE = "SELECT MAX(keep_until) FROM (SELECT keep_until FROM run_link WHERE keep_until <= $1 ORDER BY keep_until LIMIT 500) AS due";
    // A run that is missing needs no link either.
    LINK_FORGET = "DELETE FROM run_link WHERE keep_until <= $1 AND NOT EXISTS (SELECT 1 FROM run
                   WHERE run.id = run_link.run_id AND (state NOT IN ('completed', 'cancelled') OR updated_at > $2))
                   RETURNING token_hash";
    LINK_KEEP = "UPDATE run_link SET keep_until = $2 WHERE keep_until <= $1";
}

/// What `page` says in a row: the link leads on from the trigger …
const CONTINUE: &str = "continue";
/// … or back from the onboarding.
const RETURN: &str = "return";

/// How long a link is kept beyond the last word of its run. A run that waits keeps its links for as long as it waits
/// (decision D25): they are looked at once in this time.
pub const LINK_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The link to the page that a trigger leads to.
pub fn add_link(
    tx: &mut Tx<'_>,
    env: Env,
    token_hash: &str,
    run: RunId,
    now: Timestamp,
) -> Result<(), Fault> {
    insert_link(tx, env, token_hash, run, CONTINUE, now)
}

/// The link that onboarding leads back by.
pub fn add_return_link(
    tx: &mut Tx<'_>,
    env: Env,
    token_hash: &str,
    run: RunId,
    now: Timestamp,
) -> Result<(), Fault> {
    insert_link(tx, env, token_hash, run, RETURN, now)
}

fn insert_link(
    tx: &mut Tx<'_>,
    env: Env,
    token_hash: &str,
    run: RunId,
    page: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let keep_until = now.plus(LINK_KEPT);
    tx.execute(&LINK_INSERT, params![&env.to_string(), token_hash, &run.to_string(), page, now, keep_until])
}

pub fn link(tx: &mut Tx<'_>, env: Env, token_hash: &str) -> Result<Option<Link>, Fault> {
    tx.query_opt(&LINK, params![&env.to_string(), token_hash], |row| {
        Ok(Link { run: row.parse(0)?, created_at: row.get(1)?, first_visit_at: row.get(2)? })
    })
}

pub fn visit(tx: &mut Tx<'_>, env: Env, token_hash: &str, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&VISIT, params![&env.to_string(), token_hash, now])
}

/// How many of a run's continuation links were opened, and when the first one was.
pub fn visits(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<(i64, Option<Timestamp>), Fault> {
    tx.query_one(&VISITED, params![&env.to_string(), &run.to_string(), CONTINUE], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub fn add_otp(tx: &mut Tx<'_>, env: Env, code_hash: &str, run: RunId, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&OTP_INSERT, params![code_hash, &env.to_string(), &run.to_string(), now])
}

/// A code that nobody has used, if it was made at or after `since`. The code itself is the proof of its environment.
pub fn otp(tx: &mut Tx<'_>, code_hash: &str, since: Timestamp) -> Result<Option<Otp>, Fault> {
    tx.query_opt(&OTP, params![code_hash, since], |row| {
        Ok(Otp { environment: row.parse(0)?, run: row.parse(1)? })
    })
}

/// Uses such a code; false when somebody else was faster.
pub fn redeem_otp(tx: &mut Tx<'_>, code_hash: &str, now: Timestamp, since: Timestamp) -> Result<bool, Fault> {
    Ok(tx.query_opt(&OTP_REDEEM, params![code_hash, now, since], |_| Ok(()))?.is_some())
}

/// Notes that a builder's onboarding page exchanged a code; the first time stands.
pub fn note_exchange(tx: &mut Tx<'_>, env: Env, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&EXCHANGE_INSERT, params![&env.to_string(), now])
}

/// Whether an onboarding page ever did.
pub fn any_exchanged(tx: &mut Tx<'_>, env: Env) -> Result<bool, Fault> {
    Ok(tx.query_opt(&EXCHANGE, params![&env.to_string()], |row| row.get::<Timestamp>(0))?.is_some())
}

/// Forgets codes that nobody can use any more, at most 500 at once; how many.
pub fn forget_otps(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    Ok(tx.query(&OTP_FORGET, params![before], |_| Ok(()))?.len())
}

/// Looks at the next links whose time is up, about 500 at once: forgets those of runs that ended [`LINK_KEPT`] ago and
/// keeps the others for as long again. How many it forgot; `None` when there was nothing to look at.
pub fn forget_links(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<usize>, Fault> {
    let due: Option<Timestamp> = tx.query_one(&LINK_DUE, params![now], |row| row.get(0))?;
    let Some(due) = due else { return Ok(None) };
    let forgotten = tx.query(&LINK_FORGET, params![due, now.minus(LINK_KEPT)], |_| Ok(()))?.len();
    tx.execute(&LINK_KEEP, params![due, now.plus(LINK_KEPT)])?;
    Ok(Some(forgotten))
}
