//! Migrations go forward, or not at all.

use super::fixture::{MIGRATIONS, databases, ids, put};
use sql::{Database, Engine, Fault, Migration, Statement, migrate, params, statement};

static CLAIM: Statement = statement("INSERT INTO claim (id, raw) VALUES ($1, $2) RETURNING raw");

const CLAIM_TABLE: Migration =
    Migration { name: "0002_claim", sql: "CREATE TABLE claim (id TEXT {key} PRIMARY KEY, raw {bytes})" };

async fn with(db: &Database, more: &[Migration]) -> Result<sql::Migrated, Fault> {
    migrate(db, "it", &[MIGRATIONS, more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_missing_is_applied() {
    for db in databases("missing").await {
        assert_eq!(with(&db, &[]).await.expect("nothing to do"), sql::Migrated::default());
        let done = with(&db, &[CLAIM_TABLE]).await.expect("it applies");
        assert_eq!(done.applied, ["0002_claim"]);
        assert_eq!(done.copy, None, "an empty file needs no copy");
        let raw: Vec<u8> = db
            .write(sql::Locks::none(), |tx| tx.query_one(&CLAIM, params!["a", &[1u8, 0]], |row| row.get(0)))
            .await
            .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(raw, [1, 0]);
        // Another component's names are its own.
        let other =
            migrate(&db, "other", &[Migration { name: "0001_thing", sql: "CREATE TABLE o (id TEXT)" }]);
        assert_eq!(other.await.expect("it applies").applied, ["0001_thing"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused_by_name() {
    for db in databases("newer").await {
        with(&db, &[CLAIM_TABLE]).await.expect("it applies");
        let fault = with(&db, &[]).await.expect_err("an older program refuses");
        assert!(matches!(&fault, Fault::Newer { name, .. } if name == "0002_claim"), "{fault:?}");
        assert!(fault.to_string().contains("it/0002_claim"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_was_changed_or_moved_is_refused() {
    for db in databases("changed").await {
        let changed = [Migration { sql: "CREATE TABLE thing (id TEXT)", ..MIGRATIONS[0] }];
        let fault = migrate(&db, "it", &changed).await.expect_err("its checksum differs");
        assert!(matches!(fault, Fault::Differs { .. }), "{fault:?}");
        let moved = [CLAIM_TABLE, MIGRATIONS[0]];
        let fault = migrate(&db, "it", &moved).await.expect_err("the order differs");
        assert!(matches!(fault, Fault::Differs { .. }), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_migration_leaves_nothing_of_itself() {
    for db in databases("failing").await {
        let half = Migration { name: "0002_half", sql: "CREATE TABLE half (id TEXT); CREATE NONSENSE" };
        let fault = with(&db, &[half]).await.expect_err("it fails");
        assert!(matches!(&fault, Fault::Migration { name, .. } if name == "0002_half"), "{fault:?}");
        let mended = Migration { sql: "CREATE TABLE half (id TEXT)", ..half };
        assert_eq!(with(&db, &[mended]).await.expect("it applies").applied, ["0002_half"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_rows_is_copied_first() {
    for db in databases("copy").await {
        if db.engine() == Engine::Postgres {
            continue;
        }
        put(&db, "precious").await.expect("it is put");
        let done = with(&db, &[CLAIM_TABLE]).await.expect("it applies");
        let copy = done.copy.expect("a copy was made");
        assert!(copy.ends_with("state.db.before-it-0002_claim"), "{}", copy.display());
        let clock = std::sync::Arc::clone(&db.clock) as std::sync::Arc<dyn kernel::Clock>;
        let old = Database::open_sqlite(&copy, sql::Options::default(), clock).await.expect("the copy opens");
        assert_eq!(ids(&old).await, ["precious"]);
        assert_eq!(
            with(&old, &[CLAIM_TABLE]).await.expect("it can be migrated again").applied,
            ["0002_claim"]
        );
        old.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_comes_new_needs_no_copy() {
    const OTHERS: Migration = Migration { name: "0001_other", sql: "CREATE TABLE other (id TEXT)" };
    for db in databases("newcomer").await {
        put(&db, "precious").await.expect("it is put");
        let done = sql::migrate(&db, "other", &[OTHERS]).await.expect("it applies");
        assert_eq!((done.applied.as_slice(), done.copy), (["0001_other"].as_slice(), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_migrate_once() {
    for db in databases("race").await {
        let other = db.open_again(sql::Options::default()).await;
        let (one, two) = tokio::join!(with(&db, &[CLAIM_TABLE]), with(&other, &[CLAIM_TABLE]));
        let applied = one.expect("it applies").applied.len() + two.expect("it applies").applied.len();
        assert_eq!(applied, 1);
        other.close().await;
    }
}
