//! From the outbox to the journal: in order per subject, and past what cannot be read.

use super::house::House;
use durable::outbox;
use sql::Locks;

#[tokio::test]
async fn a_row_that_cannot_be_read_becomes_a_dead_letter_and_stops_nobody() {
    let mut house = House::new().await;
    let (env, at) = (house.env(), house.app.db.now());
    house
        .app
        .db
        .write(Locks::none(), move |tx| {
            outbox::push(tx, env, "subject", 7, at, r#"{"name":"from the future"}"#)
        })
        .await
        .unwrap();
    house.waiting("ada").await;
    assert_eq!(house.event_names().await, ["signed_up", "user_enriched", "group_enriched"]);
    assert_eq!(house.app.relay.counts(), (3, 1));
    let letters = house.app.db.read(|tx| outbox::dead_letters(tx, 10)).await.unwrap();
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    assert_eq!((letter.message.subject.as_str(), letter.message.n), ("subject", 7));
    assert!(letter.reason.contains("at line 1 column"), "{}", letter.reason);
    assert_eq!(house.app.db.read(outbox::count).await.unwrap(), 0);
}
