//! *Users* and *Accounts*: who is there, and what is known of one.

use super::browser::{Browser, text};
use super::house::House;
use super::part::{link, next_page};
use serde_json::json;

const USERS: &str = "/console/dev/users";
const ACCOUNTS: &str = "/console/dev/accounts";

/// One whole signup, with its events in the profiles and in the lake.
async fn signup(house: &mut House, user: &str) {
    let (run, _) = house.waiting(user).await;
    assert_eq!(house.ack(&run, Some(&format!("tenant-{user}"))).await.status.as_u16(), 200);
    house.settle().await;
    house.digest().await;
}

/// Where the first link of the page into `list` leads.
fn first_row(page: &str, list: &str) -> String {
    let (_, after) = page.split_once(&format!("class=\"row-link\" href=\"{list}/")).unwrap();
    format!("{list}/{}", after.split('"').next().unwrap()).replace("&#38;", "&")
}

#[tokio::test]
async fn a_signup_is_a_person_in_an_account_with_a_story() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    assert!(text(&browser.get(&house, USERS).await).contains("Nobody in Development yet"));
    assert!(text(&browser.get(&house, ACCOUNTS).await).contains("No account in Development yet"));
    signup(&mut house, "ada").await;

    let users = text(&browser.get(&house, USERS).await);
    assert!(users.contains("1 person") && users.contains("ada@acme.com"), "{users}");
    assert!(!users.contains("id=\"\""), "{users}");
    let one = text(&browser.get(&house, &first_row(&users, USERS)).await);
    for words in ["signed_up", "account_added_user", "found by enrichment", "Has an account"] {
        assert!(one.contains(words), "{words}: {one}");
    }
    let accounts = text(&browser.get(&house, ACCOUNTS).await);
    assert!(accounts.contains("1 account") && accounts.contains("1 person"), "{accounts}");
    assert!(accounts.contains(">Created</span>") && accounts.contains(">Free Trial<"), "{accounts}");
    let account = text(&browser.get(&house, &first_row(&accounts, ACCOUNTS)).await);
    assert!(account.contains("tenant-ada") && account.contains("ada@acme.com"), "{account}");
    assert!(account.contains("account_created"), "its story, by whichever id: {account}");

    for other in [first_row(&users, USERS), first_row(&accounts, ACCOUNTS)] {
        let elsewhere = other.replace("/dev/", "/prod/");
        assert_eq!(browser.get(&house, &elsewhere).await.status.as_u16(), 404, "{elsewhere}");
    }
}

#[tokio::test]
async fn lists_are_searched_and_paged_and_foreign_text_stays_text() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let strange = "a/b?<script>&%";
    let people: Vec<_> = (0..53)
        .map(|n| if n == 7 { strange.to_owned() } else { format!("user-{n:02}") })
        .map(|id| json!({"user_id": id, "traits": {"user_name": format!("Name of {id}")}, "timestamp": "2026-01-01T00:00:00Z"}))
        .collect();
    assert_eq!(house.post("/api/identify", &json!(people)).await.status.as_u16(), 200);
    house.digest().await;

    let first = text(&browser.get(&house, USERS).await);
    assert!(first.contains("Rows 1–50 of 53"), "{first}");
    let second = text(&browser.get(&house, &next_page(&first).unwrap()).await);
    assert!(second.contains("Rows 51–53 of 53"), "{second}");
    for n in (0..53).filter(|n| *n != 7) {
        let on = |page: &str| page.contains(&format!("<b>Name of user-{n:02}</b>"));
        assert!(on(&first) != on(&second), "user-{n:02} stands on one page");
    }
    let found = text(&browser.get(&house, &format!("{USERS}?q=SCRIPT%3E%26%25")).await);
    assert!(found.contains("Rows 1–1 of 1") && !found.contains("<script>&"), "{found}");
    let one = browser.get(&house, &first_row(&found, USERS)).await;
    assert_eq!(one.status.as_u16(), 200, "any text is an id");
    let one = text(&one);
    assert!(one.contains("Name of a/b?&#60;script&#62;") && one.contains("told by an event"), "{one}");
    assert!(text(&browser.get(&house, &format!("{USERS}?q=%25%25")).await).contains("Nothing matches"));
}

#[tokio::test]
async fn a_story_goes_on_behind_its_first_page() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let events: Vec<_> = (0..70)
        .map(|n| {
            json!({"user_id": "u-1", "event_name": format!("step_{n:02}"), "properties": {"n": n},
                        "timestamp": format!("2026-01-01T00:00:{:02}Z", n % 60)})
        })
        .collect();
    assert_eq!(house.post("/api/track", &json!(events)).await.status.as_u16(), 200);
    house.digest().await;
    let first = text(&browser.get(&house, &format!("{USERS}/one?id=u-1")).await);
    assert!(first.contains("Anonymous") && first.contains(">Older<"), "{first}");
    let second = text(&browser.get(&house, &link(&first, "Older").unwrap()).await);
    assert!(second.contains(">Newest<") && !second.contains(">Older<"), "{second}");
    for n in 0..70 {
        let on = |page: &str| page.contains(&format!("<b>step_{n:02}</b>"));
        assert!(on(&first) != on(&second), "step_{n:02} stands on one page");
    }
}

#[tokio::test]
async fn an_account_names_its_first_people_and_counts_all() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let told = |event: &str, users: std::ops::Range<usize>| -> Vec<_> {
        users
            .map(|n| json!({"user_id": format!("user-{n:02}"), "event_name": event, "properties": {}, "context": {"group_id": "acme"}}))
            .collect()
    };
    let events = told("account_added_user", 0..60);
    assert_eq!(house.post("/api/track", &json!(events)).await.status.as_u16(), 200);
    let group = json!([{"user_id": "user-00", "group_id": "acme", "group_type": "Account", "traits": {"account_name": "Acme"}}]);
    assert_eq!(house.post("/api/group", &group).await.status.as_u16(), 200);
    house.digest().await;
    let account = format!("{ACCOUNTS}/one?id=acme");
    let page = text(&browser.get(&house, &account).await);
    assert!(page.contains("<h2>People</h2><span class=\"right\">60</span>"), "{page}");
    assert!(page.contains(">user-49</a>") && !page.contains(">user-50</a>"), "the first 50: {page}");
    assert!(page.contains("and 10 more"), "{page}");
}
