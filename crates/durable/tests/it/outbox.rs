use crate::{components, env};
use durable::outbox;
use kernel::Timestamp;
use sql::{Fault, Locks};

#[tokio::test]
async fn messages_leave_in_order_per_subject_and_are_forgotten_by_key() {
    for test in testkit::databases("outbox", &components()).await {
        let db = test.database();
        db.write(Locks::none(), |tx| {
            let at = Timestamp::from_seconds(5);
            outbox::push(tx, env(1), "b", 0, at, "b0")?;
            outbox::push(tx, env(1), "a", 0, at, "a0")?;
            outbox::push(tx, env(1), "a", 1, at, "a1")?;
            outbox::push(tx, env(1), "z", 7, Timestamp::from_seconds(1), "old")
        })
        .await
        .unwrap();
        let waiting = db.read(|tx| outbox::waiting(tx, 10)).await.unwrap();
        let bodies: Vec<_> = waiting.iter().map(|message| message.body.as_str()).collect();
        assert_eq!(bodies, ["old", "a0", "a1", "b0"]);

        let gone = waiting[..2].to_vec();
        for _ in 0..2 {
            let gone = gone.clone();
            db.write(Locks::none(), move |tx| outbox::delete(tx, &gone)).await.unwrap();
        }
        assert_eq!(db.read(outbox::count).await.unwrap(), 2, "deleting twice is nothing");
    }
}

#[tokio::test]
async fn a_refused_command_leaves_nothing_in_the_outbox() {
    for test in testkit::databases("outbox_refused", &components()).await {
        let db = test.database();
        let refused = db
            .write(Locks::none(), |tx| {
                outbox::push(tx, env(1), "a", 0, Timestamp::EPOCH, "a0")?;
                Err::<(), _>(Fault::LockBusy)
            })
            .await;
        assert!(matches!(refused, Err(Fault::LockBusy)));
        assert_eq!(db.read(outbox::count).await.unwrap(), 0);
    }
}
