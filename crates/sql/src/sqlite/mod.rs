//! SQLite: one file, one lane that writes, a few connections that read, one thread that checkpoints.

mod checkpoint;
mod group;
mod lane;
mod reader;
mod session;

pub(crate) use lane::open;
pub(crate) use session::{Session, column};

use crate::Options;
use memchr::memmem::Finder;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use std::path::Path;

/// Distinct statements that a connection keeps prepared; the house has a few hundred.
const STATEMENTS_KEPT: usize = 512;

/// What a connection may keep of the file, taken as it is needed. SQLite's own default is 2 MiB, and the lane then
/// reads its own log back.
const CACHE_KIB: i64 = 32 * 1_024;

/// Opens the file as every connection of ours sees it; also for short visits of a second process.
pub(crate) fn connect(path: &Path, options: &Options) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(options.busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log at each commit: 200 means durable.
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints happen on a thread of their own: in line they cost a commit 68 ms.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // A command's savepoint copies each page that it changes: on disk that was three quarters of all writes.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // Otherwise a statement with `LIMIT $n` is planned again at each call, because a plan may depend on the value.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // "text" in double quotes is a mistyped column, as on PostgreSQL, never a string.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("lower", 1, pure, lower)?;
    conn.create_scalar_function("strpos", 2, pure, strpos)?;
    Ok(conn)
}

/// Of every alphabet, as on PostgreSQL; SQLite's own knows the letters of ASCII alone, and a search for Ökostrom would
/// find nothing.
fn lower(context: &Context<'_>) -> rusqlite::Result<Option<String>> {
    Ok(context.get_raw(0).as_str_or_null()?.map(str::to_lowercase))
}

/// Where the second text begins in the first, in characters from 1; 0 where it does not: PostgreSQL's function. A search
/// reads a hundred thousand texts, and `LIKE` takes longer for each.
fn strpos(context: &Context<'_>) -> rusqlite::Result<Option<i64>> {
    let (text, part) = (context.get_raw(0).as_bytes_or_null()?, context.get_raw(1).as_bytes_or_null()?);
    let (Some(text), Some(_)) = (text, part) else { return Ok(None) };
    // Made once for a statement whose second text is bound.
    let finder =
        context.get_or_create_aux(1, |part| part.as_bytes().map(|part| Finder::new(part).into_owned()))?;
    let characters =
        |bytes: &[u8]| i64::try_from(String::from_utf8_lossy(bytes).chars().count()).unwrap_or(i64::MAX);
    Ok(Some(finder.find(text).map_or(0, |at| characters(&text[..at]).saturating_add(1))))
}
