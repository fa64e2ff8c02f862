//! Brings a database up to date. It only goes forward: a database that a newer release has written is
//! refused by naming the migration we do not know.

mod postgres;
mod sqlite;

use crate::{Database, Fault, database::Place};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// One step of a component's schema, embedded in the program. Its text is DDL that both engines take, with
/// two words of ours: `{bytes}` (BLOB or BYTEA) and `{key}` after TEXT keys (nothing, or `COLLATE "C"`).
/// Once released it never changes: its checksum is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub name: &'static str,
    pub sql: &'static str,
}

/// What [`migrate`] did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the migrations that ran now; empty when the database was up to date.
    pub applied: Vec<&'static str>,
    /// The copy of the file made before the first of them (SQLite, when the component was there before and any table had
    /// rows).
    pub copy: Option<PathBuf>,
}

/// Applies what `component` lacks, in order, recording component, name and checksum. SQLite: all in one
/// transaction, after copying a file in which the component has been before and which holds rows. PostgreSQL: one transaction each, one process at a time.
pub async fn migrate(
    db: &Database,
    component: &'static str,
    migrations: &[Migration],
) -> Result<Migrated, Fault> {
    let wanted = Wanted { component, migrations: migrations.to_vec(), now: db.now().micros() };
    match db.place() {
        Place::Sqlite(path) => {
            let (path, options) = (path.clone(), db.options().clone());
            tokio::task::spawn_blocking(move || sqlite::migrate(&path, &options, &wanted))
                .await
                .map_err(|e| Fault::Unavailable { doing: "migrate", source: std::sync::Arc::new(e) })?
        }
        Place::Postgres { url, .. } => postgres::migrate(url, &wanted).await,
    }
}

/// Names of what `component` lacks, in order. Changes nothing.
pub async fn pending(
    db: &Database,
    component: &'static str,
    migrations: &[Migration],
) -> Result<Vec<&'static str>, Fault> {
    let wanted = Wanted { component, migrations: migrations.to_vec(), now: db.now().micros() };
    let recorded = match db.place() {
        Place::Sqlite(path) => {
            let (path, options) = (path.clone(), db.options().clone());
            tokio::task::spawn_blocking(move || sqlite::look(&path, &options, component))
                .await
                .map_err(|e| Fault::Unavailable { doing: "look", source: std::sync::Arc::new(e) })??
        }
        Place::Postgres { url, .. } => postgres::look(url, component).await?,
    };
    Ok(wanted.pending(&recorded)?.into_iter().map(|(_, migration)| migration.name).collect())
}

/// A component's migrations as this program knows them.
struct Wanted {
    component: &'static str,
    migrations: Vec<Migration>,
    /// When this run happens, microseconds since the epoch.
    now: i64,
}

/// A migration as the database recorded it.
struct Recorded {
    name: String,
    checksum: String,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    component TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (component, position)
)";

impl Wanted {
    /// The migrations that `recorded` (in order) lacks, with their positions.
    fn pending(&self, recorded: &[Recorded]) -> Result<Vec<(i64, Migration)>, Fault> {
        for (position, known) in recorded.iter().enumerate() {
            let name = || (self.component.to_owned(), known.name.clone());
            if !self.migrations.iter().any(|ours| ours.name == known.name) {
                let (component, name) = name();
                return Err(Fault::Newer { component, name });
            }
            let reason = match self.migrations.get(position) {
                Some(ours) if ours.name != known.name => "the order is another",
                Some(ours) if checksum(ours.sql) != known.checksum => "its text has changed",
                _ => continue,
            };
            let (component, name) = name();
            return Err(Fault::Differs { component, name, reason });
        }
        Ok((0i64..).zip(self.migrations.iter().copied()).skip(recorded.len()).collect())
    }

    fn failed(&self, migration: Migration, source: crate::Source) -> Fault {
        Fault::Migration { component: self.component.to_owned(), name: migration.name.to_owned(), source }
    }
}

fn checksum(text: &str) -> String {
    kernel::hex(Sha256::digest(text))
}
