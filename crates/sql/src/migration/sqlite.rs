//! Migrations on a SQLite file, over a connection of their own.

use super::{Migrated, Recorded, TABLE, Wanted, checksum};
use crate::{Fault, Options, sqlite::connect};
use rusqlite::{Connection, params};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(super) fn migrate(path: &Path, options: &Options, wanted: &Wanted) -> Result<Migrated, Fault> {
    let mut conn = connect(path, options).map_err(engine("open the file to migrate it"))?;
    let known = recorded(&conn, wanted.component)?;
    let Some((_, first)) = wanted.pending(&known)?.into_iter().next() else {
        return Ok(Migrated::default());
    };
    // A component that comes new changes no row of anybody's.
    let copy = if !known.is_empty() && holds_rows(&conn)? {
        let to = copy_path(path, wanted.component, first.name);
        copy(&conn, &to).map_err(|source| wanted.failed(first, source))?;
        Some(to)
    } else {
        None
    };
    // Somebody else may have migrated meanwhile: what counts is what the transaction sees.
    let tx = conn
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(engine("begin to migrate"))?;
    tx.execute_batch(TABLE).map_err(engine(TABLE))?;
    let mut applied = Vec::new();
    for (position, migration) in wanted.pending(&recorded(&tx, wanted.component)?)? {
        let text = migration.sql.replace("{bytes}", "BLOB").replace("{key}", "");
        tx.execute_batch(&text).map_err(|e| wanted.failed(migration, Arc::new(e)))?;
        tx.execute(
            "INSERT INTO schema_migration (component, position, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![wanted.component, position, migration.name, checksum(migration.sql), wanted.now],
        )
        .map_err(|e| wanted.failed(migration, Arc::new(e)))?;
        applied.push(migration.name);
    }
    tx.commit().map_err(engine("commit the migrations"))?;
    Ok(Migrated { applied, copy })
}

/// What is recorded, for whoever does not migrate.
pub(super) fn look(path: &Path, options: &Options, component: &str) -> Result<Vec<Recorded>, Fault> {
    recorded(&connect(path, options).map_err(engine("open the file to look"))?, component)
}

fn recorded(conn: &Connection, component: &str) -> Result<Vec<Recorded>, Fault> {
    if !conn.table_exists(None, "schema_migration").map_err(engine("look for schema_migration"))? {
        return Ok(Vec::new());
    }
    const GET: &str = "SELECT name, checksum FROM schema_migration WHERE component = ?1 ORDER BY position";
    let mut statement = conn.prepare(GET).map_err(engine(GET))?;
    let rows =
        statement.query_map([component], |row| Ok(Recorded { name: row.get(0)?, checksum: row.get(1)? }));
    rows.and_then(Iterator::collect).map_err(engine(GET))
}

/// Whether any table but our own has a row: then there is something to lose.
fn holds_rows(conn: &Connection) -> Result<bool, Fault> {
    const TABLES: &str = "SELECT name FROM sqlite_schema
        WHERE type = 'table' AND name <> 'schema_migration' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = conn.prepare(TABLES).map_err(engine(TABLES))?;
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(engine(TABLES))?;
    for name in names {
        let text = format!("SELECT EXISTS (SELECT 1 FROM \"{}\")", name.replace('"', "\"\""));
        if conn.query_row(&text, [], |row| row.get(0)).map_err(engine("look for rows"))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `state.db` is copied to `state.db.before-<component>-<migration>`.
fn copy_path(path: &Path, component: &str, migration: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".before-{component}-{migration}"));
    name.into()
}

/// A whole and synced copy at `to`, or none: it is written beside and renamed.
fn copy(conn: &Connection, to: &Path) -> Result<(), crate::Source> {
    let mut half = OsString::from(to);
    half.push(".part");
    let half = PathBuf::from(half);
    let result = (|| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if half.exists() {
            fs::remove_file(&half)?;
        }
        let name = half.to_str().ok_or("the path of the copy is not UTF-8")?;
        conn.execute("VACUUM INTO ?1", [name])?;
        fs::File::open(&half)?.sync_all()?;
        fs::rename(&half, to)?;
        if let Some(directory) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::File::open(directory)?.sync_all()?;
        }
        Ok(())
    })();
    result.map_err(Arc::from)
}

fn engine(statement: &'static str) -> impl Fn(rusqlite::Error) -> Fault {
    move |e| Fault::Engine { statement, source: Arc::new(e) }
}
