use crate::{components, env};
use durable::signal;
use kernel::Timestamp;
use sql::Locks;

#[tokio::test]
async fn the_first_signal_wins_in_its_environment() {
    for test in testkit::databases("signal", &components()).await {
        let db = test.database();
        let put = |n: u128, payload: &'static str| {
            db.write(Locks::none(), move |tx| {
                signal::put(tx, env(n), "ack", "run", payload, Timestamp::EPOCH)
            })
        };
        assert!(put(1, "first").await.unwrap());
        assert!(!put(1, "second").await.unwrap());
        assert!(put(2, "elsewhere").await.unwrap());
        let found = db.read(|tx| signal::get(tx, env(1), "ack", "run")).await.unwrap();
        assert_eq!(found.unwrap().payload, "first");
        assert_eq!(db.read(|tx| signal::get(tx, env(1), "ack", "other")).await.unwrap(), None);
    }
}
