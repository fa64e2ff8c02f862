//! Settings and webhook secrets on every engine.

use crate::components;
use kernel::{Env, EnvironmentId, OperatorId, Timestamp, WebhookSecretId};
use model::setting::Settings;
use store::setting::{self, Change, SealedSecret};
use testkit::{SeededRng, TestDb, databases};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_323_045 + seconds)
}

fn env(seed: u64) -> Env {
    Env::vouched(EnvironmentId::random(&SeededRng::new(seed)))
}

fn change(version: i64) -> Change {
    Change { version, at: at(10), by: OperatorId::random(&SeededRng::new(9)), endpoint_moved: false }
}

async fn create(db: &TestDb, env: Env) {
    let made =
        db.write(setting::lock(env), move |tx| setting::create(tx, env, &Settings::new("Acme"), at(0))).await;
    assert!(made.unwrap());
}

#[tokio::test]
async fn a_save_names_the_version_it_started_from() {
    for db in databases("setting_save", &components()).await {
        let env = env(1);
        create(&db, env).await;
        let again = db
            .write(setting::lock(env), move |tx| setting::create(tx, env, &Settings::new("B"), at(0)))
            .await;
        assert!(!again.unwrap(), "there is one already");
        let save = |name: &'static str, from| {
            db.write(setting::lock(env), move |tx| setting::save(tx, env, &Settings::new(name), change(from)))
        };
        assert_eq!(save("Acme Notes", 1).await.unwrap(), Some(2));
        assert_eq!(save("Too late", 1).await.unwrap(), None, "somebody was faster");
        let stored = db.read(move |tx| setting::load(tx, env)).await.unwrap().unwrap();
        assert_eq!((stored.settings.product_name.as_str(), stored.version), ("Acme Notes", 2));
        assert_eq!((stored.changed_at, stored.changed_by), (at(10), Some(change(0).by)));
    }
}

#[tokio::test]
async fn an_environment_sees_its_own_settings_alone() {
    for db in databases("setting_env", &components()).await {
        create(&db, env(1)).await;
        assert_eq!(db.read(|tx| setting::load(tx, env(2))).await.unwrap(), None);
        let other = move |tx: &mut sql::Tx<'_>| setting::save(tx, env(2), &Settings::new("x"), change(1));
        assert_eq!(db.write(setting::lock(env(2)), other).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_disabled_webhook_keeps_its_first_time_and_the_version() {
    for db in databases("setting_disable", &components()).await {
        let env = env(1);
        create(&db, env).await;
        let load = || db.read(move |tx| setting::load(tx, env));
        for (seconds, first) in [(5, true), (7, false)] {
            let disabled = db
                .write(setting::lock(env), move |tx| setting::disable_webhook(tx, env, at(seconds)))
                .await
                .unwrap();
            assert_eq!(disabled, first);
        }
        let stored = load().await.unwrap().unwrap();
        assert_eq!((stored.settings.webhook.disabled_at, stored.version), (Some(at(5)), 1));
        let kept = stored.settings.clone();
        db.write(setting::lock(env), move |tx| setting::save(tx, env, &kept, change(1))).await.unwrap();
        assert_eq!(
            load().await.unwrap().unwrap().settings.webhook.disabled_at,
            Some(at(5)),
            "a save keeps it"
        );
        db.write(setting::lock(env), move |tx| setting::enable_webhook(tx, env)).await.unwrap();
        assert_eq!(load().await.unwrap().unwrap().settings.webhook.disabled_at, None);
    }
}

#[tokio::test]
async fn a_rotated_secret_stays_until_its_end_and_is_then_removed() {
    for db in databases("setting_secret", &components()).await {
        let env = env(1);
        let [first, second, third] = [1, 2, 3].map(|n| WebhookSecretId::random(&SeededRng::new(n)));
        let rotate = |id: WebhookSecretId, seconds: i64| {
            let row = SealedSecret { id, sealed: vec![0, 255, 7], created_at: at(seconds), ends_at: None };
            db.write(setting::lock(env), move |tx| setting::rotate_secret(tx, env, &row, at(seconds + 100)))
        };
        let good = |seconds| {
            let read = db.read(move |tx| setting::secrets(tx, env, at(seconds)));
            async move { read.await.unwrap().into_iter().map(|s| (s.id, s.ends_at)).collect::<Vec<_>>() }
        };
        rotate(first, 0).await.unwrap();
        rotate(second, 10).await.unwrap();
        let both = vec![(second, None), (first, Some(at(110)))];
        assert_eq!(good(50).await, both, "the current one first");
        assert_eq!(good(110).await, both[..1]);
        rotate(third, 200).await.unwrap();
        assert_eq!(good(50).await.len(), 2, "the first one's row is gone");
    }
}
