//! *Webhooks*: what was sent, found again by what became of it; tests; and the code that a receiver is written with.

use super::browser::{Browser, text, to};
use super::house::{House, Options};
use super::part::next_page;
use outbound::recorded::{answer, refused};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const WEBHOOKS: &str = "/console/dev/webhooks";

/// One of each kind: delivered, tried again, given up, not needed any more, a test.
async fn one_of_each(house: &mut House, browser: &mut Browser) {
    house.waiting("delivered").await;
    house.net.answer_with(|_| Err(refused()));
    house.trigger("given-up").await;
    house.settle().await;
    for _ in 0..6 {
        house.pass(Duration::from_secs(400)).await;
    }
    let (gone, _) = house.trigger("gone-on").await;
    house.settle().await;
    house.ack(&gone, None).await;
    house.trigger("tried").await;
    house.settle().await;
    house.net.answer_with(|_| Ok(answer(200, "ok")));
    let sent = browser.post(house, &format!("{WEBHOOKS}/test"), &[]).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", text(&sent));
}

#[tokio::test]
async fn deliveries_are_found_by_what_became_of_them() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let empty = text(&browser.get(&house, WEBHOOKS).await);
    assert!(empty.contains("No webhook in Development yet") && empty.contains("/trigger"), "{empty}");

    one_of_each(&mut house, &mut browser).await;
    let all = text(&browser.get(&house, WEBHOOKS).await);
    assert!(all.contains("5 webhooks so far") && all.contains("Rows 1–5 of 5"), "{all}");
    assert!(all.find("Test delivered").unwrap() < all.find("delivered@").unwrap(), "newest first");
    for (state, who, words) in [
        ("delivered", "delivered@acme.com", "Delivered"),
        ("failed", "given-up@acme.com", "Given up"),
        ("unneeded", "gone-on@acme.com", "Not needed any more"),
        ("trying", "tried@acme.com", "Retrying"),
        ("tests", "<b>Test</b>", "Test delivered"),
    ] {
        let page = text(&browser.get(&house, &format!("{WEBHOOKS}?state={state}")).await);
        assert!(
            page.contains("Rows 1–1 of 1") && page.contains(who) && page.contains(words),
            "{state}: {page}"
        );
        let with_search = format!("{WEBHOOKS}?state={state}&q=nobody-at-all");
        let none = text(&browser.get(&house, &with_search).await);
        assert!(none.contains("Nothing matches") && none.contains("Show all"), "{state}");
    }
    assert_eq!(browser.get(&house, &format!("{WEBHOOKS}?state=x")).await.status.as_u16(), 400);
}

#[tokio::test]
async fn they_are_searched_by_person_run_and_webhook_id() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, _) = house.waiting("ada").await;
    house.waiting("grace").await;
    let (env, id) = (house.env(), run.parse().unwrap());
    let deliveries = house.app.db.read(move |tx| store::delivery::of_run(tx, env, id)).await.unwrap();
    let webhook = deliveries[0].id.to_string();
    for wanted in ["ADA@", run.as_str(), webhook.as_str()] {
        let page = text(&browser.get(&house, &format!("{WEBHOOKS}?q={wanted}")).await);
        assert!(page.contains("Rows 1–1 of 1") && page.contains("ada@acme.com"), "{wanted}: {page}");
    }
    let none = text(&browser.get(&house, &format!("{WEBHOOKS}?q=%25")).await);
    assert!(none.contains("Nothing matches"), "a sign of LIKE is a character: {none}");

    let one = format!("{WEBHOOKS}/{webhook}");
    let page = text(&browser.get(&house, &one).await);
    for part in [
        "Webhook about ada@acme.com",
        "Delivered",
        "1 attempt",
        "webhook-id:",
        "webhook-signature:",
        "Answer",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains(&format!("/console/dev/runs/{run}")), "leads to the run: {page}");
    assert!(page.contains(&format!("/console/dev/runs/{run}/retry")), "may be sent again: {page}");
    let elsewhere = one.replace("/dev/", "/prod/");
    assert_eq!(browser.get(&house, &elsewhere).await.status.as_u16(), 404, "another environment's");
    assert_eq!(browser.get(&house, &format!("{WEBHOOKS}/x")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn pages_of_webhooks_hold_each_once() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for n in 0..53 {
        house.trigger(&format!("user-{n:02}")).await;
    }
    house.settle().await;
    let first = text(&browser.get(&house, WEBHOOKS).await);
    assert!(first.contains("Rows 1–50 of 53"), "{first}");
    let second = text(&browser.get(&house, &next_page(&first).unwrap()).await);
    assert!(second.contains("Rows 51–53 of 53") && second.contains(">First<"), "{second}");
    for n in 0..53 {
        let on = |page: &str| page.contains(&format!("<b>user-{n:02}@"));
        assert!(on(&first) != on(&second), "{n}");
    }
}

/// Signed like a real one, marked, about nobody; made once, whatever comes of it.
#[tokio::test]
async fn a_test_is_a_signed_webhook_that_says_what_it_is() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let refused = browser.post_bare(&house, &format!("{WEBHOOKS}/test"), &[]).await;
    assert_eq!(refused.status.as_u16(), 403, "without the form's token");
    assert!(house.net.take().is_empty());

    house.net.queue(Ok(answer(500, "no")));
    let sent = browser.post(&house, &format!("{WEBHOOKS}/test"), &[]).await;
    let page = text(&browser.get(&house, to(&sent)).await);
    assert!(
        page.contains("Your endpoint did not accept the test") && page.contains("answered 500"),
        "{page}"
    );
    let [request] = &house.net.take()[..] else { panic!("one attempt") };
    let secret = house.start.webhook_secret.clone();
    let verifier = demo::signature::Verifier::new(&secret).unwrap();
    let mut headers = http::HeaderMap::new();
    for (name, value) in &request.headers {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let now = kernel::Clock::now(house.clock.as_ref());
    let id = verifier.verify(&headers, &request.body, now).unwrap();
    assert!(to(&sent).ends_with(id), "{id}");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["test"], &body["eventType"]), (&true.into(), &"account_created".into()));
    assert_eq!(
        body["createAccountRequest"]["workflowDesignTimeId"],
        house.start.workflows.prosumer.to_string()
    );
    assert_eq!(house.pass(Duration::from_secs(3_600)).await, 0, "nothing follows");
    assert!(house.net.take().is_empty(), "no retries");
}

/// A 410 to a test says what it says to a test alone; and a disabled endpoint may be tested.
#[tokio::test]
async fn a_test_disables_nothing_and_reaches_a_disabled_endpoint() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.net.queue(Ok(answer(410, "")));
    browser.post(&house, &format!("{WEBHOOKS}/test"), &[]).await;
    let disabled = |settings: &model::setting::Settings| settings.webhook.disabled_at.is_some();
    let current = app::setting::current(&house.app, house.env()).await.unwrap();
    assert!(!disabled(&current.settings));

    house.net.queue(Ok(answer(410, "")));
    house.trigger("ada").await;
    house.settle().await;
    let sent = browser.post(&house, &format!("{WEBHOOKS}/test"), &[]).await;
    let page = text(&browser.get(&house, to(&sent)).await);
    assert!(page.contains("accepted the test") && page.contains("Enable them again"), "{page}");
}

#[tokio::test]
async fn without_a_url_there_is_nothing_to_test() {
    let house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let page = text(&browser.get(&house, WEBHOOKS).await);
    assert!(page.contains("Set the webhook URL") && !page.contains("Send test</button>"), "{page}");
    let refused = browser.post(&house, &format!("{WEBHOOKS}/test"), &[]).await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(text(&refused).contains("Set the webhook URL in Settings"));
}

/// What really happens on the network, in words on the page: what it was, and what to do.
#[tokio::test]
async fn an_attempt_that_cannot_work_says_why() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = outbound::Client::new(outbound::OwnListeners::default());
    let http: Arc<dyn outbound::Http> = Arc::new(client);
    for (in_container, url, words) in [
        (
            false,
            format!("http://localhost:{closed}/"),
            format!("nothing listens at localhost, port {closed}"),
        ),
        (true, format!("http://localhost:{closed}/"), format!("http://host.docker.internal:{closed}")),
        (false, "http://nowhere.invalid/".to_owned(), "nowhere.invalid leads to no address".to_owned()),
        (false, "http://0.0.0.0/".to_owned(), "names no single machine".to_owned()),
    ] {
        let options = Options { in_container, http: Some(http.clone()), ..Options::default() };
        let house = House::with(options).await;
        let mut browser = Browser::signed_in(&house).await;
        house.set(house.env(), |settings| settings.webhook.url = Some(url.parse().unwrap())).await;
        let sent = browser.post(&house, &format!("{WEBHOOKS}/test"), &[]).await;
        let page = text(&browser.get(&house, to(&sent)).await).to_lowercase();
        assert!(
            page.contains("did not accept the test") && page.contains(&words.to_lowercase()),
            "{url}: {page}"
        );
    }
}

#[tokio::test]
async fn settings_say_that_localhost_is_a_container() {
    for in_container in [true, false] {
        let mut house = House::with(Options { in_container, ..Options::default() }).await;
        let mut browser = Browser::signed_in(&house).await;
        let local = "http://localhost:3000/hook";
        house.set(house.env(), |settings| settings.webhook.url = Some(local.parse().unwrap())).await;
        let page = text(&browser.get(&house, "/console/dev/settings").await);
        assert_eq!(page.contains("http://host.docker.internal:3000"), in_container, "{page}");
        house.waiting("delivered").await;
        let page = text(&browser.get(&house, "/console/dev/settings").await);
        assert!(!page.contains("host.docker.internal"), "somebody took a webhook there: {page}");
        let moved = "http://localhost:3001/hook";
        house.set(house.env(), |settings| settings.webhook.url = Some(moved.parse().unwrap())).await;
        let page = text(&browser.get(&house, "/console/dev/settings").await);
        assert_eq!(page.contains("http://host.docker.internal:3001"), in_container, "not here: {page}");
    }
}
