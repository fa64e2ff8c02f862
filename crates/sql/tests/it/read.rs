//! Reads: one snapshot, bounded in time and rows, never a write.

use super::fixture::{IDS, PUT, PUT_NEW, databases, databases_with, ids, put};
use sql::{Fault, Options, Statement, params, statement};
use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

static FOREVER: Statement = statement(
    "WITH RECURSIVE c (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT COUNT(*) FROM c",
);

#[tokio::test(flavor = "multi_thread")]
async fn a_read_cannot_write() {
    for db in databases("read only").await {
        let executed: Result<(), Fault> = db.read(|tx| tx.execute(&PUT, params!["a", 1])).await;
        assert!(matches!(executed, Err(Fault::ReadOnly { .. })), "{executed:?}");
        let queried: Result<Vec<i64>, Fault> =
            db.read(|tx| tx.query(&PUT_NEW, params!["a", 1], |row| row.get(0))).await;
        assert!(matches!(queried, Err(Fault::ReadOnly { .. })), "{queried:?}");
        assert!(ids(&db).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_one_snapshot() {
    for db in databases("snapshot").await {
        put(&db, "a").await.expect("a is put");
        let (looked, has_looked) = mpsc::channel();
        let (written, has_written) = mpsc::channel();
        let has_written = Arc::new(Mutex::new(has_written));
        let reading = tokio::spawn({
            let db = db.database();
            async move {
                db.read::<_, Fault>(move |tx| {
                    let before: Vec<String> = tx.query(&IDS, &[], |row| row.get(0))?;
                    let _ = looked.send(());
                    has_written.lock().expect("no panic holds it").recv().expect("b is put");
                    let after: Vec<String> = tx.query(&IDS, &[], |row| row.get(0))?;
                    Ok((before, after))
                })
                .await
            }
        });
        tokio::task::spawn_blocking(move || has_looked.recv())
            .await
            .expect("it waits")
            .expect("it has looked");
        put(&db, "b").await.expect("b is put");
        written.send(()).expect("the read waits");
        let (before, after) = reading.await.expect("the task ends").expect("it reads");
        assert_eq!(before, ["a"]);
        assert_eq!(after, ["a"]);
        assert_eq!(ids(&db).await, ["a", "b"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_the_bound_are_a_fault() {
    for db in databases_with("rows", Options { rows_max: 2, ..Options::default() }).await {
        for id in ["a", "b"] {
            put(&db, id).await.expect("it is put");
        }
        assert_eq!(ids(&db).await, ["a", "b"]);
        put(&db, "c").await.expect("c is put");
        let many: Result<Vec<String>, Fault> = db.read(|tx| tx.query(&IDS, &[], |row| row.get(0))).await;
        assert!(matches!(many, Err(Fault::TooManyRows { max: 2, .. })), "{many:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_by_its_deadline() {
    let options = Options { read_deadline: Duration::from_millis(200), ..Options::default() };
    for db in databases_with("deadline", options).await {
        let endless: Result<i64, Fault> = db.read(|tx| tx.query_one(&FOREVER, &[], |row| row.get(0))).await;
        assert!(matches!(endless, Err(Fault::Deadline)), "{endless:?}");
        assert!(ids(&db).await.is_empty());
    }
}

/// With one reader, the next read waits for the engine to stop the first: SQLite does so at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_was_given_up_frees_its_reader() {
    let options = Options { read_pool: 1, ..Options::default() };
    for db in databases_with("given up", options).await {
        if db.engine() == sql::Engine::Postgres {
            // There the server's statement timeout ends it, after five seconds.
            continue;
        }
        let endless = db.read::<i64, Fault>(|tx| tx.query_one(&FOREVER, &[], |row| row.get(0)));
        tokio::time::timeout(Duration::from_millis(100), endless).await.expect_err("it does not end");
        assert!(ids(&db).await.is_empty());
    }
}
