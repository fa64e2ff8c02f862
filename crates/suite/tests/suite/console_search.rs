//! Search from anywhere, and what a list of runs hears of news.

use super::browser::{Browser, text};
use super::house::House;
use serde_json::json;

const SEARCH: &str = "/console/dev/search";

#[tokio::test]
async fn rooms_people_accounts_runs_and_webhooks_are_found_in_their_environment_alone() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, _) = house.waiting("ada").await;
    assert_eq!(house.ack(&run, Some("tenant-ada")).await.status, 200);
    house.settle().await;
    house.digest().await;
    let all = text(&browser.get(&house, SEARCH).await);
    assert!(all.contains(">Waitlist<") && all.contains(">Settings<"), "without a text all rooms: {all}");
    let ada = text(&browser.get(&house, &format!("{SEARCH}?q=ADA%40")).await);
    for href in ["/console/dev/users/one?id=ada".to_owned(), format!("/console/dev/runs/{run}")] {
        assert!(ada.contains(&href), "{href}: {ada}");
    }
    let by_id = text(&browser.get(&house, &format!("{SEARCH}?q={run}")).await);
    assert!(by_id.contains(&format!("/console/dev/runs/{run}")), "{by_id}");
    let page = text(&browser.get(&house, &format!("/console/dev/runs/{run}")).await);
    let webhook = page.split_once("webhook-id:</i> ").unwrap().1.split('\n').next().unwrap().trim();
    let found = text(&browser.get(&house, &format!("{SEARCH}?q={webhook}")).await);
    assert!(found.contains(&format!("/console/dev/webhooks/{webhook}")), "{found}");
    let account = text(&browser.get(&house, &format!("{SEARCH}?q=tenant-ada")).await);
    assert!(account.contains("/console/dev/accounts/one?id=tenant-ada"), "{account}");
    for elsewhere in ["ada%40", &run, webhook, "tenant-ada"] {
        let none = text(&browser.get(&house, &format!("/console/prod/search?q={elsewhere}")).await);
        assert!(none.contains("Nothing here begins with"), "{elsewhere}: {none}");
    }
    browser.headers = vec![("hx-request", "true".into())];
    let hits = text(&browser.get(&house, &format!("{SEARCH}?q=we")).await);
    assert!(!hits.contains("<html") && hits.contains(">Webhooks<"), "{hits}");
}

#[tokio::test]
async fn a_search_takes_any_text() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let strange = json!([{"user_id": "100%_<b>", "traits": {"user_name": "100%"}, "timestamp": "2025-01-01T00:00:00Z"}]);
    assert_eq!(house.post("/api/identify", &strange).await.status, 200);
    house.digest().await;
    let found = text(&browser.get(&house, &format!("{SEARCH}?q=100%25")).await);
    assert!(found.contains("100%_&#60;b&#62;"), "{found}");
    let none = text(&browser.get(&house, &format!("{SEARCH}?q=%25%00")).await);
    assert!(none.contains("Nothing here begins with"), "a sign of LIKE is a character: {none}");
}

/// The address at which the page asks for its news.
fn tail(page: &str) -> String {
    page.split_once("data-tail=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn the_list_of_runs_hears_of_new_ones_and_of_steps() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, _) = house.waiting("ada").await;
    house.pass(std::time::Duration::from_secs(30)).await;
    let asks = tail(&text(&browser.get(&house, "/console/dev/runs").await));
    let quiet = text(&browser.get(&house, &asks).await);
    assert!(!quiet.contains(" new<") && !quiet.contains("<tr"), "{quiet}");
    assert_eq!(house.ack(&run, Some("t")).await.status, 200);
    house.waiting("bob").await;
    house.waiting("kay").await;
    let news = text(&browser.get(&house, &tail(&quiet)).await);
    assert!(news.contains(">2 new<") && news.contains(&format!("id=\"run-{run}\"")), "{news}");
    assert!(news.contains("Completed") && !news.contains("bob@acme.com"), "new ones wait: {news}");
    assert!(!tail(&news).contains(&run), "what has ended is asked about no more");
    let other = asks.replace("/dev/", "/prod/");
    let elsewhere = text(&browser.get(&house, &other).await);
    assert!(!elsewhere.contains(" new<") && !elsewhere.contains("<tr"), "{elsewhere}");
    let searched = tail(&text(&browser.get(&house, "/console/dev/runs?q=ada").await));
    house.waiting("eve").await;
    assert!(!text(&browser.get(&house, &searched).await).contains(" new<"), "not what is searched for");
}

#[tokio::test]
async fn a_page_of_runs_keeps_its_columns_while_another_tab_chooses_others() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, _) = house.waiting("ada").await;
    let asks = tail(&text(&browser.get(&house, "/console/dev/runs").await));
    let other = text(&browser.get(&house, "/console/dev/runs?columns=chosen&column=id").await);
    assert!(other.contains(&format!("<code>{run}</code>")) && !other.contains("col-when"), "{other}");
    let moved = text(&browser.get(&house, &asks).await);
    assert!(moved.contains(&format!("id=\"run-{run}\"")) && moved.contains("col-when"), "{moved}");
    assert!(!moved.contains("<code>"), "the columns of the first tab: {moved}");
    assert_eq!(tail(&moved).matches("column=").count(), 4, "and so on: {moved}");
    let second = text(&browser.get(&house, &tail(&other)).await);
    assert!(second.contains("<code>") && !second.contains("col-when"), "{second}");
}

#[tokio::test]
async fn a_list_without_a_run_hears_of_the_first_one() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let nothing = text(&browser.get(&house, "/console/dev/runs").await);
    assert!(nothing.contains("No run in Development yet"), "{nothing}");
    let asks = [tail(&nothing), tail(&text(&browser.get(&house, "/console/dev/runs?sort=-started").await))];
    for asks in &asks {
        assert!(!text(&browser.get(&house, asks).await).contains(" new<"), "there is none");
    }
    house.waiting("ada").await;
    for asks in &asks {
        let news = text(&browser.get(&house, asks).await);
        assert!(news.contains(">1 new<") && news.contains("href=\"/console/dev/runs"), "{news}");
    }
    house.pass(std::time::Duration::from_secs(30)).await;
    let unmatched = text(&browser.get(&house, "/console/dev/runs?q=bob").await);
    assert!(unmatched.contains("Nothing matches"), "{unmatched}");
    house.waiting("eve").await;
    assert!(
        !text(&browser.get(&house, &tail(&unmatched)).await).contains(" new<"),
        "not what is searched for"
    );
    house.waiting("bob").await;
    let news = text(&browser.get(&house, &tail(&unmatched)).await);
    assert!(news.contains(">1 new<") && news.contains("q=bob"), "{news}");
}
