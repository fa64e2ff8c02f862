//! *Waitlist*: who waits at which place, and letting in one, several, or those who have waited longest.

use super::browser::{Browser, text, to};
use super::house::{House, Options};
use std::time::Duration;

const WAITLIST: &str = "/console/dev/waitlist";
const ADMIT: &str = "/console/dev/waitlist/admit";

/// Everybody waits; their runs, the longest waiting first.
async fn waiting(users: &[&str]) -> (House, Browser, Vec<String>) {
    let mut house = House::with(Options { waitlist_limit: Some(0), ..Options::default() }).await;
    let browser = Browser::signed_in(&house).await;
    let mut runs = Vec::new();
    for user in users {
        runs.push(house.trigger(user).await.0);
        house.pass(Duration::from_secs(1)).await;
    }
    (house, browser, runs)
}

async fn waits(house: &House, run: &str) -> String {
    house.state(run).await.1.unwrap()
}

/// The hidden fields of the form that admits.
fn fields(page: &str) -> Vec<(String, String)> {
    let form =
        page.split_once("action=\"/console/dev/waitlist/admit\"").unwrap().1.split("</form>").next().unwrap();
    let value = |input: &str, name: &str| {
        input.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    form.split("<input").skip(1).map(|input| (value(input, "name"), value(input, "value"))).collect()
}

async fn send(house: &House, browser: &mut Browser, fields: &[(String, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.post_bare(house, ADMIT, &fields).await;
    assert_eq!(answer.status, 303, "{}", text(&answer));
    to(&answer).to_owned()
}

#[tokio::test]
async fn each_has_a_place_and_the_page_says_how_many_are_free() {
    let (house, mut browser, runs) = waiting(&["a", "b", "c"]).await;
    let page = text(&browser.get(&house, WAITLIST).await);
    assert!(
        page.contains("3 people wait") && page.contains("Nobody passes without being admitted."),
        "{page}"
    );
    for (index, run) in runs.iter().enumerate() {
        let row = page.split_once(&format!("id=\"run-{run}\"")).unwrap().1;
        assert!(row.split_once(" num\">").unwrap().1.starts_with(&format!("{}<", index + 1)), "{row}");
    }
    let found = text(&browser.get(&house, &format!("{WAITLIST}?q=c@acme")).await);
    assert!(
        found.contains(" num\">3<") && found.contains("Rows 1–1 of 1"),
        "the place is that among all: {found}"
    );
    assert!(text(&browser.get(&house, "/console/prod/waitlist").await).contains("Nobody waits"));
    house.set(house.env(), |settings| settings.waitlist_limit = Some(5)).await;
    assert!(
        text(&browser.get(&house, WAITLIST).await)
            .contains("5 of 5 places free for those you admit and for whoever signs up now.")
    );
    house.set(house.env(), |settings| settings.waitlist_limit = None).await;
    assert!(text(&browser.get(&house, WAITLIST).await).contains("No number of users is set"));
}

#[tokio::test]
async fn those_ticked_are_admitted_and_whoever_is_gone_is_skipped() {
    let (mut house, mut browser, runs) = waiting(&["a", "b", "c"]).await;
    let asked = text(&browser.get(&house, &format!("{ADMIT}?run={}&run={}", runs[0], runs[2])).await);
    assert!(
        asked.contains("Admit 2 people?") && asked.contains("a@acme.com") && asked.contains("c@acme.com"),
        "{asked}"
    );
    assert!(!asked.contains("b@acme.com"), "{asked}");
    let sent = fields(&asked);
    app::run::cancel(&house.app, &house.actor(), house.env(), runs[0].parse().unwrap()).await.unwrap();
    let done = send(&house, &mut browser, &sent).await;
    let told = text(&browser.get(&house, &done).await);
    assert!(told.contains("1 person was admitted") && told.contains("1 person was skipped"), "{told}");
    let again = send(&house, &mut browser, &sent).await;
    let told = text(&browser.get(&house, &again).await);
    assert!(told.contains("0 people were admitted") && told.contains("2 people were skipped"), "{told}");
    house.settle().await;
    assert_eq!(waits(&house, &runs[2]).await, "ack");
    assert_eq!(waits(&house, &runs[1]).await, "waitlist");
    let nobody = text(&browser.get(&house, ADMIT).await);
    assert!(nobody.contains("Nobody is ticked"), "{nobody}");
}

#[tokio::test]
async fn the_oldest_are_admitted_and_a_second_sending_admits_nobody_else() {
    let (mut house, mut browser, runs) = waiting(&["a", "b", "c"]).await;
    for count in ["0", "x", "10001"] {
        assert_eq!(browser.get(&house, &format!("{ADMIT}?count={count}")).await.status, 400, "{count}");
    }
    let asked = text(&browser.get(&house, &format!("{ADMIT}?count=2")).await);
    assert!(asked.contains("Admit 2 people?") && !asked.contains("c@acme.com"), "{asked}");
    let sent = fields(&asked);
    let done = send(&house, &mut browser, &sent).await;
    assert!(text(&browser.get(&house, &done).await).contains("2 people were admitted"), "{done}");
    let again = send(&house, &mut browser, &sent).await;
    assert!(text(&browser.get(&house, &again).await).contains("0 people were admitted"), "{again}");
    house.settle().await;
    let now = [waits(&house, &runs[0]).await, waits(&house, &runs[1]).await, waits(&house, &runs[2]).await];
    assert_eq!(now, ["ack", "ack", "waitlist"]);
}

/// More than one command may take: parts, each of which says how far it has come.
#[tokio::test]
async fn many_are_admitted_in_parts() {
    let users: Vec<_> = (0..103).map(|n| format!("user-{n:03}")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    let (house, mut browser, runs) = waiting(&users).await;
    let asked = text(&browser.get(&house, &format!("{ADMIT}?count=102")).await);
    assert!(asked.contains("Admit 102 people?") && asked.contains("94 others"), "{asked}");
    let sent = fields(&asked);
    let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let part = browser.post_bare(&house, ADMIT, &sent).await;
    let page = text(&part);
    assert!(part.status == 200 && page.contains("100 of 102 are admitted so far"), "{page}");
    let done = send(&house, &mut browser, &fields(&page)).await;
    assert!(text(&browser.get(&house, &done).await).contains("102 people were admitted"), "{done}");
    assert_eq!(waits(&house, &runs[102]).await, "waitlist");
}
