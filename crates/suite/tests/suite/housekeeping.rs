//! What nobody can use any more is forgotten in time.

use super::browser::{Browser, EMAIL};
use super::house::{House, Options};
use std::time::Duration;

#[tokio::test]
async fn failed_sign_ins_are_forgotten_though_nobody_signs_in() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    let mut browser = Browser::default();
    browser.get(&house, "/console/sign-in").await;
    let wrong = browser.post(&house, "/console/sign-in", &[("email", EMAIL), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 401, "{wrong:?}");
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(app::housekeeping::sweep(&house.app).await.unwrap(), 0, "they still count");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(app::housekeeping::sweep(&house.app).await.unwrap(), 2, "of the account and of the address");
}

/// Decision D25: reloads and mails outlive a waitlist, however long it is.
#[tokio::test]
async fn a_link_lives_as_long_as_its_run_waits_and_a_month_more() {
    const DAY: Duration = Duration::from_secs(86_400);
    let mut house = House::with(Options { waitlist_limit: Some(0), ..Options::default() }).await;
    let (parked, link) = house.trigger("ada").await;
    let (ended, gone) = house.trigger("bob").await;
    let act = |run: &str| (house.actor(), house.env(), run.parse().unwrap());
    let (actor, env, run) = act(&ended);
    app::run::cancel(&house.app, &actor, env, run).await.unwrap();
    for _ in 0..3 {
        house.clock.advance(31 * DAY);
        app::housekeeping::sweep(&house.app).await.unwrap();
        assert_eq!(house.browse(&link).await.status, 200, "still on the waitlist");
        assert_eq!(house.browse(&gone).await.status, 404, "cancelled a month ago");
    }
    let (actor, env, run) = act(&parked);
    app::run::admit(&house.app, &actor, env, run).await.unwrap();
    house.settle().await;
    house.ack(&parked, Some("t-1")).await;
    house.clock.advance(DAY);
    app::housekeeping::sweep(&house.app).await.unwrap();
    assert_ne!(house.browse(&link).await.status, 404, "the run has only just ended");
    for _ in 0..2 {
        house.clock.advance(31 * DAY);
        app::housekeeping::sweep(&house.app).await.unwrap();
    }
    assert_eq!(house.browse(&link).await.status, 404, "long over");
}
