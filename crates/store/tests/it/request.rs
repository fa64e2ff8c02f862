//! Refused requests, on every engine.

use crate::components;
use kernel::{Clock, Env, EnvironmentId, KeyId, RefusedId, RequestId, RunId, Timestamp};
use model::request::{About, Detail, Refused};
use sql::{Database, Locks};
use std::{sync::Arc, time::Duration};
use store::request::{self, FORGET_MAX, Filter, Kept, Owner};
use testkit::SeededRng;
use uuid::Uuid;

fn environment(n: u128) -> EnvironmentId {
    EnvironmentId::from_uuid(Uuid::from_u128(n))
}

fn owner(n: u128) -> Owner {
    Owner::Environment(Env::vouched(environment(n)))
}

fn kept(rng: &SeededRng, at: Timestamp, of: Option<u128>, path: &str, status: u16) -> Kept {
    Kept {
        id: RefusedId::ordered(at, rng),
        refused: Refused {
            request: RequestId::ordered(at, rng),
            at,
            method: "POST".into(),
            path: path.into(),
            status,
            code: if status < 500 { "CONFLICT" } else { "UNAVAILABLE" }.into(),
            message: "no".into(),
            details: vec![Detail { field: "user_id".into(), message: "is required".into() }],
            elapsed: Duration::from_micros(1_234),
            about: About {
                environment: of.map(environment),
                key: of.map(|_| KeyId::random(rng)),
                run: of.map(|_| RunId::random(rng)),
                user: of.map(|_| "Ada_1".to_owned()),
            },
        },
    }
}

async fn write(db: &Database, rows: Vec<Kept>) -> Vec<Kept> {
    let all: Vec<Arc<Kept>> = rows.iter().cloned().map(Arc::new).collect();
    db.write(Locks::none(), move |tx| request::insert(tx, &all)).await.unwrap();
    rows
}

#[tokio::test]
async fn a_refused_request_reads_back_whole_and_once() {
    for test in testkit::databases("store_request_whole", &components()).await {
        let (db, rng, now) = (test.database(), SeededRng::new(3), test.clock.now());
        let rows = vec![kept(&rng, now, Some(1), "/trigger", 409), kept(&rng, now, None, "/token", 401)];
        let rows = write(&db, rows).await;
        write(&db, rows.clone()).await;
        let found = |of, id| db.read(move |tx| request::of_request(tx, of, id));
        let (known, stranger) = (rows[0].refused.request, rows[1].refused.request);
        assert_eq!(found(owner(1), known).await.unwrap(), [rows[0].clone()]);
        assert_eq!(found(Owner::Nobody, stranger).await.unwrap(), [rows[1].clone()]);
        assert_eq!(found(owner(2), known).await.unwrap(), [], "another environment's");
        assert_eq!(found(owner(1), stranger).await.unwrap(), []);
        assert_eq!(found(Owner::Nobody, known).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_list_is_filtered_searched_and_paged() {
    for test in testkit::databases("store_request_list", &components()).await {
        let (db, rng, begin) = (test.database(), SeededRng::new(4), test.clock.now());
        let at = move |n: u64| begin.plus(Duration::from_secs(n));
        let rows = vec![
            kept(&rng, at(0), Some(1), "/trigger", 409),
            kept(&rng, at(1), Some(1), "/api/track_a", 503),
            kept(&rng, at(2), Some(1), "/api/TRACKxa", 409),
            kept(&rng, at(2), Some(2), "/trigger", 409),
        ];
        let rows = write(&db, rows).await;
        let list = |filter: Filter, before: Option<RefusedId>, limit| {
            let db = &db;
            async move {
                let counted = filter.clone();
                let count = db.read(move |tx| request::count(tx, owner(1), &counted)).await.unwrap();
                let found = db.read(move |tx| request::list(tx, owner(1), &filter, before, limit));
                (found.await.unwrap().into_iter().map(|row| row.id).collect::<Vec<_>>(), count)
            }
        };
        let [a, b, c] = [rows[0].id, rows[1].id, rows[2].id];
        assert_eq!(list(Filter::default(), None, 10).await, (vec![c, b, a], 3));
        assert_eq!(list(Filter::default(), None, 2).await, (vec![c, b], 3));
        assert_eq!(list(Filter::default(), Some(b), 2).await, (vec![a], 3));
        let of = |search: &str| Filter { search: Some(search.into()), ..Filter::default() };
        assert_eq!(list(of("track"), None, 10).await, (vec![c, b], 2));
        assert_eq!(list(of("track_a"), None, 10).await, (vec![b], 1), "a sign of LIKE is a character");
        assert_eq!(list(of("ada_1"), None, 10).await.1, 3);
        assert_eq!(list(of(&rows[1].refused.request.to_string()), None, 10).await, (vec![b], 1));
        let key = rows[2].refused.about.key.unwrap().to_string();
        assert_eq!(list(of(&key[..13]), None, 10).await, (vec![c], 1));
        let class = |class| Filter { class: Some(class), ..Filter::default() };
        assert_eq!(list(class(5), None, 10).await, (vec![b], 1));
        assert_eq!(list(class(4), None, 10).await, (vec![c, a], 2));
        let code = Filter { code: Some("UNAVAILABLE".into()), ..Filter::default() };
        assert_eq!(list(code, None, 10).await, (vec![b], 1));
        let since = Filter { since: Some(at(1)), class: Some(4), ..Filter::default() };
        assert_eq!(list(since, None, 10).await, (vec![c], 1));
    }
}

#[tokio::test]
async fn the_oldest_go_in_pieces_and_each_owner_keeps_its_own() {
    for test in testkit::databases("store_request_forget", &components()).await {
        let (db, rng, begin) = (test.database(), SeededRng::new(5), test.clock.now());
        let at = move |n: usize| begin.plus(Duration::from_millis(n as u64));
        let many = FORGET_MAX + 30;
        write(&db, (0..many).map(|n| kept(&rng, at(n), None, "/token", 401)).collect()).await;
        let known = write(&db, (0..5).map(|n| kept(&rng, at(n), Some(1), "/trigger", 409)).collect()).await;
        let surplus = |most| db.write(Locks::none(), move |tx| request::forget_surplus(tx, most));
        assert_eq!(surplus(10).await.unwrap(), FORGET_MAX, "no command grows without bound");
        assert_eq!(surplus(10).await.unwrap(), 20);
        assert_eq!(surplus(10).await.unwrap(), 0);
        let count = |of| db.read(move |tx| request::count(tx, of, &Filter::default()));
        assert_eq!((count(Owner::Nobody).await.unwrap(), count(owner(1)).await.unwrap()), (10, 5));
        let newest = db.read(move |tx| request::list(tx, Owner::Nobody, &Filter::default(), None, 1));
        assert_eq!(newest.await.unwrap()[0].refused.at, at(many - 1), "the oldest went");
        let old = db.write(Locks::none(), move |tx| request::forget(tx, at(3)));
        assert_eq!(old.await.unwrap(), 3);
        let left = db.read(move |tx| request::list(tx, owner(1), &Filter::default(), None, 10));
        let left: Vec<_> = left.await.unwrap().into_iter().rev().map(|row| row.id).collect();
        assert_eq!(left, [known[3].id, known[4].id]);
    }
}
