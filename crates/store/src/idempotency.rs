//! `Idempotency-Key` of the trigger, kept for a day (decision D14).

use kernel::{Env, RunId, Timestamp};
use sql::{Fault, Lock, Tx, params, statements};

/// What the first request with this key was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Of the body as parsed, so that white space and key order do not count.
    pub body_hash: String,
    pub run: RunId,
}

statements! {
    GET = "SELECT body_hash, run_id FROM idempotency WHERE environment_id = $1 AND path = $2 AND key = $3 AND created_at >= $4";
    PUT = "INSERT INTO idempotency (environment_id, path, key, body_hash, run_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (environment_id, path, key) DO UPDATE SET body_hash = $4, run_id = $5, created_at = $6";
    FORGET = "DELETE FROM idempotency WHERE (environment_id, path, key) IN
              (SELECT environment_id, path, key FROM idempotency WHERE created_at < $1 LIMIT 500) RETURNING key";
}

/// Twins with one key wait for each other.
pub fn lock(env: Env, path: &str, key: &str) -> Lock {
    Lock::new("idempotency", &[&env.to_string(), path, key])
}

/// What is known of a key since `since`. The caller holds the key's lock.
pub fn get(
    tx: &mut Tx<'_>,
    env: Env,
    path: &str,
    key: &str,
    since: Timestamp,
) -> Result<Option<Known>, Fault> {
    tx.holds(&lock(env, path, key))?;
    tx.query_opt(&GET, params![&env.to_string(), path, key, since], |row| {
        Ok(Known { body_hash: row.get(0)?, run: row.parse(1)? })
    })
}

/// Remembers a key. The caller holds its lock.
pub fn put(
    tx: &mut Tx<'_>,
    env: Env,
    path: &str,
    key: &str,
    known: &Known,
    now: Timestamp,
) -> Result<(), Fault> {
    tx.holds(&lock(env, path, key))?;
    let (env, run) = (env.to_string(), known.run.to_string());
    tx.execute(&PUT, params![&env, path, key, &known.body_hash, &run, now])
}

/// Forgets keys from before `before`, at most 500 at once; how many.
pub fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, Fault> {
    Ok(tx.query(&FORGET, params![before], |_| Ok(()))?.len())
}
