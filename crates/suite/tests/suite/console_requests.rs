//! *Refused requests*: the id of an answer leads to what happened.

use super::browser::{Browser, link_of, text};
use super::house::{Answer, House, Options};
use super::part::next_page;
use app::request::{About, Detail, KEPT_MAX, LIFE, Refused};
use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
use http::{Request, StatusCode};
use kernel::{Clock, RequestId};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::{SeededRng, TestClock};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use webkit::{Edge, Proxies, RefusedLog};

const REQUESTS: &str = "/console/dev/requests";

fn id(answer: &Answer) -> String {
    answer.headers["x-request-id"].to_str().unwrap().to_owned()
}

/// The page of the request with this answer, once it is written.
async fn looked_up(house: &House, browser: &mut Browser, answer: &Answer) -> String {
    app::request::flush(&house.app).await.unwrap();
    let page = browser.get(house, &format!("{REQUESTS}/{}", id(answer))).await;
    assert_eq!(page.status, 200, "{}", text(&page));
    text(&page)
}

#[tokio::test]
async fn the_id_of_a_refused_trigger_leads_to_what_happened() {
    let house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let refused = house.post("/trigger", &house.trigger_body("ada")).await;
    assert_eq!(refused.status, 409);
    let unwritten = browser.get(&house, &format!("{REQUESTS}/{}", id(&refused))).await;
    assert_eq!(unwritten.status, 200, "what waits in the queue is found as well");
    let palette = text(&browser.get(&house, &format!("/console/dev/search?q={}", id(&refused))).await);
    assert!(palette.contains("POST /trigger"), "by the palette, too: {palette}");
    let page = looked_up(&house, &mut browser, &refused).await;
    let key = app::key::list(&house.app.db, house.env()).await.unwrap();
    let key = key.into_iter().find(|key| key.name.contains("rivate")).unwrap();
    for words in [
        "POST /trigger",
        "In conflict",
        "answered with 409 INTEGRATION_INCOMPLETE after",
        "the integration is not complete; set first:",
        "A run would begin that could not end",
        "href=\"/docs/errors#integration_incomplete\"",
        &format!("href=\"/console/dev/keys#key-{}\"", key.id),
        ">ada<",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/users/one?id=ada"), "nobody knows this person: there is no page to lead to");
    let keys = text(&browser.get(&house, "/console/dev/keys").await);
    assert!(keys.contains(&format!("id=\"key-{}\"", key.id)), "the link has an end: {keys}");
}

#[tokio::test]
async fn a_refused_acknowledgement_leads_to_its_run_and_person() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (run, _) = house.waiting("ada").await;
    house.ack(&run, Some("tenant-1")).await;
    let refused = house.ack(&run, Some("tenant-2")).await;
    assert_eq!(refused.status, 409);
    let page = looked_up(&house, &mut browser, &refused).await;
    assert!(page.contains("ACK_CONFLICT") && page.contains(&format!("/console/dev/runs/{run}\"")), "{page}");
    let unknown = house.ack("0197f3c2-8d1e-4b44-a1c7-5f0a1b2c3d4e", None).await;
    let page = looked_up(&house, &mut browser, &unknown).await;
    assert!(!page.contains("0197f3c2-8d1e-4b44"), "an id that was claimed is not kept: {page}");
    house.settle().await;
    house.digest().await;
    let body = json!({"user_id": "ada", "email_id": "ada@acme.com", "workflow_id": run});
    let refused = house.post("/trigger", &body).await;
    let page = looked_up(&house, &mut browser, &refused).await;
    assert!(page.contains("WORKFLOW_NOT_FOUND") && page.contains("/console/dev/users/one?id=ada"), "{page}");
}

#[tokio::test]
async fn the_fields_of_a_refused_call_are_kept_without_their_values() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let refused = house
        .post(
            "/api/identify",
            &json!({"user_id": 7, "traits": "s3cret-marker", "timestamp": "s3cret-marker"}),
        )
        .await;
    assert_eq!(refused.status, 400);
    let details = refused.json()["details"].as_array().unwrap().clone();
    assert!(details.len() >= 3, "{details:?}");
    let page = looked_up(&house, &mut browser, &refused).await;
    for detail in details {
        let [field, message] = ["field", "message"].map(|name| detail[name].as_str().unwrap().to_owned());
        assert!(
            page.contains(&format!(
                "<dt><code class=\"wrap\">{field}</code></dt><dd class=\"wrap\">{message}"
            )),
            "{page}"
        );
    }
    assert!(!page.contains("s3cret"), "{page}");
}

/// What must never be in a row: credentials in each of their places, bodies, queries, tokens of links.
#[tokio::test]
async fn no_secret_is_kept() {
    let mut house = House::new().await;
    let (_, link) = house.waiting("ada").await;
    let secret = "s3cret-marker";
    let post = |path: &str, name: &str, value: String, body: String| {
        let request = Request::post(path).header("content-type", "application/json");
        house.send(request.header(name, value).body(Body::from(body)).unwrap())
    };
    let body =
        json!({"email_id": secret, "api_key": secret, "private_key": secret, "key_id": secret}).to_string();
    for (path, name, value) in [
        ("/trigger", "authorization", format!("Bearer {secret}")),
        ("/trigger", "authorization", format!("Basic {secret}")),
        ("/trigger", "x-api-key", secret.to_owned()),
        ("/api/track?api_key=s3cret-marker", "x-other", secret.to_owned()),
        ("/trigger", "x-other", secret.to_owned()),
        ("/api/user/token", "x-other", secret.to_owned()),
        ("/api/v1/ValidateAuthOTP?authOTP=s3cret-marker", "x-other", secret.to_owned()),
    ] {
        let answer = post(path, name, value, body.clone()).await;
        assert!(answer.status.as_u16() >= 400, "{path}: {answer:?}");
    }
    let otp = Request::get("/v1/ValidateAuthOTP?authOTP=s3cret-marker").body(Body::empty()).unwrap();
    assert_eq!(house.send(otp).await.status, 401);
    let path = link.path().rsplit_once('/').unwrap().0.to_owned();
    for token in [secret, "%FFs3cret-marker"] {
        let hosted = Request::get(format!("{path}/{token}?x={secret}")).body(Body::empty()).unwrap();
        assert!(house.send(hosted).await.status.as_u16() >= 400);
    }
    assert_eq!(app::request::flush(&house.app).await.unwrap(), 10);
    let all = app::request::list(&house.app, house.env(), Default::default(), Default::default(), None, 50);
    let kept = format!("{:?}", all.await.unwrap());
    assert!(kept.contains("{token}") && kept.contains("/api/user/token"), "{kept}");
    assert!(!kept.contains("s3cret"), "{kept}");
}

#[tokio::test]
async fn an_environment_sees_its_own_and_those_of_nobody() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let ours = house.post("/trigger", &json!({})).await;
    let nobodys = house.post_as("/trigger", "Bearer nonsense", &json!({})).await;
    assert_eq!((ours.status.as_u16(), nobodys.status.as_u16()), (400, 401));
    app::request::flush(&house.app).await.unwrap();
    let here = text(&browser.get(&house, REQUESTS).await);
    assert!(here.contains("2 requests refused") && here.contains("Rows 1–2 of 2"), "{here}");
    let there = text(&browser.get(&house, "/console/prod/requests").await);
    assert!(there.contains("Rows 1–1 of 1") && there.contains("UNAUTHORIZED"), "{there}");
    assert!(!there.contains(&id(&ours)), "{there}");
    let page = browser.get(&house, &format!("/console/prod/requests/{}", id(&nobodys))).await;
    assert!(page.status == 200 && text(&page).contains("nobody that is known"), "{}", text(&page));
    let page = browser.get(&house, &format!("/console/prod/requests/{}", id(&ours))).await;
    let words = text(&page);
    assert_eq!(page.status, 404, "another environment's: {words}");
    assert!(words.contains("refused in Development") && !words.contains("INVALID_REQUEST"), "{words}");
    assert!(words.contains(&format!("href=\"{REQUESTS}/{}\"", id(&ours))), "it says where it is: {words}");
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_paged() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let empty = text(&browser.get(&house, REQUESTS).await);
    assert!(empty.contains("No refused request in Development") && empty.contains("curl -i"), "{empty}");
    for _ in 0..52 {
        house.post("/trigger", &json!({})).await;
        house.clock.advance(Duration::from_millis(5));
    }
    house.post_as("/api/track", "Bearer nonsense", &json!({})).await;
    app::request::flush(&house.app).await.unwrap();
    let first = text(&browser.get(&house, REQUESTS).await);
    assert!(first.contains("Rows 1–50 of 53"), "{first}");
    let second = text(&browser.get(&house, &next_page(&first).unwrap()).await);
    assert!(second.contains("Rows 51–53 of 53"), "{second}");
    for (query, total, words) in [
        ("q=TRACK", 1, "/api/track"),
        ("code=UNAUTHORIZED", 1, "were answered"),
        ("caller=nobody", 1, "came from nobody that is known"),
        ("caller=known", 52, "came from this environment"),
        ("answer=4&since=hour", 53, "in the last hour"),
    ] {
        let page = text(&browser.get(&house, &format!("{REQUESTS}?{query}")).await);
        assert!(page.contains(&format!("of {total}<")) && page.contains(words), "{query}: {page}");
    }
    let none = text(&browser.get(&house, &format!("{REQUESTS}?answer=5")).await);
    assert!(none.contains("Nothing matches"), "{none}");
    assert_eq!(browser.get(&house, &format!("{REQUESTS}?after=x")).await.status, 400);
    assert_eq!(browser.get(&house, &format!("{REQUESTS}?code=x")).await.status, 400);
}

#[tokio::test]
async fn a_search_for_the_id_finds_it() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let refused = house.post("/trigger", &json!({})).await;
    app::request::flush(&house.app).await.unwrap();
    browser.headers = vec![("hx-request", "true".into())];
    let hits = text(&browser.get(&house, &format!("/console/dev/search?q={}", id(&refused))).await);
    assert!(hits.contains(&format!("href=\"{REQUESTS}/{}\"", id(&refused))), "{hits}");
    let unknown = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";
    let hits = text(&browser.get(&house, &format!("/console/dev/search?q={unknown}")).await);
    assert!(hits.contains(&format!("href=\"{REQUESTS}/{unknown}\"")), "{hits}");
    browser.headers.clear();
    let page = browser.get(&house, &format!("{REQUESTS}/{unknown}")).await;
    assert_eq!(page.status, 404);
    let words = text(&page);
    assert!(words.contains("Nothing is kept under this id"), "{words}");
    // The page says what the constants are.
    assert!(words.contains(&format!("for {} days", LIFE.as_secs() / 86_400)), "{words}");
    assert!(KEPT_MAX == 10_000 && words.contains("the latest 10,000"), "{words}");
    assert_eq!(browser.get(&house, &format!("{REQUESTS}/x")).await.status, 404);
}

/// One id, several requests: an idempotent client repeats both.
#[tokio::test]
async fn an_id_that_a_caller_uses_twice_shows_both() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let chosen = "3e0ad9e1-7d07-4998-9551-a224f5c300df";
    let key = format!("Bearer {}", house.start.private_api_key.expose());
    for path in ["/trigger", "/api/workflow"] {
        let request = Request::post(path).header("x-request-id", chosen).header("authorization", &key);
        let request = request.header("content-type", "application/json").body(Body::from("{}")).unwrap();
        assert_eq!(id(&house.send(request).await), chosen);
        house.clock.advance(Duration::from_secs(1));
    }
    app::request::flush(&house.app).await.unwrap();
    let page = text(&browser.get(&house, &format!("{REQUESTS}/{chosen}")).await);
    assert!(page.contains("POST /api/workflow</h1>") && page.contains("Earlier under the same id"), "{page}");
    assert!(page.contains("POST /trigger"), "{page}");
}

#[tokio::test]
async fn pages_that_operators_meet_lead_there_and_strangers_leave_nothing() {
    let house = House::new().await;
    let mut stranger = Browser::default();
    for path in
        ["/wp-login.php", "/api/nothing", "/console/nothing", "/a/b/c/d", "/assets/x.js", "/console/dev/runs"]
    {
        stranger.get(&house, path).await;
    }
    let link = link_of(&house);
    stranger.post(&house, "/console/setup", &[("link", &link), ("password", "x")]).await;
    assert_eq!(
        app::request::flush(&house.app).await.unwrap(),
        0,
        "scanners would push out what people look for"
    );
    let mut browser = Browser::signed_in(&house).await;
    for path in ["/console/dev/mails/x", "/console/dev/runs/x", "/console/dev/mails?after=x"] {
        let page = browser.get(&house, path).await;
        let link = format!("href=\"{REQUESTS}/{}\"", id(&page));
        assert!(page.status.as_u16() >= 400 && text(&page).contains(&link), "{path}: {}", text(&page));
        let page = looked_up(&house, &mut browser, &page).await;
        assert!(page.contains("an operator, in this console"), "{page}");
    }
    let elsewhere = text(&browser.get(&house, "/console/prod/requests").await);
    assert!(elsewhere.contains("No refused request in Production"), "{elsewhere}");
}

#[derive(Default)]
struct Heard(Mutex<Vec<Refused>>);

impl RefusedLog for Heard {
    fn keep(&self, refused: Refused) {
        self.0.lock().unwrap().push(refused);
    }
}

/// As where the template of a page fails.
#[tokio::test]
async fn a_fault_that_nobody_tells_of_is_kept_all_the_same() {
    let (clock, heard) = (TestClock::new(), Arc::new(Heard::default()));
    let edge = Edge {
        clock: Arc::new(clock),
        rng: Arc::new(SeededRng::new(1)),
        proxies: Proxies::default(),
        https: false,
        refused: heard.clone(),
    };
    let router = Router::new()
        .route("/fault", get(async || (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made")))
        .route("/not-ready", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(from_fn_with_state(edge, webkit::edge::layer));
    for path in ["/fault", "/not-ready"] {
        router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    }
    let heard = heard.0.lock().unwrap();
    let [fault] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((fault.path.as_str(), fault.status, fault.code.as_str()), ("/fault", 500, "INTERNAL_ERROR"));
}

/// Pages of no environment, such as an operator's account.
#[tokio::test]
async fn a_fault_of_the_console_outside_of_environments_is_somebodys_in_it() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let fault = Refused { path: "/console/account".into(), status: 500, ..refused(&house, false) };
    let request = fault.request;
    app::request::keep(&house.app, fault);
    let page = text(&browser.get(&house, &format!("{REQUESTS}/{request}")).await);
    assert!(page.contains("somebody in this console") && !page.contains("nobody that is known"), "{page}");
}

#[tokio::test]
async fn a_link_that_does_not_work_is_kept_without_its_token() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let (_, mut link) = house.waiting("ada").await;
    let path = link.path().rsplit_once('/').unwrap().0.to_owned();
    link.set_path(&format!("{path}/another-token"));
    let page = house.browse(&link).await;
    assert_eq!(page.status, 404);
    let page = looked_up(&house, &mut browser, &page).await;
    assert!(page.contains("/continue/{token}") && !page.contains("another-token"), "{page}");
}

fn refused(house: &House, known: bool) -> Refused {
    Refused {
        request: RequestId::ordered(house.clock.now(), house.app.rng.as_ref()),
        at: house.clock.now(),
        method: "POST".into(),
        path: "/trigger\0".into(),
        status: 401,
        code: "UNAUTHORIZED".into(),
        message: "x".repeat(5_000),
        details: vec![Detail { field: "f\0".into(), message: "y".into() }; 30],
        elapsed: Duration::from_millis(1),
        about: About { environment: known.then(|| house.env().id()), ..About::default() },
    }
}

/// Strangers cannot take the places of callers that are known, and neither can make the queue grow.
#[tokio::test]
async fn a_flood_is_dropped_and_counted_and_holds_nobody_up() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for _ in 0..700 {
        app::request::keep(&house.app, refused(&house, false));
    }
    assert_eq!(house.app.requests.counts(), (0, 200), "half of the places are for those who are known");
    let ours = house.post("/trigger", &json!({})).await;
    for _ in 0..600 {
        app::request::keep(&house.app, refused(&house, true));
    }
    assert_eq!(house.app.requests.counts(), (0, 301));
    assert_eq!(app::request::flush(&house.app).await.unwrap(), 1_000);
    assert_eq!(house.app.requests.counts(), (1_000, 301));
    looked_up(&house, &mut browser, &ours).await;
    let list = text(&browser.get(&house, REQUESTS).await);
    assert!(list.contains("1,000 requests refused") && list.contains("301 since the server began"), "{list}");
    assert!(!list.contains(&"x".repeat(1_001)), "a long message is cut");
    let kept = app::request::list(&house.app, house.env(), Default::default(), Default::default(), None, 1);
    let details = kept.await.unwrap().rows.remove(0).refused.details;
    assert_eq!((details.len(), details[19].message.as_str()), (20, "11 more"), "and so are many details");
}

/// The answer and the row cut the details each at its own length, and both count from all of them.
#[tokio::test]
async fn many_details_are_cut_and_counted_in_the_answer_and_in_what_is_kept() {
    let house = House::new().await;
    let refused = house.post("/api/identify", &json!(vec![1; 1_000])).await;
    assert_eq!(refused.status, 400);
    let told = refused.json()["details"].clone();
    assert_eq!((told.as_array().unwrap().len(), &told[99]["message"]), (100, &json!("901 more")));
    app::request::flush(&house.app).await.unwrap();
    let kept = app::request::list(&house.app, house.env(), Default::default(), Default::default(), None, 1);
    let details = kept.await.unwrap().rows.remove(0).refused.details;
    assert_eq!((details.len(), details[19].message.as_str()), (20, "981 more"));
}

#[tokio::test]
async fn a_row_that_the_database_refuses_is_counted_and_the_others_are_written() {
    let house = House::new().await;
    for code in ["UNAUTHORIZED", "NO\0CODE", "UNAUTHORIZED"] {
        app::request::keep(&house.app, Refused { code: code.into(), ..refused(&house, true) });
    }
    assert_eq!(app::request::flush(&house.app).await.unwrap(), 2, "neither before it nor behind it");
    assert_eq!(house.app.requests.counts(), (2, 1));
    assert_eq!(app::request::flush(&house.app).await.unwrap(), 0, "it is not tried again");
}

#[tokio::test]
async fn the_log_is_bounded_by_count_and_age() {
    let house = House::new().await;
    let count = async || {
        let all =
            app::request::list(&house.app, house.env(), Default::default(), Default::default(), None, 1);
        all.await.unwrap().all
    };
    for _ in 0..11 {
        for _ in 0..1_000 {
            app::request::keep(&house.app, refused(&house, true));
        }
        app::request::flush(&house.app).await.unwrap();
        house.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(count().await, KEPT_MAX as u64, "the oldest go while new ones come");
    house.clock.advance(LIFE - Duration::from_secs(2));
    app::housekeeping::sweep(&house.app).await.unwrap();
    assert_eq!(count().await, 2_000, "those of the last two seconds are not a week old");
    house.clock.advance(Duration::from_secs(3));
    app::housekeeping::sweep(&house.app).await.unwrap();
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn what_waits_at_the_end_of_the_process_is_written() {
    let house = House::new().await;
    let ending = CancellationToken::new();
    let part = tokio::spawn(app::request::run(house.app.clone(), ending.clone()));
    let answer = house.post("/trigger", &json!({})).await;
    ending.cancel();
    part.await.unwrap();
    assert_eq!(house.app.requests.counts(), (1, 0));
    let found = app::request::find(&house.app, house.env(), id(&answer).parse().unwrap()).await.unwrap();
    assert_eq!(found.unwrap().last.code, "INVALID_REQUEST");
}

/// A page says of a code what the guide says: each has a section, and each section a filter.
#[test]
fn every_code_has_its_section_of_the_guide() {
    let codes = console::guide::codes();
    for (code, section) in &codes {
        let section = section.unwrap_or_else(|| panic!("{code} has no section"));
        assert!(section.contains("What to do") && !section.contains("<h"), "{code}: {section}");
        assert!(!section.contains("href=\"#"), "{code}: a link within the page leads nowhere elsewhere");
    }
    let guide = include_str!("../../../../docs/errors.md");
    let sections = guide.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(sections, codes.len());
}
