//! Operators, links, sessions and failures on every engine.

use crate::components;
use kernel::{OperatorId, OrganizationId, Timestamp};
use sql::{Fault, Locks};
use std::time::Duration;
use store::operator::{self, Failures, Operator, Session, SessionLife};
use testkit::{SeededRng, TestDb, databases};

const LIFE: SessionLife = SessionLife { idle: Duration::from_secs(100), whole: Duration::from_secs(1_000) };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_323_045 + seconds)
}

fn ada() -> Operator {
    let rng = SeededRng::new(1);
    Operator {
        id: OperatorId::random(&rng),
        organization: OrganizationId::random(&rng),
        email: "ada@acme.test".into(),
        password_hash: None,
        created_at: at(0),
    }
}

async fn with_ada(db: &TestDb) -> Operator {
    let created = ada();
    let row = created.clone();
    let made = db.write(operator::email_lock(&created.email), move |tx| operator::create(tx, &row)).await;
    assert!(made.unwrap());
    created
}

fn session_of(operator: &Operator, hash: &str, opened: Timestamp) -> Session {
    Session {
        hash: hash.into(),
        operator: operator.id,
        created_at: opened,
        seen_at: opened,
        address: "192.0.2.7".into(),
        agent: "a browser".into(),
        email: operator.email.clone(),
        organization: operator.organization,
    }
}

#[tokio::test]
async fn an_address_is_taken_once_and_found_again() {
    for db in databases("operator_create", &components()).await {
        let first = with_ada(&db).await;
        let other = Operator { id: OperatorId::random(&SeededRng::new(2)), ..first.clone() };
        let again =
            db.write(operator::email_lock(&first.email), move |tx| operator::create(tx, &other)).await;
        assert!(!again.unwrap(), "the address is taken");
        let id = first.id;
        let (by_email, by_id, all): (_, _, Vec<Operator>) = db
            .read(move |tx| {
                Ok::<_, Fault>((
                    operator::by_email(tx, "ada@acme.test")?,
                    operator::by_id(tx, id)?,
                    operator::list(tx)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(by_email.as_ref(), Some(&first));
        assert_eq!(by_id.as_ref(), Some(&first));
        assert_eq!(all, [first]);
    }
}

#[tokio::test]
async fn a_link_is_used_once_replaced_by_the_next_and_ends() {
    for db in databases("operator_link", &components()).await {
        let ada = with_ada(&db).await;
        let id = ada.id;
        let put = |hash: &'static str| {
            db.write(operator::lock(id), move |tx| operator::put_link(tx, id, hash, at(60)))
        };
        let take = |hash: &'static str, now| {
            db.write(operator::lock(id), move |tx| operator::take_link(tx, id, hash, now))
        };
        let look = |hash: &'static str, now| db.read(move |tx| operator::link(tx, hash, now));
        put("one").await.unwrap();
        put("two").await.unwrap();
        assert_eq!(look("one", at(1)).await.unwrap(), None, "a newer link replaces it");
        assert_eq!(look("two", at(60)).await.unwrap(), None, "it ends at its time");
        assert_eq!(look("two", at(59)).await.unwrap(), Some(id));
        assert_eq!(look("two", at(59)).await.unwrap(), Some(id), "looking does not use it up");
        assert_eq!(take("two", at(61)).await.unwrap(), None);
        assert_eq!(take("two", at(59)).await.unwrap(), Some(id));
        assert_eq!(take("two", at(59)).await.unwrap(), None, "used up");
    }
}

#[tokio::test]
async fn a_password_shows_that_somebody_can_sign_in() {
    for db in databases("operator_password", &components()).await {
        let ada = with_ada(&db).await;
        assert!(!db.read(operator::any_password).await.unwrap());
        db.write(operator::lock(ada.id), move |tx| operator::set_password(tx, ada.id, "$argon2id$x"))
            .await
            .unwrap();
        assert!(db.read(operator::any_password).await.unwrap());
        let stored = db.read(move |tx| operator::by_id(tx, ada.id)).await.unwrap().unwrap();
        assert_eq!(stored.password_hash.as_deref(), Some("$argon2id$x"));
    }
}

#[tokio::test]
async fn sessions_open_are_seen_and_close_one_or_all() {
    for db in databases("operator_session", &components()).await {
        let ada = with_ada(&db).await;
        let id = ada.id;
        for (hash, opened) in [("old", 0), ("a", 150), ("b", 160)] {
            let session = session_of(&ada, hash, at(opened));
            db.write(operator::lock(id), move |tx| operator::open_session(tx, &session, LIFE)).await.unwrap();
        }
        assert_eq!(
            db.read(|tx| operator::session(tx, "old")).await.unwrap(),
            None,
            "ended ones are forgotten"
        );
        // Out of order: the later one stays.
        for seconds in [200, 190] {
            db.write(Locks::none(), move |tx| operator::touch(tx, "a", at(seconds))).await.unwrap();
        }
        let open = |now| db.read(move |tx| operator::sessions(tx, id, LIFE, now));
        let hashes = |list: Vec<Session>| list.into_iter().map(|s| s.hash).collect::<Vec<_>>();
        assert_eq!(hashes(open(at(210)).await.unwrap()), ["a", "b"], "the latest used first");
        assert_eq!(hashes(open(at(265)).await.unwrap()), ["a"], "b was idle for too long");
        let a = db.read(|tx| operator::session(tx, "a")).await.unwrap().unwrap();
        assert_eq!((a.email.as_str(), a.seen_at, a.created_at), ("ada@acme.test", at(200), at(150)));
        assert!(LIFE.covers(&a, at(299)) && !LIFE.covers(&a, at(300)), "idle");
        let worn = Session { seen_at: at(1_149), ..a };
        assert!(LIFE.covers(&worn, at(1_149)) && !LIFE.covers(&worn, at(1_150)), "in all");
        db.write(Locks::none(), |tx| operator::close(tx, "a")).await.unwrap();
        assert_eq!(hashes(open(at(210)).await.unwrap()), ["b"]);
        db.write(operator::lock(id), move |tx| operator::close_all(tx, id)).await.unwrap();
        assert_eq!(open(at(210)).await.unwrap(), []);
        let last = session_of(&ada, "c", at(300));
        db.write(operator::lock(id), move |tx| operator::open_session(tx, &last, LIFE)).await.unwrap();
        for (before, gone) in [(300, 0), (301, 1), (301, 0)] {
            let forgotten =
                db.write(Locks::none(), move |tx| operator::forget_sessions(tx, at(before))).await;
            assert_eq!(forgotten.unwrap(), gone);
        }
    }
}

#[tokio::test]
async fn failures_are_kept_per_subject_and_forgotten_when_quiet() {
    for db in databases("operator_failure", &components()).await {
        let failures = |count, last, free| Failures { count, last_at: at(last), free_at: at(free) };
        let set = |subject: &'static str, f| {
            db.write(operator::attempt_lock(subject), move |tx| operator::set_failures(tx, subject, f))
        };
        let get = |subject: &'static str| db.read(move |tx| operator::failures(tx, subject));
        set("account:a", failures(1, 5, 5)).await.unwrap();
        set("account:a", failures(2, 9, 40)).await.unwrap();
        set("address:b", failures(1, 9, 9)).await.unwrap();
        assert_eq!(get("account:a").await.unwrap(), Some(failures(2, 9, 40)));
        set("address:c", failures(1, 10, 10)).await.unwrap();
        assert_eq!(db.write(Locks::none(), |tx| operator::forget_failures(tx, at(9))).await.unwrap(), 0);
        assert_eq!(db.write(Locks::none(), |tx| operator::forget_failures(tx, at(10))).await.unwrap(), 2);
        assert!(get("address:c").await.unwrap().is_some());
        set("account:a", failures(2, 9, 40)).await.unwrap();
        let clear = |tx: &mut sql::Tx<'_>| operator::clear_failures(tx, "account:a");
        assert!(matches!(db.write(Locks::none(), clear).await, Err(Fault::LockNotHeld { .. })));
        db.write(operator::attempt_lock("account:a"), clear).await.unwrap();
        assert_eq!(get("account:a").await.unwrap(), None);
    }
}
