//! The waitlist: who has a place, whatever becomes of their run and of the limit (decisions D14, D28).

use super::browser::{Browser, text};
use super::house::{House, Options};
use sql::Locks;
use std::time::Duration;

async fn limited(limit: u32) -> House {
    House::with(Options { waitlist_limit: Some(limit), ..Options::default() }).await
}

/// Triggers and tells what the run waits for.
async fn comes(house: &mut House, user: &str) -> (String, String) {
    let (run, _) = house.trigger(user).await;
    house.pass(Duration::from_secs(1)).await;
    let waits = house.state(&run).await.1.unwrap();
    (run, waits)
}

async fn cancel(house: &House, run: &str) {
    app::run::cancel(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_limit_counts_those_who_came_before_it_and_follows_its_changes() {
    let mut house = House::new().await;
    let env = house.env();
    for user in ["a", "b", "c"] {
        assert_eq!(comes(&mut house, user).await.1, "ack", "no limit is set");
    }
    house.set(env, |settings| settings.waitlist_limit = Some(4)).await;
    assert_eq!(comes(&mut house, "d").await.1, "ack");
    assert_eq!(comes(&mut house, "e").await.1, "waitlist", "three before the limit and one after");
    house.set(env, |settings| settings.waitlist_limit = None).await;
    assert_eq!(comes(&mut house, "f").await.1, "ack");
    house.set(env, |settings| settings.waitlist_limit = Some(2)).await;
    assert_eq!(comes(&mut house, "g").await.1, "waitlist", "a lower limit sends nobody away");
    house.set(env, |settings| settings.waitlist_limit = Some(6)).await;
    assert_eq!(comes(&mut house, "h").await.1, "ack", "the sixth place");
    assert_eq!(comes(&mut house, "i").await.1, "waitlist");
}

#[tokio::test]
async fn an_operator_fills_places_beyond_the_limit_and_they_count() {
    let mut house = limited(1).await;
    comes(&mut house, "a").await;
    for user in ["b", "c"] {
        let (run, waits) = comes(&mut house, user).await;
        assert_eq!(waits, "waitlist");
        app::run::admit(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
    }
    house.set(house.env(), |settings| settings.waitlist_limit = Some(3)).await;
    assert_eq!(comes(&mut house, "d").await.1, "waitlist", "three places are taken");
    house.set(house.env(), |settings| settings.waitlist_limit = Some(4)).await;
    assert_eq!(comes(&mut house, "e").await.1, "ack");
}

/// Decision D14 at a full waitlist: whoever had a place keeps it, whoever waited waits again.
#[tokio::test]
async fn a_cancelled_run_neither_frees_a_place_nor_brings_one() {
    let mut house = limited(1).await;
    let (placed, waits) = comes(&mut house, "placed").await;
    assert_eq!(waits, "ack");
    let (parked, _) = comes(&mut house, "parked").await;
    for run in [&placed, &parked] {
        cancel(&house, run).await;
    }
    assert_eq!(comes(&mut house, "third").await.1, "waitlist", "the place is the user's, not the run's");
    let (again, waits) = comes(&mut house, "placed").await;
    assert_eq!(waits, "ack", "has a place already");
    let (waiting, waits) = comes(&mut house, "parked").await;
    assert_eq!(waits, "waitlist");
    for (before, after) in [(&placed, &again), (&parked, &waiting)] {
        assert_ne!(before, after);
        assert_eq!(house.run(before).await["ts_tenant_id"], house.run(after).await["ts_tenant_id"]);
    }
    assert_eq!(house.admit_next(10).await, 2, "a cancelled run waits for nothing");
}

sql::statements! {
    /// Stands for whatever makes a database refuse one run's row.
    POISON = "CREATE TRIGGER poison BEFORE UPDATE ON run WHEN NEW.user_id = 'third' \
        BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
}

#[tokio::test]
async fn a_batch_that_fails_midway_tells_how_many_were_admitted() {
    let mut house = limited(0).await;
    for user in ["first", "second", "third", "fourth"] {
        comes(&mut house, user).await;
    }
    let mut browser = Browser::signed_in(&house).await;
    house.app.db.write(Locks::none(), |tx| tx.execute(&POISON, sql::params![])).await.unwrap();
    let oldest = app::run::oldest(&house.app, house.env(), 4).await.unwrap();
    let upto = oldest.upto.unwrap().to_string();
    let answer = browser.post(&house, "/console/dev/waitlist/admit", &[("upto", &upto), ("of", "4")]).await;
    assert_eq!(answer.status, 500);
    assert!(text(&answer).contains("2 people were admitted before that."), "{}", text(&answer));
    let again = browser.post(&house, "/console/dev/waitlist/admit", &[("upto", &upto), ("of", "4")]).await;
    assert!(text(&again).contains("0 people were admitted before that."), "the third is the next one still");
    house.settle().await;
    assert_eq!(house.net.take().len(), 2, "those two go on");
}
