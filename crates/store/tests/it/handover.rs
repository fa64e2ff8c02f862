//! How long links are kept.

use crate::components;
use kernel::{Env, EnvironmentId, RunId, Timestamp};
use sql::{Database, Engine, Fault, Locks};
use store::handover;
use testkit::{SeededRng, databases};
use uuid::Uuid;

fn env() -> Env {
    Env::vouched(EnvironmentId::from_uuid(Uuid::from_u128(1)))
}

/// Links of runs that are nowhere: nobody can use them.
async fn links(db: &Database, count: usize, at: Timestamp) {
    db.write(Locks::none(), move |tx| {
        for n in 0..count {
            let run = RunId::random(&SeededRng::new(n as u64));
            handover::add_link(tx, env(), &format!("{at}/{n}"), run, at)?;
        }
        Ok::<_, Fault>(())
    })
    .await
    .unwrap();
}

async fn forget(db: &Database, at: Timestamp) -> Option<usize> {
    db.write(Locks::none(), move |tx| handover::forget_links(tx, at)).await.unwrap()
}

#[tokio::test]
async fn links_of_nobody_are_forgotten_in_portions_once_their_time_is_up() {
    for test in databases("store_links", &components()).await {
        let made = |second: i64| Timestamp::from_seconds(1_000 + second);
        for second in 0..7 {
            links(&test, 100, made(second)).await;
        }
        let due = made(6).plus(handover::LINK_KEPT);
        assert_eq!(forget(&test, made(0)).await, None);
        assert_eq!(forget(&test, due).await, Some(500));
        assert_eq!(forget(&test, due).await, Some(200));
        assert_eq!(forget(&test, due).await, None);
    }
}

/// A waitlist may be long: sweeping must not read the links that are not due.
#[tokio::test]
async fn no_statement_about_links_reads_them_all() {
    for test in databases("store_links_plan", &components()).await {
        if test.engine() != Engine::Sqlite {
            continue;
        }
        let texts = store::statements().map(sql::Statement::text);
        let texts: Vec<_> =
            texts.filter(|text| text.contains("run_link") && !text.starts_with("INSERT")).collect();
        assert_eq!(texts.len(), 6, "{texts:?}");
        for text in texts {
            let plan = plan(&test, text).await;
            assert!(plan.contains("SEARCH run_link USING"), "{text}\n{plan}");
            assert!(!plan.contains("SCAN run") && !plan.contains("B-TREE"), "{text}\n{plan}");
        }
    }
}

/// How SQLite would run the statement.
async fn plan(db: &Database, text: &str) -> String {
    let explained: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
    let statement: &'static sql::Statement = Box::leak(Box::new(sql::statement(explained)));
    let params = (1..=9).filter(|n| text.contains(&format!("${n}"))).count();
    let nothing = move || vec![sql::Value::from(None::<i64>); params];
    let ask = move |tx: &mut sql::Tx<'_>| tx.query(statement, &nothing(), |row| row.get::<String>(3));
    let steps = db.write(Locks::none(), ask).await;
    steps.unwrap().join("; ")
}
