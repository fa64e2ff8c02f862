//! Each route with each kind of caller: what opens it, and what is answered otherwise (decisions D15, D19).

mod guard;
mod page;

use super::house::{Answer, House};
use app::key::NewKey;
use axum::body::Body;
use http::Request;
use kernel::Env;
use model::caller::{KeyKind, Scope};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The kinds, in the order of the table's columns.
const CALLERS: [&str; 8] = [
    "nobody",
    "project key",
    "private key without the scope",
    "private key with it",
    "token without the scope",
    "token with it",
    "private key of another environment",
    "token of another environment",
];

struct Route {
    method: &'static str,
    path: &'static str,
    /// As it is registered, without prefix.
    template: &'static str,
    body: Value,
    expected: [u16; 8],
}

const fn row(
    method: &'static str,
    path: &'static str,
    template: &'static str,
    body: Value,
    expected: [u16; 8],
) -> Route {
    Route { method, path, template, body, expected }
}

const fn open(status: u16) -> [u16; 8] {
    [status; 8]
}

/// `{run}` stands for a run that waits for its acknowledgement.
#[rustfmt::skip]
fn table(house: &House) -> Vec<Route> {
    let event = json!({"event_name": "e", "user_id": "u"});
    let seed = json!({"user_id": "u", "traits": {}, "timestamp": "2026-01-01T00:00:00Z"});
    let group = json!({"user_id": "u", "group_id": "g"});
    let page = json!({"user_id": "u"});
    let ack = json!({"workflowRuntimeId": "{run}", "tenantId": "t"});
    let trigger = house.trigger_body("eve");
    let telemetry = [401, 200, 403, 200, 403, 200, 200, 200];
    vec![
        row("POST", "/api/identify", "/identify", seed, telemetry),
        row("POST", "/api/group", "/group", group, telemetry),
        row("POST", "/api/track", "/track", event.clone(), telemetry),
        row("POST", "/api/events", "/events", event, telemetry),
        row("POST", "/api/page", "/page", page, telemetry),
        row("POST", "/trigger", "/trigger", trigger, [401, 403, 403, 200, 403, 200, 409, 409]),
        row("POST", "/api/workflow", "/workflow", ack.clone(), [401, 403, 403, 200, 403, 200, 403, 403]),
        row("POST", "/thrivestackWebhook/acknowledgeTenant", "/thrivestackWebhook/acknowledgeTenant", ack,
            [401, 403, 403, 200, 403, 200, 403, 403]),
        row("GET", "/api/runs/{run}", "/runs/{id}", Value::Null, [401, 403, 200, 200, 403, 200, 404, 404]),
        row("GET", "/api/event/", "/event", Value::Null, [401, 403, 200, 200, 403, 403, 200, 403]),
        row("GET", "/v1/ValidateAuthOTP?authOTP=x", "/ValidateAuthOTP", Value::Null, open(401)),
        // The body is the credential.
        row("POST", "/api/token", "/token", json!({}), open(400)),
        row("POST", "/api/user/token", "/user/token", json!({}), open(400)),
        row("POST", "/api/team/update", "/team/update", json!({"key_id": "x"}), open(400)),
        row("GET", "/environments/x/.well-known/jwks.json",
            "/environments/{environment}/.well-known/jwks.json", Value::Null, open(404)),
        row("GET", "/healthz", "/healthz", Value::Null, open(200)),
        row("GET", "/readyz", "/readyz", Value::Null, open(200)),
        row("GET", "/metrics", "/metrics", Value::Null, open(200)),
    ]
}

/// Pages and files outside of the console: a credential changes nothing. `{link}` stands for the link of a run that is
/// acknowledged.
#[rustfmt::skip]
fn pages() -> Vec<Route> {
    let get = |path, template, status| row("GET", path, template, Value::Null, open(status));
    vec![
        get("/", "/", 303),
        get("/favicon.ico", "/favicon.ico", 204),
        get("/docs", "/docs", 200),
        get("/docs/", "/docs/", 308),
        get("/docs/search?q=key", "/docs/search", 200),
        get("/docs/trigger", "/docs/{page}", 200),
        get("/docs/trigger/", "/docs/{page}/", 308),
        get("/assets/x", "/assets/{file}", 404),
        get("/assets/logo/x/y.png", "/assets/logo/{environment}/{file}", 404),
        get("/assets/brand/0f7a55.css", "/assets/brand/{colour}", 200),
        get("/a/b/c/continue", "/{product}/{environment}/{workflow}/{page}", 404),
        get("/a/b/c/continue/", "/{product}/{environment}/{workflow}/{page}/", 404),
        get("{link}", "/{product}/{environment}/{workflow}/{page}/{token}", 303),
        get("/a/b/c/continue/x/", "/{product}/{environment}/{workflow}/{page}/{token}/", 404),
    ]
}

/// The credentials of [`CALLERS`].
async fn credentials(house: &House) -> [Option<String>; 8] {
    let development = house.env();
    let production = Env::vouched(house.start.environments.production);
    let (all, other) = (Scope::ALL.to_vec(), vec![Scope::RevenueApis]);
    [
        None,
        Some(house.start.project_key.expose().clone()),
        Some(private(house, development, other.clone()).await),
        Some(house.start.private_api_key.expose().clone()),
        Some(token(house, development, &["user_management"]).await),
        Some(token(house, development, &all_scopes()).await),
        Some(private(house, production, all).await),
        Some(token(house, production, &all_scopes()).await),
    ]
}

fn new_key(kind: KeyKind, scopes: Vec<Scope>) -> NewKey {
    let name = app::key::Name::new("a caller").unwrap();
    NewKey { name, kind, scopes, expires_at: None, rotate_days: None }
}

pub(super) fn all_scopes() -> Vec<&'static str> {
    Scope::ALL.iter().map(|scope| scope.name()).collect()
}

async fn private(house: &House, env: Env, scopes: Vec<Scope>) -> String {
    let created =
        app::key::create(&house.app, &house.actor(), env, new_key(KeyKind::Private, scopes)).await.unwrap();
    created.secret.expose().clone()
}

async fn token(house: &House, env: Env, scopes: &[&str]) -> String {
    let (id, pem) = if env == house.env() {
        (house.start.api_key.key_id, house.start.api_key.private_key.expose().clone())
    } else {
        let created =
            app::key::create(&house.app, &house.actor(), env, new_key(KeyKind::Rsa, Scope::ALL.to_vec()))
                .await
                .unwrap();
        (created.key.id, created.secret.expose().clone())
    };
    let body = json!({"key_id": id, "private_key": pem, "scopes": scopes});
    let answer = send(house, "POST", "/api/token", &body, None).await;
    answer.json()["token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn send(house: &House, method: &str, path: &str, body: &Value, credential: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(credential) = credential {
        request = request.header("authorization", format!("Bearer {credential}"));
    }
    let body = if body.is_null() {
        Body::empty()
    } else {
        request = request.header("content-type", "application/json");
        Body::from(body.to_string())
    };
    house.send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn each_route_opens_for_whom_the_table_says() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    let link = &link[url::Position::BeforePath..];
    let credentials = credentials(&house).await;
    let mut differences = Vec::new();
    // The rows of the acknowledgement come first.
    for route in table(&house).into_iter().chain(pages()) {
        let path = route.path.replace("{run}", &run).replace("{link}", link);
        let body = serde_json::from_str(&route.body.to_string().replace("{run}", &run)).unwrap();
        for ((caller, credential), expected) in CALLERS.iter().zip(&credentials).zip(route.expected) {
            let answer = send(&house, route.method, &path, &body, credential.as_deref()).await;
            if answer.status != expected {
                let (method, status) = (route.method, answer.status.as_u16());
                differences.push(format!("{method} {path}, {caller}: {status} instead of {expected}"));
            }
            if expected >= 400 {
                assert!(answer.json().is_object(), "{path}: {answer:?}");
            }
            differences.extend(guard::missing(&answer).into_iter().map(|what| format!("{path}: {what}")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn every_alias_of_a_path_leads_to_the_same_answer() {
    let house = House::new().await;
    let key = house.start.private_api_key.expose().clone();
    let exact = ["/thrivestackWebhook/acknowledgeTenant", "/healthz", "/readyz", "/metrics"];
    for route in table(&house).into_iter().filter(|route| !exact.contains(&route.template)) {
        let path = route.template.replace("{id}", "x").replace("{environment}", "x");
        let mut found = BTreeSet::new();
        for prefix in ["", "/api", "/v1", "/api/v1"] {
            for slash in ["", "/"] {
                let alias = format!("{prefix}{path}{slash}");
                let answer = send(&house, route.method, &alias, &json!({}), Some(&key)).await;
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(!text.contains("there is nothing at"), "{alias}");
                found.insert(answer.status.as_u16());
            }
        }
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
}

/// The table is whole: every path that the JSON routes register stands in it, with each method.
#[tokio::test]
async fn no_json_route_is_missing_in_the_table() {
    let house = House::new().await;
    let listed: BTreeSet<String> = registered(&sources("../api/src"))
        .into_iter()
        .chain(registered(&[manifest("../server/src/probe.rs")]))
        .collect();
    assert!(listed.contains("/trigger") && listed.contains("/identify") && listed.contains("/metrics"));
    let (listed, known) = (taken(&house, "", &listed).await, rows(&table(&house)));
    let missing: Vec<_> = listed.difference(&known).collect();
    let gone: Vec<_> = known.difference(&listed).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing {missing:?}, gone {gone:?}");
}

#[tokio::test]
async fn no_page_outside_of_the_console_is_missing_in_the_table() {
    let listed = registered(&[
        manifest("../console/src/lib.rs"),
        manifest("../console/src/hosted.rs"),
        manifest("../console/src/guide/mod.rs"),
    ]);
    let (listed, known) = (taken(&House::new().await, "", &listed).await, rows(&pages()));
    let different: Vec<_> = listed.symmetric_difference(&known).collect();
    assert!(different.is_empty(), "{different:?}");
}

/// Method and template of each row.
fn rows(routes: &[Route]) -> BTreeSet<(String, String)> {
    routes.iter().map(|route| (route.method.to_owned(), route.template.to_owned())).collect()
}

/// The methods that the router takes at each template, as it says when it is asked with another one (RFC 9110, 15.5.6);
/// HEAD comes with GET.
async fn taken(house: &House, prefix: &str, templates: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let part = regex::Regex::new(r"\{[a-z]+\}").unwrap();
    let mut found = BTreeSet::new();
    for template in templates {
        let path = format!("{prefix}{}", part.replace_all(template, "x"));
        let path = if prefix.is_empty() { &path } else { path.trim_end_matches('/') };
        let answer = send(house, "PUT", path, &Value::Null, None).await;
        let methods = answer.headers["allow"].to_str().unwrap().split(',').map(str::trim);
        found.extend(methods.filter(|name| *name != "HEAD").map(|name| (name.to_owned(), template.clone())));
    }
    found
}

fn manifest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(manifest(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
            false => vec![path],
        })
        // The prefixes of the aliases are no routes.
        .filter(|path| path.file_name().is_some_and(|name| name != "alias.rs"))
        .collect()
}

/// Every text of these files that is a path by itself.
fn registered(files: &[PathBuf]) -> BTreeSet<String> {
    let path = regex::Regex::new(r#""(/[A-Za-z{}./_-]*)""#).unwrap();
    let mut found = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        found.extend(path.captures_iter(&text).map(|capture| capture[1].to_owned()));
    }
    found
}
