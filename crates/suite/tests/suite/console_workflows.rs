//! *Workflows*: what is published, and what it would do with the settings as they are.

use super::browser::{Browser, text};
use super::house::House;

#[tokio::test]
async fn each_node_says_what_it_does_here() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.set(house.env(), |settings| settings.waitlist_limit = Some(3)).await;
    let page = text(&browser.get(&house, "/console/dev/workflows").await);
    let id = house.start.workflows.prosumer.to_string();
    for words in [
        id.as_str(),
        "Prosumer",
        "version 1",
        "1, published",
        "runs that begin now",
        "Lets 3 people through",
        "tenant.provision@1",
        "Free Trial",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("knot bad"), "nothing is missing: {page}");
    let production = text(&browser.get(&house, "/console/prod/workflows").await);
    assert!(production.contains(&id) && production.contains("No URL is set"), "{production}");
    assert!(production.contains("/console/prod/settings#webhook"), "{production}");
}
