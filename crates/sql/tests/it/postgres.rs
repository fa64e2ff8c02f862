//! What only PostgreSQL does.

use super::fixture::{PUT, databases_with, ids, one_lane, put};
use kernel::{Clock, Timestamp};
use sql::{Database, Engine, Fault, Locks, Migration, Options, Statement, params, statement};
use std::{sync::Arc, time::Duration};
use testkit::TestDb;

static NOW: Statement = statement("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)");
static TERMINATE: Statement = statement(
    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()",
);
static SETTINGS: Statement =
    statement("SELECT current_setting('statement_timeout'), current_setting('synchronous_commit')");
static DEFERRED_FAILURE: Statement = statement("INSERT INTO late (id) VALUES ($1)");

async fn on_postgres(test: &str, options: Options) -> Option<TestDb> {
    databases_with(test, options).await.into_iter().find(|db| db.engine() == Engine::Postgres)
}

#[tokio::test(flavor = "multi_thread")]
async fn now_follows_the_servers_clock() {
    let Some(db) = on_postgres("server time", one_lane()).await else { return };
    let clock = Arc::clone(&db.clock) as Arc<dyn Clock>;
    let url = db.url().expect("a server has a URL");
    let following = Database::open_postgres(&url, one_lane(), clock).await.expect("it opens");
    let server: Timestamp = following
        .read(|tx| tx.query_one(&NOW, &[], |row| row.get(0)))
        .await
        .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
    let before = following.now();
    assert!(server.since(before) < Duration::from_secs(30), "{server} {before}");
    db.clock.advance(Duration::from_secs(3));
    assert_eq!(following.now(), before.plus(Duration::from_secs(3)));
    assert_eq!(db.now(), db.clock.now(), "a test's own database keeps the test's clock");
    following.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_has_its_settings() {
    let Some(db) = on_postgres("settings", one_lane()).await else { return };
    let (timeout, durable): (String, String) = db
        .write(Locks::none(), |tx| tx.query_one(&SETTINGS, &[], |row| Ok((row.get(0)?, row.get(1)?))))
        .await
        .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
    assert_eq!((timeout.as_str(), durable.as_str()), ("5s", "on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_idle_connections_are_made_again() {
    let Some(db) = on_postgres("lost", one_lane()).await else { return };
    put(&db, "before").await.expect("it is put");
    let other = db.open_again(one_lane()).await;
    let ended: i64 = other
        .write(Locks::none(), |tx| tx.query_one(&TERMINATE, &[], |row| row.get(0)))
        .await
        .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
    assert!(ended > 0);
    put(&db, "after").await.expect("a new connection is made");
    assert_eq!(ids(&db).await, ["after", "before"]);
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_forms_that_are_out_of_date_are_made_again() {
    static STAR: Statement = statement("SELECT * FROM changing");
    let Some(db) = on_postgres("stale", Options { read_pool: 1, ..one_lane() }).await else { return };
    let first = Migration { name: "0001_changing", sql: "CREATE TABLE changing (a TEXT)" };
    let second = Migration { name: "0002_more", sql: "ALTER TABLE changing ADD COLUMN b TEXT" };
    for migrations in [&[first][..], &[first, second]] {
        sql::migrate(&db, "changing", migrations).await.expect("it applies");
        let read: Result<Vec<()>, Fault> = db.read(|tx| tx.query(&STAR, &[], |_| Ok(()))).await;
        read.expect("the reader prepares again");
        let written: Result<Vec<()>, Fault> =
            db.write(Locks::none(), |tx| tx.query(&STAR, &[], |_| Ok(()))).await;
        written.expect("the lane prepares again");
    }
}

/// The error comes with COMMIT itself, so that nobody can be blamed: each runs again alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_commit_finds_its_command() {
    let Some(db) = on_postgres("at commit", one_lane()).await else { return };
    let late = Migration {
        name: "0001_late",
        sql: "CREATE TABLE late (id TEXT REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)",
    };
    sql::migrate(&db, "late", &[late]).await.expect("it applies");
    let (good, bad) = (db.database(), db.database());
    let answers = super::fixture::together::<Result<(), Fault>>(
        &db,
        vec![
            Box::pin(
                async move { good.write(Locks::none(), |tx| tx.execute(&PUT, params!["good", 1])).await },
            ),
            Box::pin(async move {
                bad.write(Locks::none(), |tx| tx.execute(&DEFERRED_FAILURE, params!["nobody"])).await
            }),
        ],
    )
    .await;
    assert!(matches!(answers[..], [Ok(()), Err(Fault::Engine { .. })]), "{answers:?}");
    assert_eq!(ids(&db).await, ["good"]);
}
