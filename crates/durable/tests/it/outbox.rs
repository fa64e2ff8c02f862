use crate::{components, env};
use durable::outbox::{self, DeadLetter, Message};
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

#[tokio::test]
async fn an_unreadable_message_is_kept_once_with_the_reason_and_waits_no_more() {
    for test in testkit::databases("outbox_dead", &components()).await {
        let db = test.database();
        db.write(Locks::none(), |tx| {
            outbox::push(tx, env(1), "a", 0, Timestamp::EPOCH, "a0")?;
            outbox::push(tx, env(1), "a", 1, Timestamp::EPOCH, "a1")
        })
        .await
        .unwrap();
        let message = db.read(|tx| outbox::waiting(tx, 1)).await.unwrap().remove(0);
        let letter = DeadLetter { message, reason: "no such field: \0".to_owned() };
        for at in [1, 2] {
            let letters = [letter.clone()];
            let at = Timestamp::from_seconds(at);
            db.write(Locks::none(), move |tx| outbox::bury(tx, &letters, at)).await.unwrap();
        }
        let kept = db.read(|tx| outbox::dead_letters(tx, 10)).await.unwrap();
        assert_eq!(kept, [DeadLetter { reason: "no such field: \u{fffd}".to_owned(), ..letter }]);
        let waiting = db.read(|tx| outbox::waiting(tx, 10)).await.unwrap();
        assert_eq!(waiting.iter().map(|message| message.n).collect::<Vec<_>>(), [1]);
    }
}

#[tokio::test]
async fn dead_letters_are_bounded() {
    for test in testkit::databases("outbox_dead_many", &components()).await {
        let db = test.database();
        let environment = env(1).id();
        let letter = |n| DeadLetter {
            message: Message { environment, subject: "a".to_owned(), n, body: "x".to_owned() },
            reason: "why".to_owned(),
        };
        let most = outbox::DEAD_LETTERS_MAX;
        for n in [0..most, most..most + 3] {
            let at = Timestamp::from_seconds(n.end);
            let letters: Vec<_> = n.map(letter).collect();
            db.write(Locks::none(), move |tx| outbox::bury(tx, &letters, at)).await.unwrap();
        }
        let kept = db.read(move |tx| outbox::dead_letters(tx, i64::MAX)).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|letter| letter.message.n).collect();
        assert_eq!(kept, (3..most + 3).rev().collect::<Vec<_>>());
    }
}
