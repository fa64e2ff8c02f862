//! What only SQLite does.

use super::fixture::{No, PUT, databases_with, ids, one_lane, put, together};
use sql::{Database, Engine, Fault, Locks, Options, Statement, Tx, params, statement};
use std::pin::Pin;
use testkit::TestDb;

static SYNCHRONOUS: Statement = statement("PRAGMA synchronous");
static JOURNAL_MODE: Statement = statement("PRAGMA journal_mode");
static FOREIGN_KEYS: Statement = statement("PRAGMA foreign_keys");
/// Stands for what SQLite does by itself when the disk is full or memory runs out.
static ROLLBACK: Statement = statement("ROLLBACK");
static NOTE: Statement = statement("UPDATE thing SET note = $1");
static QUOTED: Statement = statement("SELECT \"no such column\"");

async fn on_sqlite(test: &str, options: Options) -> TestDb {
    let all = databases_with(test, options).await;
    all.into_iter().find(|db| db.engine() == Engine::Sqlite).expect("SQLite is always there")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lane_syncs_each_commit() {
    let db = on_sqlite("pragmas", Options::default()).await;
    let (sync, journal, keys): (i64, String, i64) = db
        .write(Locks::none(), |tx| {
            Ok((
                tx.query_one(&SYNCHRONOUS, &[], |row| row.get(0))?,
                tx.query_one(&JOURNAL_MODE, &[], |row| row.get(0))?,
                tx.query_one(&FOREIGN_KEYS, &[], |row| row.get(0))?,
            ))
        })
        .await
        .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
    // 2 is FULL: with less, a power cut may take what was answered with 200.
    assert_eq!((sync, journal.as_str(), keys), (2, "wal", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn double_quotes_never_make_a_string() {
    let db = on_sqlite("quotes", Options::default()).await;
    let quoted: Result<String, Fault> = db.read(|tx| tx.query_one(&QUOTED, &[], |row| row.get(0))).await;
    assert!(matches!(quoted, Err(Fault::Engine { .. })), "{quoted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_sqlite_gave_up_runs_again_one_by_one() {
    fn command(
        db: &Database,
        f: fn(&mut Tx<'_>) -> Result<(), No>,
    ) -> Pin<Box<dyn Future<Output = Result<(), No>> + Send>> {
        let db = db.clone();
        Box::pin(async move { db.write(Locks::none(), f).await })
    }
    let db = on_sqlite("given up", one_lane()).await;
    let answers = together(
        &db,
        vec![
            command(&db, |tx| Ok(tx.execute(&PUT, params!["before", 1])?)),
            command(&db, |tx| {
                tx.execute(&PUT, params!["lost", 1])?;
                tx.execute(&ROLLBACK, &[])?;
                // Outside of the transaction this would be kept.
                let outside = tx.execute(&PUT, params!["outside", 1]);
                assert!(matches!(outside, Err(Fault::Aborted)), "{outside:?}");
                Ok(())
            }),
            command(&db, |tx| Ok(tx.execute(&PUT, params!["after", 1])?)),
        ],
    )
    .await;
    assert!(matches!(answers[..], [Ok(()), Err(No::Sql(Fault::Aborted)), Ok(())]), "{answers:?}");
    assert_eq!(ids(&db).await, ["after", "before"]);
    assert!(db.stats().reruns >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_fails_the_command_that_fills_it_and_no_other() {
    static BOUND: Statement = statement("PRAGMA max_page_count = 40");
    static PUT_NOTE: Statement = statement("INSERT INTO thing (id, n, note) VALUES ($1, 1, $2)");
    fn command(
        db: &Database,
        id: &'static str,
        size: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), No>> + Send>> {
        let db = db.clone();
        let note = "x".repeat(size);
        Box::pin(async move {
            db.write::<(), No>(Locks::none(), move |tx| Ok(tx.execute(&PUT_NOTE, params![id, &note])?)).await
        })
    }
    let db = on_sqlite("full", one_lane()).await;
    let bound: Result<i64, Fault> =
        db.write(Locks::none(), |tx| tx.query_one(&BOUND, &[], |row| row.get(0))).await;
    bound.expect("the file is bounded");
    let answers =
        together(&db, vec![command(&db, "a", 10), command(&db, "b", 400_000), command(&db, "c", 10)]).await;
    assert!(matches!(answers[..], [Ok(()), Err(No::Sql(Fault::Unavailable { .. })), Ok(())]), "{answers:?}");
    assert_eq!(ids(&db).await, ["a", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_checkpointed_beside_the_lane() {
    let db = on_sqlite("checkpoint", Options::default()).await;
    put(&db, "a").await.expect("a is put");
    for n in 0..30u8 {
        // Another text each time: SQLite does not write a page that stays as it is.
        let big = char::from(b'a' + n % 26).to_string().repeat(400_000);
        db.write::<_, Fault>(Locks::none(), move |tx| tx.execute(&NOTE, params![&big]))
            .await
            .expect("it commits");
    }
    assert!(db.stats().wal_bytes > 0);
    let checkpointed = async {
        while db.stats().checkpoints == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), checkpointed)
        .await
        .expect("the thread was woken");
}
