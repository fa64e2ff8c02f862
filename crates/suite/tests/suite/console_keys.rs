//! *Keys*: one is made, seen once, used, and revoked.

use super::browser::{Browser, text, to};
use super::house::{Answer, House};
use axum::body::Body;
use http::{Method, Request};
use model::caller::Scope;
use serde_json::{Value, json};

const KEYS: &str = "/console/dev/keys";
const NEW: &str = "/console/dev/keys/new";

/// The element with this id, as the browser's text.
fn element(page: &Answer, id: &str) -> String {
    let page = text(page);
    let (_, after) = page.split_once(&format!("id=\"{id}\">")).unwrap();
    let inside = after.split_once("</pre>").unwrap().0;
    inside.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'")
}

async fn make(house: &House, browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    browser.get(house, NEW).await;
    browser.post(house, NEW, fields).await
}

fn status(answer: &Answer) -> u16 {
    answer.status.as_u16()
}

#[tokio::test]
async fn a_private_key_is_shown_once_and_works_until_it_is_revoked() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let made = make(
        &house,
        &mut browser,
        &[("kind", "private"), ("name", "worker <1>"), ("scope.telemetry_apis", "on")],
    )
    .await;
    assert_eq!(status(&made), 200, "{}", text(&made));
    assert_eq!(made.headers["cache-control"], "no-store");
    let secret = element(&made, "secret");
    let folded =
        regex::Regex::new("(?s)<details class=\"fold\" data-fold-after=\"60\">.*?</details>").unwrap();
    let page = text(&made);
    assert_eq!(folded.find_iter(&page).filter(|fold| fold.as_str().contains(&secret)).count(), 3);
    assert!(!folded.replace_all(&page, "").contains(&secret), "nothing shows it that is not unfolded");
    for id in ["secret", "json", "use"] {
        assert!(page.contains(&format!("data-copy-from=\"{id}\"")), "{id} can be copied");
    }
    let file: Value = serde_json::from_str(&element(&made, "json")).unwrap();
    assert_eq!((&file["api_key"], &file["name"]), (&json!(secret), &json!("worker <1>")));

    let track = json!([{"event_name": "hello", "user_id": "u-1", "properties": {}}]);
    let with = format!("Bearer {secret}");
    assert_eq!(status(&house.post_as("/api/track", &with, &track).await), 200);
    let trigger = house.trigger_body("ada");
    assert_eq!(status(&house.post_as("/trigger", &with, &trigger).await), 403, "not its scope");

    let list = text(&browser.get(&house, KEYS).await);
    assert!(!list.contains(&secret) && list.contains("worker &#60;1&#62;"), "{list}");
    let id = file["key_id"].as_str().unwrap();
    let revoke = format!("{KEYS}/{id}/revoke");
    let question = text(&browser.get(&house, &revoke).await);
    assert!(question.contains("Revoke worker &#60;1&#62;?"), "{question}");
    for typed in ["", "worker", "WORKER <1>"] {
        let again = browser.post(&house, &revoke, &[("typed", typed)]).await;
        let page = text(&again);
        assert!(status(&again) == 400 && page.contains("Nothing was done"), "{typed}: {page}");
        assert!(
            page.contains(&format!(
                "name=\"typed\" type=\"text\" value=\"{}\"",
                typed.replace('<', "&#60;").replace('>', "&#62;")
            )),
            "{typed} kept"
        );
        let field = page.split("name=\"typed\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(field.contains("aria-invalid") && field.contains("autofocus"), "{field}");
    }
    assert_eq!(status(&house.post_as("/api/track", &with, &track).await), 200, "nothing was done");
    assert_eq!(to(&browser.post(&house, &revoke, &[("typed", "  worker <1> ")]).await), KEYS);
    assert_eq!(status(&house.post_as("/api/track", &with, &track).await), 401);
    assert_eq!(status(&browser.get(&house, &revoke).await), 404, "nothing is left to revoke");
    let list = text(&browser.get(&house, KEYS).await);
    assert!(list.contains("1 expired or revoked key") && list.contains("Revoked"), "{list}");
}

/// Sends what a sample in the syntax of a shell says.
async fn run(house: &House, sample: &str) -> Answer {
    let find = |pattern: &str| {
        let found = regex::Regex::new(pattern).unwrap().captures(sample);
        found.map(|found| found[1].to_owned())
    };
    let path = find(r"https://hosted\.test(/\S*)").unwrap();
    let body = find(r"(?s)-d '([^']*)'");
    let headers = regex::Regex::new(r#"-H ['"]([^:]*): ([^'"]*)['"]"#).unwrap();
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder().method(method).uri(&path);
    for header in headers.captures_iter(sample) {
        request = request.header(&header[1], &header[2]);
    }
    house.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await
}

#[tokio::test]
async fn the_sample_of_each_scope_is_a_request_that_the_key_may_make() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let form = text(&browser.get(&house, NEW).await);
    assert!(form.contains("reads all events and runs, whatever is ticked"), "{form}");
    let expected = [
        ("telemetry_apis", "/api/track"),
        ("track_api", "/api/track"),
        ("identify_api", "/api/identify"),
        ("group_api", "/api/group"),
        ("user_management", "/api/event/"),
        ("workflow_trigger_api", "/trigger"),
        ("revenue_apis", "/api/event/"),
    ];
    assert_eq!(expected.map(|(scope, _)| scope), Scope::ALL.map(Scope::name));
    for (scope, path) in expected {
        let ticked = format!("scope.{scope}");
        let fields = [("kind", "private"), ("name", scope), (&ticked, "on")];
        let made = make(&house, &mut browser, &fields).await;
        let sample = element(&made, "use");
        assert!(sample.contains(&format!("https://hosted.test{path} ")), "{scope}: {sample}");
        let answer = run(&house, &sample).await;
        assert_eq!(status(&answer), 200, "{scope}: {sample}\n{}", text(&answer));
        // What the form says of every private key.
        let key = format!("Bearer {}", element(&made, "secret"));
        let read = Request::builder().uri("/api/event/").header("authorization", key);
        assert_eq!(status(&house.send(read.body(Body::empty()).unwrap()).await), 200, "{scope}");
    }
    let site = make(&house, &mut browser, &[("kind", "project"), ("name", "site")]).await;
    assert_eq!(status(&run(&house, &element(&site, "use")).await), 200);
}

#[tokio::test]
async fn the_file_of_an_rsa_key_gives_a_token() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let fields = [("kind", "rsa"), ("name", "ci"), ("rotate", "30"), ("scope.workflow_trigger_api", "on")];
    let made = make(&house, &mut browser, &fields).await;
    let file: Value = serde_json::from_str(&element(&made, "json")).unwrap();
    let asked = json!({
        "key_id": file["key_id"], "private_key": file["private_key"],
        "scopes": ["workflow_trigger_api"], "expiry": 60,
    });
    let token = house.post("/api/user/token", &asked).await;
    assert_eq!(status(&token), 200, "{}", text(&token));
    let list = text(&browser.get(&house, KEYS).await);
    assert!(list.contains("rotate <time") && list.contains("in 30 d"), "{list}");
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let long = "x".repeat(101);
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("kind", "private"), ("name", ""), ("scope.track_api", "on")], "Must not be empty."),
        (
            &[("kind", "private"), ("name", &long), ("scope.track_api", "on")],
            "Must be at most 100 characters.",
        ),
        (&[("kind", "rsa"), ("name", "ci"), ("expires", "2099-12-31")], "Tick at least one."),
        (
            &[("kind", "rsa"), ("name", "ci"), ("expires", "1999-01-01"), ("scope.track_api", "on")],
            "That day is over.",
        ),
    ];
    for (fields, words) in cases {
        let answer = make(&house, &mut browser, fields).await;
        let page = text(&answer);
        assert!(status(&answer) == 400 && page.contains(words), "{words}: {page}");
        assert!(page.contains("autofocus"), "{words}");
        for (name, value) in fields.iter().filter(|(name, _)| ["name", "expires"].contains(name)) {
            assert!(page.contains(&format!("value=\"{value}\"")), "{name} kept");
        }
    }
    let japanese = "鍵".repeat(100);
    let fields = [("kind", "private"), ("name", japanese.as_str()), ("scope.track_api", "on")];
    assert_eq!(
        status(&make(&house, &mut browser, &fields).await),
        200,
        "as many characters as the field takes"
    );
    let unreadable =
        make(&house, &mut browser, &[("name", "ci"), ("expires", "soon"), ("scope.track_api", "on")]);
    assert!(text(&unreadable.await).contains("is not a day"));
    let before = app::key::list(&house.app.db, house.env()).await.unwrap();
    assert_eq!(before.len(), 4, "those of init and the good one");
}

#[tokio::test]
async fn a_day_ends_at_midnight_of_the_environment() {
    let house = House::new().await;
    house.set(house.env(), |settings| settings.time_zone = "Asia/Tokyo".into()).await;
    let mut browser = Browser::signed_in(&house).await;
    let fields = [("kind", "project"), ("name", "site"), ("expires", "2099-01-31")];
    assert_eq!(status(&make(&house, &mut browser, &fields).await), 200);
    let keys = app::key::list(&house.app.db, house.env()).await.unwrap();
    let site = keys.iter().find(|key| key.name == "site").unwrap();
    assert_eq!(site.expires_at.unwrap().to_string(), "2099-01-31T15:00:00Z");
}

#[tokio::test]
async fn the_other_environments_keys_are_not_there() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let list = text(&browser.get(&house, "/console/prod/keys").await);
    assert!(list.contains("No key in Production yet"), "{list}");
    let id = house.start.api_key.key_id;
    let revoke = format!("/console/prod/keys/{id}/revoke");
    assert_eq!(status(&browser.get(&house, &revoke).await), 404);
    assert_eq!(status(&browser.post(&house, &revoke, &[]).await), 404);
    let keys = app::key::list(&house.app.db, house.env()).await.unwrap();
    assert!(keys.iter().all(|key| key.revoked_at.is_none()));
}
