//! What every list of the console can do: filters that read as a sentence, orders, columns.

use super::browser::{Browser, text};
use super::house::{House, Options};
use super::part::next_page;
use serde_json::json;
use std::time::Duration;

const USERS: &str = "/console/dev/users";

/// The names of the rows, in their order.
fn names(page: &str) -> Vec<String> {
    let rows = page.split("class=\"row-link\"").skip(1);
    rows.map(|row| row.split("<b>").nth(1).unwrap().split("</b>").next().unwrap().to_owned()).collect()
}

/// Three people: `mia` was first seen first and was active last, `ada` has no address.
async fn three(house: &House) {
    let person = |id: &str, email: Option<&str>, at: &str| match email {
        Some(email) => json!({"user_id": id, "traits": {"user_email": email}, "timestamp": at}),
        None => json!({"user_id": id, "traits": {"user_name": "Ada"}, "timestamp": at}),
    };
    let people = [
        person("u-1", Some("Mia@acme.test"), "2025-01-01T00:00:00Z"),
        person("u-2", Some("bob@acme.test"), "2025-01-02T00:00:00Z"),
        person("u-3", None, "2025-01-03T00:00:00Z"),
    ];
    assert_eq!(house.post("/api/identify", &json!(people)).await.status.as_u16(), 200);
    let seen = json!([{"user_id": "u-1", "event_name": "note_written", "properties": {}, "timestamp": "2025-01-04T00:00:00Z"}]);
    assert_eq!(house.post("/api/track", &seen).await.status.as_u16(), 200);
    house.digest().await;
}

#[tokio::test]
async fn a_list_is_sorted_by_its_heads() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    three(&house).await;
    let (mia, bob, ada) = ("Mia@acme.test", "bob@acme.test", "Ada");
    for (sort, expected) in [
        ("", [ada, bob, mia]),
        ("-new", [mia, bob, ada]),
        ("seen", [mia, ada, bob]),
        ("-seen", [bob, ada, mia]),
        ("name", [ada, bob, mia]),
        ("-name", [mia, bob, ada]),
    ] {
        let page = text(&browser.get(&house, &format!("{USERS}?sort={sort}")).await);
        assert_eq!(names(&page), expected, "{sort}");
    }
    let page = text(&browser.get(&house, &format!("{USERS}?sort=name&q=acme")).await);
    assert!(page.contains("aria-sort=\"ascending\"") && page.contains("q=acme&#38;sort=-name"), "{page}");
    assert_eq!(
        browser.get(&house, &format!("{USERS}?sort=people")).await.status.as_u16(),
        400,
        "of accounts alone"
    );
}

#[tokio::test]
async fn a_list_that_has_one_order_is_not_turned_around() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for (room, order) in [("webhooks", "made"), ("mails", "written"), ("requests", "came")] {
        let list = format!("/console/dev/{room}?sort=");
        assert_eq!(browser.get(&house, &format!("{list}{order}")).await.status.as_u16(), 200, "{room}");
        assert_eq!(browser.get(&house, &format!("{list}-{order}")).await.status.as_u16(), 400, "{room}");
    }
}

#[tokio::test]
async fn each_order_goes_on_behind_its_first_page() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let people: Vec<_> = (0..101)
        .map(|n| json!({"user_id": format!("user-{n:03}"), "traits": {"user_name": format!("Ä{}.=", n % 7)}, "timestamp": "2026-01-01T00:00:00Z"}))
        .collect();
    assert_eq!(house.post("/api/identify", &json!(people)).await.status.as_u16(), 200);
    house.digest().await;
    for sort in ["new", "-new", "seen", "-seen", "name", "-name"] {
        let mut ids = Vec::new();
        let mut next = Some(format!("{USERS}?sort={sort}&columns=chosen&column=id"));
        while let Some(here) = next {
            let page = text(&browser.get(&house, &here).await);
            ids.extend(page.split("<code>user-").skip(1).map(|row| row[..3].to_owned()));
            next = next_page(&page);
        }
        assert_eq!(ids.len(), 101, "{sort}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 101, "{sort}: nobody stands on two pages");
    }
}

#[tokio::test]
async fn filters_read_as_a_sentence_and_each_can_be_taken_away() {
    let mut house = House::with(Options { waitlist_limit: Some(1), ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    for user in ["ada", "kay"] {
        house.trigger(user).await;
        house.pass(Duration::from_secs(1)).await;
    }
    house.settle().await;
    three(&house).await;
    let both = format!("{USERS}?signed=week&state=waitlist");
    let page = text(&browser.get(&house, &both).await);
    assert_eq!(names(&page), ["kay@acme.com"], "{page}");
    for words in [
        "People who",
        "signed up <b>in the last 7 days</b>",
        "<span>and</span>",
        "<b>wait on the waitlist</b>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&format!("class=\"take\" href=\"{USERS}?state=waitlist\"")), "{page}");
    let nobody = text(&browser.get(&house, &format!("{both}&q=zuse")).await);
    assert!(nobody.contains("Nothing matches") && nobody.contains("Show all"), "{nobody}");
    let known = text(&browser.get(&house, &format!("{USERS}?state=known")).await);
    assert_eq!(
        names(&known).len(),
        5,
        "whoever signed up has no account before the acknowledgement: {known}"
    );
    for strange in ["signed=ever", "state=%00", "sort=x", "after=x"] {
        assert_eq!(
            browser.get(&house, &format!("{USERS}?{strange}")).await.status.as_u16(),
            400,
            "{strange}"
        );
    }
    let runs = text(&browser.get(&house, "/console/dev/runs?state=waitlist&since=day").await);
    assert_eq!(names(&runs), ["kay@acme.com"]);
    let runs = text(&browser.get(&house, "/console/dev/runs?sort=-started").await);
    assert_eq!(names(&runs), ["ada@acme.com", "kay@acme.com"]);
}

#[tokio::test]
async fn accounts_are_sorted_by_how_many_people_they_have() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let people = [("u-1", "two"), ("u-2", "two"), ("u-3", "one")];
    let groups = people.map(|(user, group)| {
        json!({"user_id": user, "group_id": group, "group_type": "Account", "traits": {"account_name": group}})
    });
    assert_eq!(house.post("/api/group", &json!(groups)).await.status.as_u16(), 200);
    let added = people.map(|(user, group)| json!({"user_id": user, "event_name": "account_added_user", "properties": {}, "context": {"group_id": group}}));
    assert_eq!(house.post("/api/track", &json!(added)).await.status.as_u16(), 200);
    house.digest().await;
    let list = "/console/dev/accounts";
    assert_eq!(names(&text(&browser.get(&house, &format!("{list}?sort=people")).await)), ["two", "one"]);
    assert_eq!(names(&text(&browser.get(&house, &format!("{list}?sort=-people")).await)), ["one", "two"]);
    assert_eq!(names(&text(&browser.get(&house, &format!("{list}?state=team")).await)), ["two"]);
}

/// Two branches of one name: their domains tell them apart; a third has the first one's domain as well, so both show their ids.
#[tokio::test]
async fn accounts_of_one_name_are_told_apart() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let list = "/console/dev/accounts";
    let told = async |id: &str, domain: &str| {
        let traits = json!({"account_name": "Harbor", "account_domain": domain});
        let body = json!({"user_id": "u", "group_id": id, "group_type": "Account", "traits": traits});
        assert_eq!(house.post("/api/group", &body).await.status.as_u16(), 200);
        house.digest().await;
    };
    told("a-1", "harbor-north.example").await;
    told("a-2", "harbor-south.example").await;
    let page = text(&browser.get(&house, list).await);
    for line in ["harbor-north.example · ", "harbor-south.example · "] {
        assert!(page.contains(&format!("title=\"{line}")), "{line}: {page}");
    }
    assert_eq!(names(&page), ["Harbor", "Harbor"]);
    told("a-3", "harbor-north.example").await;
    let page = text(&browser.get(&house, list).await);
    for line in ["a-1 · ", "harbor-south.example · ", "a-3 · "] {
        assert!(page.contains(&format!("title=\"{line}")), "{line}: {page}");
    }
    let event = json!({"user_id": "v", "event_name": "note_written", "properties": {}, "context": {"group_id": "a-4"}});
    assert_eq!(house.post("/api/track", &event).await.status.as_u16(), 200);
    house.digest().await;
    let page = text(&browser.get(&house, list).await);
    assert_eq!(page.matches("Not created yet").count(), 1, "{page}");
}

#[tokio::test]
async fn columns_are_chosen_and_remembered_without_script() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    three(&house).await;
    let head = |page: &str, title: &str| page.contains(&format!(">{title}</th>"));
    let page = text(&browser.get(&house, USERS).await);
    assert!(head(&page, "State") && !head(&page, "Id"), "{page}");
    let chosen = browser.get(&house, &format!("{USERS}?columns=chosen&column=id&column=nonsense")).await;
    let cookie = chosen.headers.get("set-cookie").unwrap().to_str().unwrap().to_owned();
    assert!(cookie.starts_with("columns-users=id;") && cookie.contains("HttpOnly"), "{cookie}");
    let page = text(&chosen);
    assert!(head(&page, "Id") && !head(&page, "State") && page.contains("<code>u-3</code>"), "{page}");
    let page = text(&browser.get(&house, USERS).await);
    assert!(head(&page, "Id") && !head(&page, "State"), "remembered: {page}");
    let accounts = text(&browser.get(&house, "/console/dev/runs").await);
    assert!(!head(&accounts, "Run id"), "of this list alone");
    let none = text(&browser.get(&house, &format!("{USERS}?columns=chosen")).await);
    assert!(!head(&none, "Id") && none.contains("row-link"), "{none}");
}
