//! *Reset this user*: in Development somebody may sign up again as if they had never come.

use super::browser::{Browser, text, to};
use super::house::{House, Options};
use std::time::Duration;

const RESET: &str = "/console/dev/users/reset?id=ada";

async fn reset(house: &House, browser: &mut Browser) {
    let done = browser.post(house, RESET, &[("typed", "ada@acme.com")]).await;
    assert_eq!(
        (done.status.as_u16(), to(&done)),
        (303, "/console/dev/users/one?id=ada&reset=done"),
        "{}",
        text(&done)
    );
}

#[tokio::test]
async fn a_user_who_was_through_signs_up_again_as_new() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (first, _) = house.waiting("ada").await;
    assert_eq!(house.ack(&first, Some("tenant-ada")).await.status, 200);
    house.settle().await;
    house.digest().await;
    let person = text(&browser.get(&house, "/console/dev/users/one?id=ada").await);
    assert!(person.contains("Stored as a lead") && person.contains("Reset this user"), "{person}");
    let asked = text(&browser.get(&house, RESET).await);
    assert!(asked.contains("Reset ada@acme.com?") && asked.contains("events in the journal"), "{asked}");
    let unsure = browser.post(&house, RESET, &[("typed", "ada")]).await;
    assert_eq!(unsure.status, 400);
    reset(&house, &mut browser).await;
    let told = text(&browser.get(&house, "/console/dev/users/one?id=ada&reset=done").await);
    assert!(
        told.contains("They may sign up again as new") && told.contains("signed_up"),
        "the story stays: {told}"
    );
    assert!(!told.contains("Stored as a lead") && told.contains(&first), "{told}");

    let (second, _) = house.waiting("ada").await;
    assert_ne!(first, second);
    let (before, after) = (house.run(&first).await, house.run(&second).await);
    assert_ne!(before["ts_tenant_id"], after["ts_tenant_id"], "a tenant of its own");
    assert_eq!(house.ack(&second, Some("tenant-new")).await.status, 200);
    house.settle().await;
    assert_eq!(house.state(&second).await.0, "completed");
    reset(&house, &mut browser).await;
    reset(&house, &mut browser).await;
}

#[tokio::test]
async fn an_open_run_ends_and_the_place_is_free_again() {
    let mut house = House::with(Options { waitlist_limit: Some(2), ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let (open, _) = house.waiting("ada").await;
    house.pass(Duration::from_secs(1)).await;
    house.waiting("bob").await;
    let (parked, _) = house.trigger("kay").await;
    house.settle().await;
    house.digest().await;
    assert_eq!(house.state(&parked).await.1.as_deref(), Some("waitlist"));
    let asked = text(&browser.get(&house, RESET).await);
    assert!(asked.contains("1 open run is cancelled"), "{asked}");
    reset(&house, &mut browser).await;
    assert_eq!(house.state(&open).await.0, "cancelled");
    let (next, _) = house.trigger("eve").await;
    house.settle().await;
    assert_eq!(house.state(&next).await.1.as_deref(), Some("ack"), "the place is free");
    let (again, _) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(house.state(&again).await.1.as_deref(), Some("waitlist"), "and theirs no more");
}

#[tokio::test]
async fn production_resets_nobody() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.waiting("ada").await;
    house.settle().await;
    house.digest().await;
    let there = RESET.replace("/dev/", "/prod/");
    assert_eq!(browser.get(&house, &there).await.status, 404);
    assert_eq!(browser.post(&house, &there, &[("typed", "ada@acme.com")]).await.status, 403);
    assert_eq!(browser.get(&house, "/console/dev/users/reset?id=nobody").await.status, 404);
}
