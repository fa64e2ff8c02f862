//! The bytes of logos. Which of them is shown, the settings say: [`crate::setting::set_logo`].

use kernel::{Env, Timestamp};
use sql::{Fault, Tx, params, statements};

/// So many of an environment stay, the latest: a mail that is read later still finds the logo that it was written with.
pub const KEPT: i64 = 10;

statements! {
    PUT = "INSERT INTO logo (environment_id, hash, content, uploaded_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (environment_id, hash) DO UPDATE SET uploaded_at = excluded.uploaded_at";
    TRIM = "DELETE FROM logo WHERE environment_id = $1 AND hash <> $3 AND hash NOT IN
            (SELECT hash FROM logo WHERE environment_id = $1 ORDER BY uploaded_at DESC, hash LIMIT $2)";
    GET = "SELECT content FROM logo WHERE environment_id = $1 AND hash = $2";
}

/// Stores a logo's bytes and forgets the oldest beyond [`KEPT`]. Under [`crate::setting::lock`].
pub fn put(tx: &mut Tx<'_>, env: Env, hash: &str, content: &[u8], now: Timestamp) -> Result<(), Fault> {
    tx.holds(&crate::setting::lock(env))?;
    let env = env.to_string();
    tx.execute(&PUT, params![&env, hash, content, now])?;
    // Whatever the clock says, it is the latest.
    tx.execute(&TRIM, params![&env, KEPT, hash])
}

/// The bytes, while they are kept.
pub fn get(tx: &mut Tx<'_>, env: Env, hash: &str) -> Result<Option<Vec<u8>>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), hash], |row| row.get(0))
}
