//! API keys, signing keys and the revision, on every engine.

use crate::components;
use kernel::{Env, EnvironmentId, KeyId, OperatorId, Timestamp};
use model::caller::{KeyKind, Scope};
use sql::{Fault, Lock, Locks};
use std::time::Duration;
use store::key::{self, ApiKey, Proof, SigningKey};
use testkit::{SeededRng, TestDb, databases};

const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);

fn env(seed: u64) -> Env {
    Env::vouched(EnvironmentId::random(&SeededRng::new(seed)))
}

fn locks(env: Env) -> [Lock; 2] {
    [key::lock(env), key::revision_lock()]
}

fn opaque(env: Env, seed: u64, at: Timestamp) -> ApiKey {
    ApiKey {
        id: KeyId::random(&SeededRng::new(seed)),
        environment: env.id(),
        kind: KeyKind::Private,
        name: format!("key {seed}"),
        scopes: vec![Scope::TelemetryApis, Scope::RevenueApis],
        proof: Proof::Opaque { hash: format!("hash {seed}"), hint: "wZs0".into() },
        created_at: at,
        created_by: None,
        expires_at: None,
        rotate_days: None,
        revoked_at: None,
        last_used_at: None,
    }
}

fn rsa(env: Env) -> ApiKey {
    ApiKey {
        kind: KeyKind::Rsa,
        proof: Proof::Rsa { public_key: vec![0, 1, 255], thumbprint: "print".into() },
        created_by: Some(OperatorId::random(&SeededRng::new(5))),
        expires_at: Some(NOW.plus(Duration::from_secs(9))),
        rotate_days: Some(90),
        ..opaque(env, 9, NOW)
    }
}

fn signing(env: Env, kid: &str, at: Timestamp) -> SigningKey {
    SigningKey {
        kid: kid.into(),
        environment: env.id(),
        public_key: kid.as_bytes().to_vec(),
        sealed: vec![7],
        created_at: at,
        retired_at: None,
    }
}

async fn insert(db: &TestDb, env: Env, row: &ApiKey) {
    let row = row.clone();
    db.write(key::lock(env), move |tx| key::insert(tx, env, &row)).await.unwrap();
}

async fn put(db: &TestDb, env: Env, row: SigningKey) -> i64 {
    db.write(locks(env), move |tx| key::put_signing(tx, env, &row)).await.unwrap()
}

#[tokio::test]
async fn keys_of_both_forms_come_back_as_they_went_in() {
    for db in databases("key_forms", &components()).await {
        let (first, second) = (opaque(env(1), 2, NOW), rsa(env(1)));
        insert(&db, env(1), &first).await;
        insert(&db, env(1), &second).await;
        let (one, two) = (first.id, second.id);
        assert_eq!(db.read(move |tx| key::find(tx, one)).await.unwrap(), Some(first.clone()));
        assert_eq!(db.read(move |tx| key::find(tx, two)).await.unwrap(), Some(second));
        assert_eq!(db.read(|tx| key::by_hash(tx, "hash 2")).await.unwrap(), Some(first));
        assert_eq!(db.read(|tx| key::by_hash(tx, "hash 3")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_list_holds_one_environment_newest_first() {
    for db in databases("key_list", &components()).await {
        for (seed, seconds) in [(2, 0), (3, 5), (4, 3)] {
            insert(&db, env(1), &opaque(env(1), seed, NOW.plus(Duration::from_secs(seconds)))).await;
        }
        insert(&db, env(7), &opaque(env(7), 8, NOW)).await;
        let listed = db.read(|tx| key::list(tx, env(1), NOW)).await.unwrap();
        let names: Vec<_> = listed.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["key 3", "key 4", "key 2"]);
    }
}

/// A key that ended takes nobody's place, neither in the count nor in a list that is cut.
#[tokio::test]
async fn good_keys_come_first_and_are_counted_alone() {
    for db in databases("key_good", &components()).await {
        let second = Duration::from_secs(1);
        let late = NOW.plus(5 * second);
        let expired = ApiKey { expires_at: Some(late), ..opaque(env(1), 3, NOW.plus(second)) };
        let (good, revoked) = (opaque(env(1), 2, NOW), opaque(env(1), 4, NOW.plus(2 * second)));
        for row in [&good, &expired, &revoked] {
            insert(&db, env(1), row).await;
        }
        let id = revoked.id;
        db.write(locks(env(1)), move |tx| key::revoke(tx, env(1), id, late)).await.unwrap();
        let look = move |tx: &mut sql::Tx<'_>| {
            Ok::<_, Fault>((key::count_good(tx, env(1), late)?, key::list(tx, env(1), late)?))
        };
        let (count, listed) = db.read(look).await.unwrap();
        let names: Vec<_> = listed.iter().map(|key| key.name.as_str()).collect();
        assert_eq!((count, names), (1, vec!["key 2", "key 4", "key 3"]));
        assert_eq!(db.read(|tx| key::count_good(tx, env(1), NOW)).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn revoking_raises_the_revision_once_and_in_its_environment_alone() {
    for db in databases("key_revoke", &components()).await {
        let row = opaque(env(1), 2, NOW);
        let id = row.id;
        insert(&db, env(1), &row).await;
        let before = db.read(key::revision).await.unwrap();
        let revoke = |env: Env| db.write(locks(env), move |tx| key::revoke(tx, env, id, NOW));
        assert_eq!(revoke(env(7)).await.unwrap(), None);
        assert_eq!(revoke(env(1)).await.unwrap(), Some(before + 1));
        assert_eq!(revoke(env(1)).await.unwrap(), None);
        assert_eq!(db.read(key::revision).await.unwrap(), before + 1);
        let revoked = db.read(move |tx| key::find(tx, id)).await.unwrap().unwrap();
        assert_eq!(revoked.revoked_at, Some(NOW));
    }
}

#[tokio::test]
async fn revoking_needs_both_locks() {
    for db in databases("key_locks", &components()).await {
        for held in [key::lock(env(1)), key::revision_lock()] {
            let id = KeyId::random(&SeededRng::new(2));
            let refused = db.write(held, move |tx| key::revoke(tx, env(1), id, NOW)).await;
            assert!(matches!(refused, Err(Fault::LockNotHeld { .. })));
        }
    }
}

#[tokio::test]
async fn the_last_use_only_moves_later() {
    for db in databases("key_touch", &components()).await {
        let row = opaque(env(1), 2, NOW);
        let id = row.id;
        insert(&db, env(1), &row).await;
        let later = NOW.plus(Duration::from_secs(1));
        for at in [later, NOW] {
            db.write(Locks::none(), move |tx| key::touch(tx, id, at)).await.unwrap();
        }
        let found = db.read(move |tx| key::find(tx, id)).await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(later));
    }
}

#[tokio::test]
async fn a_new_signing_key_retires_the_one_before() {
    for db in databases("key_signing", &components()).await {
        let (first_at, second_at) = (NOW, NOW.plus(Duration::from_secs(10)));
        let first = put(&db, env(1), signing(env(1), "k1", first_at)).await;
        put(&db, env(7), signing(env(7), "other", first_at)).await;
        let third = put(&db, env(1), signing(env(1), "k2", second_at)).await;
        assert!(third > first, "caches must notice");
        let current = db.read(|tx| key::current_signing(tx, env(1))).await.unwrap().unwrap();
        assert_eq!(current, signing(env(1), "k2", second_at));
        let old = db.read(|tx| key::signing(tx, "k1")).await.unwrap().unwrap();
        assert_eq!(old.retired_at, Some(second_at));
        let other = db.read(|tx| key::signing(tx, "other")).await.unwrap().unwrap();
        assert_eq!(other.retired_at, None);
    }
}

#[tokio::test]
async fn a_retired_key_is_published_for_as_long_as_asked() {
    for db in databases("key_published", &components()).await {
        let retired_at = NOW.plus(Duration::from_secs(10));
        put(&db, env(1), signing(env(1), "k1", NOW)).await;
        put(&db, env(1), signing(env(1), "k2", retired_at)).await;
        let published = |since| db.read(move |tx| key::published(tx, env(1).id(), since));
        assert_eq!(published(NOW).await.unwrap(), [b"k2".to_vec(), b"k1".to_vec()]);
        assert_eq!(published(retired_at).await.unwrap(), [b"k2".to_vec()]);
    }
}
