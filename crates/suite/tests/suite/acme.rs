//! Acme Notes by itself, against a server that answers as thrivestack would: its pages, its notes, its tour.

use super::browser::text;
use super::house::Answer;
use axum::body::Body;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use demo::acme::Acme;
use demo::client::{Client, Connection};
use demo::exchange::masked_path;
use http::{Method, Request};
use http_body_util::BodyExt;
use kernel::{Clock, Secret};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::{SeededRng, TestClock};
use tokio::net::TcpListener;
use tower::ServiceExt;
use url::Url;
use url::form_urlencoded::Serializer;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY: &str = "-----BEGIN PRIVATE KEY----- nobody may see this";
const CODE: &str = "code-0123456789-0123456789-0123456789";
const KIM: &str = "kim@harbor-studio.example";
/// The id under which ThriveStack knows Kim, whom the console may have signed up.
const TRIED: &str = "try-7f3c2a";

/// A visitor of Acme Notes.
struct Visitor {
    acme: Router,
    clock: Arc<TestClock>,
    cookies: BTreeMap<String, String>,
}

/// Answers as thrivestack would, for Kim.
async fn thrivestack() -> Url {
    let claims = json!({"userId": TRIED, "emailId": KIM, "tenantId": "ws_1", "tenantName": "Harbor Studio"});
    let session =
        format!("e30.{}.e30", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let redirect = url.join("/page/of-this-run").unwrap();
    let triggered =
        json!({"data": {"workflow_runtime_id": "run-1", "redirect_url": redirect, "message": "Successful"}});
    let answer = |body: Value| async move { Json(body) };
    let router = Router::new()
        .route(
            "/api/user/token",
            post(move || answer(json!({"token": "eyJhbGciOiJSUzI1NiJ9.payload.signature"}))),
        )
        .route("/trigger", post(move || answer(triggered.clone())))
        .route("/v1/ValidateAuthOTP", get(move || answer(json!({"token": session.clone()}))))
        .route("/api/workflow", post(move || answer(json!({"data": {"message": "Acknowledment recieved"}}))))
        .fallback(move || answer(json!({})));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn connection(api: Url) -> Connection {
    Connection {
        api,
        key_id: "key".into(),
        private_key: Secret::new(KEY.into()),
        project_key: "project-key-of-some-length".into(),
        private_api_key: Secret::new("private".into()),
        webhook_secret: Secret::new(SECRET.into()),
        workflow_id: "prosumer".into(),
    }
}

impl Visitor {
    fn of(api: Url) -> Self {
        let clock = Arc::new(TestClock::new());
        let client = Client::new(connection(api), clock.clone()).unwrap();
        let acme = Acme::new(client, clock.clone(), Arc::new(SeededRng::new(7))).unwrap().router();
        Self { acme, clock, cookies: BTreeMap::new() }
    }

    /// Kim, in the workspace that begins with meeting notes.
    async fn at_home() -> Self {
        let mut kim = Self::of(thrivestack().await);
        kim.post("/", &[("name", "Kim Aldersey"), ("email", KIM)]).await;
        kim.webhook("msg_1").await;
        kim.get(&format!("/onboarding?authOTP={CODE}")).await;
        let onboarded = kim.post("/onboarding", &[("name", "Harbor Studio"), ("template", "meetings")]).await;
        assert_eq!(location(&onboarded), "/home", "{}", text(&onboarded));
        kim
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, "http://acme.test").await
    }

    async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn webhook(&mut self, id: &str) -> Answer {
        self.webhook_for(id, "").await
    }

    async fn webhook_for(&mut self, id: &str, account: &str) -> Answer {
        let body = json!({"createAccountRequest": {
            "workflowDesignTimeId": "prosumer", "workflowRuntimeId": "run-1", "userEmailId": KIM,
            "accountName": account, "thrivestackTenantId": "tenant-1",
        }})
        .to_string();
        let at = self.clock.now().seconds();
        let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let tag = aws_lc_rs::hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes());
        let request = Request::post("/thrivestack/webhook")
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{}", STANDARD.encode(tag)));
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Kim's, as Acme knows it.
    async fn user_id(&mut self) -> Value {
        let told = self.get(&format!("/thrivestack/steps?email={KIM}")).await;
        told.json()["user_id"].clone()
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("host", "acme.test".parse().unwrap());
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        let page = request.method() != Method::POST || !request.uri().path().starts_with("/thrivestack");
        let response = self.acme.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body: Bytes = body.collect().await.unwrap().to_bytes();
        for line in parts.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        let markup = text(&answer);
        assert!(!page || !markup.contains("<script") && !markup.contains(" style="), "{markup}");
        assert!(!markup.contains("nobody may see this") && !markup.contains(CODE), "{markup}");
        answer
    }
}

fn location(answer: &Answer) -> &str {
    answer.headers.get("location").map_or("", |location| location.to_str().unwrap())
}

#[tokio::test]
async fn its_pages_run_no_script_and_take_no_foreign_form() {
    let api = thrivestack().await;
    let mut visitor = Visitor::of(api.clone());
    let landing = visitor.get("/").await;
    let policy = landing.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(
        policy.contains(&format!("form-action 'self' {};", api.origin().ascii_serialization())),
        "{policy}"
    );
    let fields = [("name", "Kim"), ("email", KIM)];
    for origin in ["http://elsewhere.test", "null"] {
        assert_eq!(visitor.post_from("/", &fields, origin).await.status, 403, "{origin}");
    }
    assert_eq!(visitor.post("/", &fields).await.status, 303);
}

#[tokio::test]
async fn what_was_typed_stays_when_the_sign_up_cannot_be_taken() {
    let mut visitor = Visitor::of(thrivestack().await);
    let wrong = visitor.post("/", &[("name", "<b>Kim"), ("email", "kim at home")]).await;
    assert_eq!(wrong.status, 400);
    let markup = text(&wrong);
    assert!(
        markup.contains("value=\"&#60;b&#62;Kim\"") && markup.contains("value=\"kim at home\""),
        "{markup}"
    );
    assert!(markup.contains("aria-describedby=\"email-fault\" autofocus"), "{markup}");
    // Nobody listens there.
    let mut visitor = Visitor::of("http://127.0.0.1:9".parse().unwrap());
    let away = visitor.post("/", &[("name", "Kim"), ("email", KIM)]).await;
    assert_eq!(away.status, 502);
    assert!(text(&away).contains("Nothing is lost") && text(&away).contains(KIM));
    assert!(visitor.cookies.is_empty(), "nobody is signed in");
}

#[tokio::test]
async fn a_person_without_a_workspace_is_told_where_it_stays() {
    let mut kim = Visitor::of(thrivestack().await);
    kim.post("/", &[("name", "Kim Aldersey"), ("email", KIM)]).await;
    let waiting = kim.get("/home").await;
    assert!(text(&waiting).contains("Your workspace is on its way"), "{}", text(&waiting));
    assert!(waiting.headers.contains_key("refresh"));
    assert_eq!(
        location(&kim.post("/sign-in", &[("email", KIM)]).await).rsplit('/').next(),
        Some("of-this-run")
    );
}

#[tokio::test]
async fn the_same_delivery_makes_one_workspace() {
    let mut kim = Visitor::at_home().await;
    assert_eq!(kim.webhook("msg_1").await.status, 200);
    let home = text(&kim.get("/home").await);
    assert!(home.contains("so the workspace stays") && home.contains("Harbor Studio"), "{home}");
}

/// A run that was cancelled or taken back is followed by another one, with a tenant of its own.
#[tokio::test]
async fn somebody_who_comes_again_is_in_the_newest_workspace() {
    let mut kim = Visitor::at_home().await;
    for number in 2..=9 {
        let (id, account) = (format!("msg_{number}"), format!("Studio {number}"));
        assert_eq!(kim.webhook_for(&id, &account).await.status, 200);
        let asked = text(&kim.get("/onboarding").await);
        assert!(asked.contains(&format!("value=\"{account}\"")), "{account}: {asked}");
    }
    kim.webhook("msg_1").await;
    assert!(text(&kim.get("/onboarding").await).contains("value=\"Studio 9\""), "a repeat is not new");
}

/// The same number as in the message and in the field's `maxlength`, whatever alphabet somebody writes.
#[tokio::test]
async fn a_name_is_measured_in_characters() {
    let mut visitor = Visitor::of(thrivestack().await);
    let (fits, long) = ("ж".repeat(80), "ж".repeat(81));
    assert_eq!(visitor.post("/", &[("name", &long), ("email", KIM)]).await.status, 400);
    assert_eq!(visitor.post("/", &[("name", &fits), ("email", KIM)]).await.status, 303);
}

#[tokio::test]
async fn what_is_missing_in_the_onboarding_is_said_where_it_is() {
    let mut kim = Visitor::at_home().await;
    let wrong = kim.post("/onboarding", &[("name", "Harbor Studio"), ("template", "none such")]).await;
    let markup = text(&wrong);
    assert_eq!(wrong.status, 400);
    assert!(markup.contains("<fieldset aria-describedby=\"template-fault\">"), "{markup}");
    assert!(!markup.contains("aria-invalid"), "the name is good: {markup}");
    let both = text(&kim.post("/onboarding", &[("name", " ")]).await);
    assert!(both.contains("Give the workspace a name") && both.contains("Choose what"), "{both}");
}

#[test]
fn a_path_shows_ids_and_no_token() {
    let shown = |path: &str| masked_path(&format!("http://acme.test{path}").parse().unwrap());
    let run = "/api/runs/0190f5a2-7c4b-7d11-9e0a-5b1f3c2d4e6f";
    assert_eq!(shown(run), run);
    // 32 bytes in base64url, of which four signs happen to be hyphens, in the places of a UUID's at that.
    for token in ["/r/ab-cd-ef-gh-0123456789abcdefghijklmnopqrs", "/r/0190f5z2-7c4b-7d11-9e0a-5b1f3c2d4e6f"] {
        assert!(shown(token).ends_with("***"), "{}", shown(token));
    }
}

/// Faults are logged and shown in the tour.
#[tokio::test]
async fn a_token_that_cannot_be_read_is_not_in_the_fault() {
    let router = Router::new().fallback(|| async { Json(json!({"token": "no-claims-in-here"})) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client::new(connection(api), Arc::new(TestClock::new())).unwrap();
    let fault = client.exchange(CODE).await.unwrap_err();
    let told = format!("{} {fault:?}", kernel::chain(&fault));
    assert!(told.contains("session's claims") && !told.contains("no-claims-in-here"), "{told}");
}

#[tokio::test]
async fn notes_are_written_found_changed_deleted_and_brought_back() {
    let mut kim = Visitor::at_home().await;
    let written = kim.post("/notes", &[("title", "Zebra crossing"), ("text", "Paint & <brush>")]).await;
    let path = location(&written).split('?').next().unwrap().to_owned();
    let found = text(&kim.get("/home?q=ZEBRA").await);
    assert!(found.contains("1 of 3 notes") && found.contains("Paint &#38; &#60;brush&#62;"), "{found}");
    assert!(!found.contains("Weekly meeting"), "{found}");
    let changed = [("title", "Zebra"), ("text", "Second"), ("revision", "1")];
    assert_eq!(kim.post(&path, &changed).await.status, 303);
    let behind = kim.post(&path, &[("title", "Zebra"), ("text", "Third"), ("revision", "1")]).await;
    assert_eq!(behind.status, 409, "another window was first");
    let markup = text(&behind);
    assert!(markup.contains("Third") && markup.contains("name=\"revision\" value=\"2\""), "{markup}");
    let deleted = kim.post(&format!("{path}/delete"), &[]).await;
    let home = text(&kim.get(location(&deleted)).await);
    assert!(home.contains("“Zebra” was deleted") && home.contains("2 notes"), "{home}");
    assert_eq!(kim.get(&path).await.status, 404);
    kim.post(&format!("{path}/restore"), &[]).await;
    assert!(text(&kim.get(&path).await).contains("Second"));
}

#[tokio::test]
async fn a_note_that_cannot_be_kept_is_shown_again() {
    let mut kim = Visitor::at_home().await;
    let long = "x".repeat(10_001);
    let refused = kim.post("/notes", &[("title", "Long"), ("text", &long)]).await;
    assert_eq!(refused.status, 400);
    assert!(text(&refused).contains(&long) && text(&refused).contains("10,000 characters"));
    assert_eq!(kim.post("/notes", &[("title", " "), ("text", "\n")]).await.status, 400);
    for number in 3..=200 {
        assert_eq!(kim.post("/notes", &[("title", &number.to_string())]).await.status, 303, "{number}");
    }
    assert_eq!(kim.post("/notes", &[("title", "One too many")]).await.status, 409);
}

#[tokio::test]
async fn who_comes_with_a_code_has_the_id_of_their_run() {
    let mut kim = Visitor::of(thrivestack().await);
    kim.webhook("msg_1").await;
    kim.get(&format!("/onboarding?authOTP={CODE}")).await;
    assert_eq!(kim.user_id().await, TRIED, "whom Acme has never met");
    let mut kim = Visitor::of(thrivestack().await);
    kim.post("/", &[("name", "Kim Aldersey"), ("email", KIM)]).await;
    kim.webhook("msg_1").await;
    assert_ne!(kim.user_id().await, TRIED);
    kim.get(&format!("/onboarding?authOTP={CODE}")).await;
    assert_eq!(kim.user_id().await, TRIED, "whom another signup has named otherwise");
}

#[tokio::test]
async fn a_workspace_is_nobody_elses_and_signing_out_ends_it() {
    let mut kim = Visitor::at_home().await;
    let mut stranger = Visitor { acme: kim.acme.clone(), clock: kim.clock.clone(), cookies: BTreeMap::new() };
    for path in ["/home", "/notes/1", "/notes/new", "/onboarding"] {
        assert_eq!(stranger.get(path).await.status, 401, "{path}");
    }
    stranger.post("/", &[("name", "Robin"), ("email", "robin@elsewhere.example")]).await;
    assert!(!text(&stranger.get("/notes/1").await).contains("Decisions"));
    let session = kim.cookies.clone();
    kim.post("/sign-out", &[]).await;
    kim.cookies = session;
    assert_eq!(kim.get("/home").await.status, 401, "the session has ended, whoever still has the cookie");
}

#[tokio::test]
async fn the_tour_shows_each_call_in_order_with_its_secrets_cut() {
    let mut kim = Visitor::at_home().await;
    let home = text(&kim.get("/home").await);
    let calls = [
        "POST /api/user/token",
        "POST /trigger",
        "303 See Other",
        "POST /thrivestack/webhook",
        "GET /onboarding?authOTP=code-0***",
        "GET /v1/ValidateAuthOTP?authOTP=code-0***",
        "POST /onboarding",
    ];
    let places: Vec<Option<usize>> =
        calls.iter().map(|call| home.find(&format!("<pre>{call}")).or_else(|| home.find(call))).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}\n{home}");
    assert!(places.is_sorted(), "{places:?}");
    for cut in ["-----B***", "eyJhbG***", "Bearer eyJhbG***"] {
        assert!(home.contains(cut), "{cut}\n{home}");
    }
    assert!(!home.contains("payload.signature"), "{home}");
    assert!(home.contains("/console/dev/runs/run-1"), "{home}");
}

#[tokio::test]
async fn the_tour_can_be_closed_and_leads_back_to_a_page_of_acme_only() {
    let mut kim = Visitor::at_home().await;
    let back = kim.post("/tour", &[("show", "no"), ("back", "/notes/1")]).await;
    assert_eq!(location(&back), "/notes/1");
    assert!(!text(&kim.get("/notes/1").await).contains("ThriveStack asked"));
    for outside in ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", ""] {
        assert_eq!(location(&kim.post("/tour", &[("show", "yes"), ("back", outside)]).await), "/home");
    }
    assert!(text(&kim.get("/notes/1").await).contains("ThriveStack asked"));
}
