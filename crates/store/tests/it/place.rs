//! The places of the waitlist: how many are taken, whoever took them and however many there are.

use crate::components;
use kernel::{EndUserId, Env, EnvironmentId, Timestamp};
use sql::{Database, Engine, Locks};
use store::end_user;
use testkit::{SeededRng, databases};
use uuid::Uuid;

fn env(n: u128) -> Env {
    Env::vouched(EnvironmentId::from_uuid(Uuid::from_u128(n)))
}

/// Admits `users` as a trigger does that no limit holds up: without the waitlist's lock, and nobody counts.
async fn admit(db: &Database, users: std::ops::Range<u64>) {
    let now = db.now();
    let rng = SeededRng::new(users.end);
    let ids: Vec<(String, EndUserId)> =
        users.map(|n| (format!("user-{n}"), EndUserId::ordered(now, &rng))).collect();
    db.write(Locks::none(), move |tx| {
        for (user, fresh) in &ids {
            let id = end_user::obtain(tx, env(1), user, "u@acme.com", *fresh, now)?;
            end_user::admit(tx, env(1), id, now)?;
        }
        Ok::<_, sql::Fault>(())
    })
    .await
    .unwrap();
}

async fn admitted(db: &Database, n: u128, limit: u32) -> u32 {
    db.write(end_user::waitlist_lock(env(n)), move |tx| end_user::admitted(tx, env(n), limit)).await.unwrap()
}

#[tokio::test]
async fn the_count_is_exact_while_those_from_before_the_limit_are_numbered() {
    for db in databases("store_place", &components()).await {
        assert_eq!(admitted(&db, 1, 1_000).await, 0);
        admit(&db, 0..450).await;
        assert_eq!(admitted(&db, 1, 1_000).await, 450, "200 are numbered, the others counted");
        assert_eq!(admitted(&db, 1, 300).await, 300, "no further than the limit");
        admit(&db, 440..452).await;
        for _ in 0..3 {
            assert_eq!(admitted(&db, 1, 1_000).await, 452, "nobody twice, nobody left out");
        }
        assert_eq!(admitted(&db, 2, 1_000).await, 0, "places of another environment");
    }
}

/// What a full house costs: as many statements as an empty one, none of which walks over the places.
#[tokio::test]
async fn counting_many_places_costs_what_counting_few_does() {
    for db in databases("store_place_cost", &components()).await {
        let mut costs = Vec::new();
        for users in [0..5, 5..600] {
            admit(&db, users.clone()).await;
            for _ in 0..4 {
                admitted(&db, 1, u32::MAX).await;
            }
            admit(&db, users.end + 1_000..users.end + 1_001).await;
            let before = db.stats().statements;
            admitted(&db, 1, u32::MAX).await;
            costs.push(db.stats().statements - before);
        }
        assert_eq!(costs[0], costs[1]);
        if db.engine() == Engine::Sqlite {
            for (index, order) in [("end_user_place ", "place DESC"), ("end_user_placeless ", "id LIMIT")] {
                let plan = plan(&db, &format!("ORDER BY {order}")).await;
                assert!(plan.contains(index) && plan.contains("environment_id=?"), "{plan}");
                assert!(!plan.contains("SCAN") && !plan.contains("B-TREE"), "{plan}");
            }
        }
    }
}

/// How SQLite would run the statement about places that contains `part`.
async fn plan(db: &Database, part: &str) -> String {
    let wanted = |text: &&str| text.contains("FROM end_user") && text.contains(part);
    let text = store::statements().map(sql::Statement::text).find(wanted).unwrap();
    let explained: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
    let statement: &'static sql::Statement = Box::leak(Box::new(sql::statement(explained)));
    let params = if text.contains("$2") { 2 } else { 1 };
    let steps = db
        .read(move |tx| {
            let values = [sql::Value::from(Timestamp::EPOCH), sql::Value::from(1_i64)];
            tx.query(statement, &values[..params], |row| row.get::<String>(3))
        })
        .await;
    steps.unwrap().join("; ")
}
