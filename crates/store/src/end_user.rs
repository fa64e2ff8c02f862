//! People who came through a workflow.

use kernel::{EndUserId, Env, Timestamp};
use sql::{Fault, Lock, Tx, params, statements};

/// The most places that one command numbers.
const PLACES_MAX: i64 = 200;

statements! {
    INSERT = "INSERT INTO end_user (environment_id, id, user_id, email, admitted_at, created_at) VALUES ($1, $2, $3, $4, NULL, $5)
              ON CONFLICT (environment_id, user_id) DO NOTHING RETURNING id";
    FIND = "SELECT id FROM end_user WHERE environment_id = $1 AND user_id = $2";
    HAS_PLACE = "SELECT admitted_at FROM end_user WHERE environment_id = $1 AND user_id = $2 AND admitted_at IS NOT NULL";
    ADMIT = "UPDATE end_user SET admitted_at = $3 WHERE environment_id = $1 AND id = $2 AND admitted_at IS NULL";
    LAST_PLACE = "SELECT place FROM end_user WHERE environment_id = $1 AND place IS NOT NULL ORDER BY place DESC LIMIT 1";
    KNOWN = "SELECT user_id FROM end_user WHERE environment_id = $1 AND id = $2";
    OWN_PLACE = "SELECT place FROM end_user WHERE environment_id = $1 AND user_id = $2 AND place IS NOT NULL";
    FORGET = "DELETE FROM end_user WHERE environment_id = $1 AND user_id = $2";
    // Whoever has the last place takes the one that was left, so that the last one stays how many are taken.
    CLOSE_UP = "UPDATE end_user SET place = $3 WHERE environment_id = $1 AND place = $2 AND place > $3";
    PLACELESS = "SELECT id FROM end_user WHERE environment_id = $1 AND admitted_at IS NOT NULL AND place IS NULL ORDER BY id LIMIT $2";
    PLACE = "UPDATE end_user SET place = $3 WHERE environment_id = $1 AND id = $2";
    PLACELESS_COUNT = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM end_user
                       WHERE environment_id = $1 AND admitted_at IS NOT NULL AND place IS NULL LIMIT $2) AS taken";
}

/// Guards the places of an environment's waitlist: whoever counts them and takes one, where a limit is set.
pub fn waitlist_lock(env: Env) -> Lock {
    Lock::new("waitlist", &[&env.to_string()])
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
///
/// The last numbered place tells, so a full house costs what an empty one does. Those who were admitted since are
/// numbered here: mostly one, and after a time without a limit [`PLACES_MAX`] with each call until all are.
pub fn admitted(tx: &mut Tx<'_>, env: Env, limit: u32) -> Result<u32, Fault> {
    tx.holds(&waitlist_lock(env))?;
    let environment = env.to_string();
    let last = tx.query_opt(&LAST_PLACE, params![&environment], |row| row.get(0))?;
    let mut taken: i64 = last.unwrap_or(0);
    let new: Vec<String> = tx.query(&PLACELESS, params![&environment, PLACES_MAX], |row| row.get(0))?;
    for id in &new {
        taken += 1;
        tx.execute(&PLACE, params![&environment, id, taken])?;
    }
    let limit = i64::from(limit);
    if new.len() as i64 == PLACES_MAX && taken < limit {
        let room = params![&environment, limit - taken];
        taken += tx.query_one(&PLACELESS_COUNT, room, |row| row.get::<i64>(0))?;
    }
    Ok(u32::try_from(taken.min(limit)).unwrap_or(u32::MAX))
}

/// How many users have a place, counted up to `limit`, for somebody who only looks: it numbers nobody.
pub fn taken(tx: &mut Tx<'_>, env: Env, limit: u32) -> Result<u32, Fault> {
    let environment = env.to_string();
    let last = tx.query_opt(&LAST_PLACE, params![&environment], |row| row.get(0))?;
    let (limit, taken) = (i64::from(limit), last.unwrap_or(0));
    let room = params![&environment, (limit - taken).max(0)];
    let placeless: i64 = tx.query_one(&PLACELESS_COUNT, room, |row| row.get(0))?;
    Ok(u32::try_from((taken + placeless).min(limit)).unwrap_or(u32::MAX))
}

/// Whether somebody came under this id of ours.
pub fn is_known(tx: &mut Tx<'_>, env: Env, id: EndUserId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&KNOWN, params![&env.to_string(), &id.to_string()], |_| Ok(()))?.is_some())
}

/// The user has never come, and the place that they had is free again. The caller holds the waitlist's lock.
pub fn forget(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<(), Fault> {
    tx.holds(&waitlist_lock(env))?;
    let environment = env.to_string();
    let own: Option<i64> = tx.query_opt(&OWN_PLACE, params![&environment, user_id], |row| row.get(0))?;
    tx.execute(&FORGET, params![&environment, user_id])?;
    let Some(left) = own else { return Ok(()) };
    let last: Option<i64> = tx.query_opt(&LAST_PLACE, params![&environment], |row| row.get(0))?;
    match last {
        Some(last) => tx.execute(&CLOSE_UP, params![&environment, last, left]),
        None => Ok(()),
    }
}
