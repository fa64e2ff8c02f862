//! The inbox of messages for something that waits, or will.

use kernel::{Env, Timestamp};
use sql::{Fault, Tx, params, statements};

/// A recorded signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub payload: String,
    pub received_at: Timestamp,
}

statements! {
    PUT = "INSERT INTO signal (environment_id, name, correlation, payload, received_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (environment_id, name, correlation) DO NOTHING RETURNING received_at";
    GET = "SELECT payload, received_at FROM signal WHERE environment_id = $1 AND name = $2 AND correlation = $3";
}

/// Records a signal unless one is there: the first wins. Whether this one did.
pub fn put(
    tx: &mut Tx<'_>,
    env: Env,
    name: &str,
    correlation: &str,
    payload: &str,
    at: Timestamp,
) -> Result<bool, Fault> {
    let row = tx.query_opt(&PUT, params![&env.to_string(), name, correlation, payload, at], |_| Ok(()))?;
    Ok(row.is_some())
}

/// The signal that came, if one did.
pub fn get(tx: &mut Tx<'_>, env: Env, name: &str, correlation: &str) -> Result<Option<Signal>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), name, correlation], |row| {
        Ok(Signal { payload: row.get(0)?, received_at: row.get(1)? })
    })
}
