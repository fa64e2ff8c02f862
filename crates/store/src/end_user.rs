//! People who came through a workflow.

use crate::lock;
use kernel::{EndUserId, Env, Timestamp};
use sql::{Fault, Tx, params, statements};

statements! {
    INSERT = "INSERT INTO end_user (environment_id, id, user_id, email, admitted_at, created_at) VALUES ($1, $2, $3, $4, NULL, $5)
              ON CONFLICT (environment_id, user_id) DO NOTHING RETURNING id";
    FIND = "SELECT id FROM end_user WHERE environment_id = $1 AND user_id = $2";
    HAS_PLACE = "SELECT admitted_at FROM end_user WHERE environment_id = $1 AND user_id = $2 AND admitted_at IS NOT NULL";
    ADMIT = "UPDATE end_user SET admitted_at = $3 WHERE environment_id = $1 AND id = $2 AND admitted_at IS NULL";
    ADMITTED = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM end_user WHERE environment_id = $1 AND admitted_at IS NOT NULL LIMIT $2) AS taken";
}

/// The platform's id of the user; `fresh` becomes it when they are new.
pub fn obtain(
    tx: &mut Tx<'_>,
    env: Env,
    user_id: &str,
    email: &str,
    fresh: EndUserId,
    now: Timestamp,
) -> Result<EndUserId, Fault> {
    let (environment, id) = (env.to_string(), fresh.to_string());
    let added = tx.query_opt(&INSERT, params![&environment, &id, user_id, email, now], |row| row.parse(0))?;
    match added {
        Some(id) => Ok(id),
        None => tx.query_one(&FIND, params![&environment, user_id], |row| row.parse(0)),
    }
}

/// Whether the user was admitted before.
pub fn has_place(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<bool, Fault> {
    Ok(tx.query_opt(&HAS_PLACE, params![&env.to_string(), user_id], |_| Ok(()))?.is_some())
}

/// The user takes a place, once. Where places are limited the caller holds the waitlist's lock.
pub fn admit(tx: &mut Tx<'_>, env: Env, id: EndUserId, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&ADMIT, params![&env.to_string(), &id.to_string(), now])
}

/// How many users have a place, counted up to `limit` (decision D28). The caller holds the waitlist's lock.
pub fn admitted(tx: &mut Tx<'_>, env: Env, limit: u32) -> Result<u32, Fault> {
    tx.holds(&lock::waitlist(env))?;
    let count: i64 = tx.query_one(&ADMITTED, params![&env.to_string(), limit], |row| row.get(0))?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
