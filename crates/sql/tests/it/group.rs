//! Commands that share a transaction do not spoil each other.

use super::fixture::{No, PUT, PUT_NEW, databases_with, get, ids, lock, one_lane, put, together};
use sql::{Database, Fault, Locks, Options, Tx, params};
use std::pin::Pin;
use testkit::TestDb;

type Running<T> = Pin<Box<dyn Future<Output = Result<T, No>> + Send>>;

fn command<T: Send + 'static>(db: &Database, f: fn(&mut Tx<'_>) -> Result<T, No>) -> Running<T> {
    let db = db.clone();
    Box::pin(async move { db.write(Locks::none(), f).await })
}

async fn both_ways(test: &str) -> Vec<TestDb> {
    let mut all = databases_with(test, one_lane()).await;
    all.extend(databases_with(test, Options { run_each_command_twice: true, ..one_lane() }).await);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusing_a_failing_and_a_panicking_command_leave_the_others_alone() {
    for db in both_ways("leave alone").await {
        put(&db, "taken").await.expect("it is put");
        let answers = together(
            &db,
            vec![
                command(&db, |tx| Ok(tx.execute(&PUT, params!["first", 1])?)),
                command(&db, |tx| {
                    tx.execute(&PUT, params!["refused", 1])?;
                    Err(No::Refused)
                }),
                command(&db, |tx| {
                    tx.execute(&PUT, params!["refused after reading", 1])?;
                    assert_eq!(get(tx, "first")?, Some(1));
                    Err(No::Refused)
                }),
                command(&db, |tx| Ok(tx.execute(&PUT, params!["taken", 1])?)),
                command(&db, |tx| {
                    tx.execute(&PUT, params!["panicked", 1])?;
                    panic!("as the test wants");
                }),
                command(&db, |tx| {
                    tx.query(&PUT_NEW, params!["panicked after writing", 1], |_| Ok(()))?;
                    panic!("as the test wants");
                }),
                command(&db, |tx| Ok(tx.execute(&PUT, params!["last", 1])?)),
            ],
        )
        .await;
        let kinds: Vec<_> = answers.iter().map(kind).collect();
        assert_eq!(kinds, ["done", "refused", "refused", "failed", "panicked", "panicked", "done"]);
        assert_eq!(ids(&db).await, ["first", "last", "taken"]);
        put(&db, "afterwards").await.expect("the lane goes on");
    }
}

fn kind<T>(answer: &Result<T, No>) -> &'static str {
    match answer {
        Ok(_) => "done",
        Err(No::Refused) => "refused",
        Err(No::Sql(Fault::Panicked)) => "panicked",
        Err(No::Sql(Fault::Engine { .. })) => "failed",
        Err(No::Sql(_)) => "another fault",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_error_still_fails_its_command() {
    for db in both_ways("swallowed").await {
        put(&db, "taken").await.expect("it is put");
        let answer = db
            .write::<_, No>(lock("a"), |tx| {
                tx.execute(&PUT, params!["before", 1])?;
                let _ = tx.execute(&PUT, params!["taken", 1]);
                let seen = get(tx, "taken");
                assert!(matches!(seen, Err(Fault::Engine { .. } | Fault::Aborted)), "{seen:?}");
                let after = tx.execute(&PUT, params!["after", 1]);
                assert!(matches!(after, Err(Fault::Aborted)), "{after:?}");
                Ok(())
            })
            .await;
        assert_eq!(kind(&answer), "failed", "{answer:?}");
        assert_eq!(ids(&db).await, ["taken"]);
    }
}

/// The first command's write is deferred on PostgreSQL: its error comes up in the second one, which must
/// neither be blamed nor be able to hide it.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_comes_up_in_another_command_is_its_owners() {
    for db in both_ways("owner").await {
        put(&db, "taken").await.expect("it is put");
        let answers = together(
            &db,
            vec![
                command(&db, |tx| Ok(tx.execute(&PUT, params!["taken", 1])?)),
                command(&db, |tx| {
                    let _ = get(tx, "taken");
                    Ok(tx.execute(&PUT, params!["innocent", 1])?)
                }),
            ],
        )
        .await;
        assert_eq!(answers.iter().map(kind).collect::<Vec<_>>(), ["failed", "done"]);
        assert_eq!(ids(&db).await, ["innocent", "taken"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_an_insert_that_gave_no_row_costs_nobody_a_second_run() {
    for db in databases_with("no row", one_lane()).await {
        put(&db, "taken").await.expect("it is put");
        let before = db.stats();
        let answers = together(
            &db,
            vec![
                command(&db, |tx| Ok(tx.execute(&PUT, params!["a", 1])?)),
                command(&db, |tx| match tx.query_opt(&PUT_NEW, params!["taken", 1], |_| Ok(()))? {
                    Some(()) => Ok(()),
                    None => Err(No::Refused),
                }),
                command(&db, |tx| Ok(tx.execute(&PUT, params!["b", 1])?)),
            ],
        )
        .await;
        assert_eq!(answers.iter().map(kind).collect::<Vec<_>>(), ["done", "refused", "done"]);
        assert_eq!(db.stats().reruns, before.reruns);
        assert_eq!(ids(&db).await, ["a", "b", "taken"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_cannot_be_prepared_fails_its_command_alone() {
    static NONSENSE: sql::Statement = sql::statement("SELECT nothing FROM nowhere");
    for db in both_ways("nonsense").await {
        let answers = together(
            &db,
            vec![
                command(&db, |tx| Ok(tx.execute(&PUT, params!["a", 1])?)),
                command(&db, |tx| Ok(tx.query(&NONSENSE, &[], |_| Ok(())).map(|_| ())?)),
                command(&db, |tx| Ok(tx.execute(&PUT, params!["b", 1])?)),
            ],
        )
        .await;
        assert_eq!(answers.iter().map(kind).collect::<Vec<_>>(), ["done", "failed", "done"]);
        assert_eq!(ids(&db).await, ["a", "b"]);
    }
}
