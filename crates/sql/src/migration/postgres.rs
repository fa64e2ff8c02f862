//! Migrations on PostgreSQL, over a connection of their own, one process at a time.

use super::{Migrated, Recorded, TABLE, Wanted, checksum};
use crate::{Fault, Lock, postgres::configured};
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};

const GET: &str = "SELECT name, checksum FROM schema_migration WHERE component = $1 ORDER BY position";
const RECORD: &str = "INSERT INTO schema_migration (component, position, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)";

pub(super) async fn migrate(url: &str, wanted: &Wanted) -> Result<Migrated, Fault> {
    let (client, connection) = configured(url)?.connect(NoTls).await.map_err(engine("connect to migrate"))?;
    let driven = tokio::spawn(connection);
    let migrated = under_lock(&client, wanted).await;
    drop(client);
    // The session's lock goes with the connection, so wait until it is gone.
    let _ = driven.await;
    migrated
}

/// What is recorded, for whoever does not migrate.
pub(super) async fn look(url: &str, component: &str) -> Result<Vec<Recorded>, Fault> {
    const THERE: &str = "SELECT to_regclass('schema_migration') IS NOT NULL";
    let (client, connection) = configured(url)?.connect(NoTls).await.map_err(engine("connect to look"))?;
    let driven = tokio::spawn(connection);
    let there: bool = client.query_one(THERE, &[]).await.map_err(engine(THERE))?.get(0);
    let rows = if there { client.query(GET, &[&component]).await.map_err(engine(GET))? } else { Vec::new() };
    drop(client);
    let _ = driven.await;
    Ok(rows.iter().map(|row| Recorded { name: row.get(0), checksum: row.get(1) }).collect())
}

async fn under_lock(client: &Client, wanted: &Wanted) -> Result<Migrated, Fault> {
    // A long migration is no runaway statement.
    client.batch_execute("SET statement_timeout = 0").await.map_err(engine("lift the timeout"))?;
    let key = Lock::new("schema_migration", &[]).key();
    client.execute("SELECT pg_advisory_lock($1)", &[&key]).await.map_err(engine("lock the migrations"))?;
    client.batch_execute(TABLE).await.map_err(engine(TABLE))?;
    let rows = client.query(GET, &[&wanted.component]).await.map_err(engine(GET))?;
    let recorded: Vec<Recorded> =
        rows.iter().map(|row| Recorded { name: row.get(0), checksum: row.get(1) }).collect();
    let mut applied = Vec::new();
    for (position, migration) in wanted.pending(&recorded)? {
        let text = migration.sql.replace("{bytes}", "BYTEA").replace("{key}", " COLLATE \"C\"");
        let failed = |e: tokio_postgres::Error| wanted.failed(migration, Arc::new(e));
        client.batch_execute("BEGIN").await.map_err(failed)?;
        client.batch_execute(&text).await.map_err(failed)?;
        let sum = checksum(migration.sql);
        client
            .execute(RECORD, &[&wanted.component, &position, &migration.name, &sum, &wanted.now])
            .await
            .map_err(failed)?;
        client.batch_execute("COMMIT").await.map_err(failed)?;
        applied.push(migration.name);
    }
    Ok(Migrated { applied, copy: None })
}

fn engine(statement: &'static str) -> impl Fn(tokio_postgres::Error) -> Fault {
    move |e| Fault::Engine { statement, source: Arc::new(e) }
}
