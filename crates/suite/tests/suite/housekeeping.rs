//! What nobody can use any more is forgotten in time.

use super::browser::{Browser, EMAIL};
use super::house::House;
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
