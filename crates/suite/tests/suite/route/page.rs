//! Each page of the console with each kind of visitor: API credentials open none, and a form counts only with the
//! token that belongs to the session.

use super::{guard, manifest, registered, taken};
use crate::suite::house::{Answer, House};
use app::operator::Visit;
use axum::body::Body;
use http::Request;
use kernel::Secret;
use serde_json::json;
use std::collections::BTreeSet;
use webkit::cookie::{Cookie, Cookies};
use webkit::csrf;

/// In the order of the table's columns.
const VISITORS: [&str; 5] = [
    "nobody",
    "private API key",
    "operator",
    "operator with the form's token",
    "the same, from another site",
];

struct Page {
    method: &'static str,
    /// As it is registered under `/console`.
    template: &'static str,
    form: &'static str,
    expected: [u16; 5],
}

/// The last rows end sessions.
fn table() -> Vec<Page> {
    let get = |template, expected| Page { method: "GET", template, form: "", expected };
    let post = |template, form, expected| Page { method: "POST", template, form, expected };
    let room = [303, 303, 200, 200, 200];
    let form = [303, 303, 403, 303, 403];
    // Past the gate the fields are judged, and these forms have none.
    let empty_form = [303, 303, 403, 400, 403];
    vec![
        get("/", [303, 303, 303, 303, 303]),
        get("/sign-in", [200, 200, 303, 303, 303]),
        get("/setup", [410, 410, 410, 410, 410]),
        get("/account", room),
        get("/{stage}", room),
        get("/{stage}/integration", room),
        get("/{stage}/runs", room),
        get("/{stage}/runs/tail", room),
        get("/{stage}/waitlist", room),
        get("/{stage}/waitlist/admit", room),
        get("/{stage}/search", room),
        get("/{stage}/runs/{id}", room),
        get("/{stage}/runs/{id}/{act}", room),
        get("/{stage}/users", room),
        get("/{stage}/users/one", room),
        get("/{stage}/users/reset", room),
        get("/{stage}/accounts", room),
        get("/{stage}/accounts/one", room),
        get("/{stage}/mails", room),
        get("/{stage}/mails/{mail}", room),
        get("/{stage}/mails/{mail}/html", room),
        get("/{stage}/mails/{mail}/message.eml", room),
        get("/{stage}/webhooks", room),
        get("/{stage}/webhooks/integrate", room),
        get("/{stage}/webhooks/{delivery}", room),
        get("/{stage}/requests", room),
        get("/{stage}/requests/{request}", room),
        get("/{stage}/workflows", room),
        get("/{stage}/keys", room),
        get("/{stage}/keys/new", room),
        get("/{stage}/keys/{key}/revoke", room),
        get("/{stage}/settings", room),
        get("/{stage}/settings/rotate", room),
        get("/{stage}/settings/logo", room),
        get("/{stage}/settings/words", room),
        get("/{stage}/settings/words/preview", room),
        post("/sign-in", "email=a%40b.test&password=x", [403, 403, 403, 403, 403]),
        post("/setup", "link=x&password=x", [403, 403, 403, 403, 403]),
        post("/{stage}/try", "", empty_form),
        post("/{stage}/waitlist/admit", "", form),
        post("/{stage}/keys/new", "", empty_form),
        // What cannot be undone asks for a name.
        post("/{stage}/keys/{key}/revoke", "typed=First+RSA+key", form),
        // No mail server is connected.
        post("/{stage}/mails/{mail}/send", "", [303, 303, 403, 409, 403]),
        post("/{stage}/users/reset", "typed=ada%40acme.com", form),
        post("/{stage}/webhooks/test", "", form),
        post("/{stage}/settings", "", empty_form),
        post("/{stage}/settings/test-mail", "", empty_form),
        post("/{stage}/settings/preview", "", [303, 303, 403, 200, 403]),
        // A form without a file is none; where one stands, its token is asked for.
        post("/{stage}/settings/logo", "", [303, 303, 400, 400, 403]),
        post("/{stage}/settings/logo/preview", "", [303, 303, 400, 400, 403]),
        post("/{stage}/settings/logo/remove", "", form),
        // Nothing was removed.
        post("/{stage}/settings/logo/restore", "logo=x", [303, 303, 403, 404, 403]),
        // Somebody saved since version 0.
        post("/{stage}/settings/words", "", [303, 303, 403, 409, 403]),
        post("/{stage}/settings/words/preview", "", [303, 303, 403, 200, 403]),
        post("/{stage}/settings/enable", "", form),
        post("/{stage}/settings/rotate", "", form),
        post("/{stage}/runs/{id}/{act}", "typed=grace%40acme.com", form),
        post("/sign-out-everywhere", "", form),
        post("/sign-out", "", form),
    ]
}

/// A session of the first operator.
async fn sign_in(house: &House, link: &str) -> Secret<String> {
    let visit = Visit { address: [127, 0, 0, 1].into(), agent: String::new() };
    let link = Secret::new(link.to_owned());
    app::operator::use_link(&house.app, &link, Some("correct horse battery"), &visit).await.unwrap().token
}

async fn fresh_session(house: &House) -> Secret<String> {
    let fresh = app::operator::fresh_link(&house.app.db, house.app.rng.as_ref(), None).await.unwrap();
    let path = fresh.link.path();
    sign_in(house, path.split_once("link=").unwrap().1).await
}

async fn send(house: &House, page: &Page, path: &str, visitor: &str, session: &Secret<String>) -> Answer {
    let mut request = Request::builder().method(page.method).uri(path).header("host", "hosted.test");
    let mut form = page.form.to_owned();
    match visitor {
        "nobody" => {}
        "private API key" => {
            let key = house.start.private_api_key.expose();
            request = request.header("authorization", format!("Bearer {key}")).header("x-api-key", key);
        }
        _ => {
            let given = Cookies::new(true).give(Cookie::Session, session, None);
            let cookie = given.to_str().unwrap().split(';').next().unwrap().to_owned();
            request = request.header("cookie", cookie);
        }
    }
    if visitor.contains("token") || visitor.contains("another site") {
        form = format!("{form}&csrf={}", csrf::token(session, house.app.rng.as_ref()));
    }
    if visitor.contains("another site") {
        request = request.header("sec-fetch-site", "cross-site");
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    house.send(request.body(Body::from(form)).unwrap()).await
}

/// What stands for each part of a template: Ada's run is over, with its webhook and its mail; Grace's goes on.
async fn parts(house: &mut House) -> Vec<(&'static str, String)> {
    let (ended, _) = house.waiting("ada").await;
    assert_eq!(house.ack(&ended, Some("tenant-ada")).await.status, 200);
    let (waiting, _) = house.waiting("grace").await;
    let refused = house.post("/trigger", &json!({})).await;
    app::request::flush(&house.app).await.unwrap();
    house.digest().await;
    let (env, id) = (house.env(), ended.parse().unwrap());
    let deliveries = house.app.db.read(move |tx| store::delivery::of_run(tx, env, id)).await.unwrap();
    let mails = house.app.db.read(move |tx| store::mail::of_run(tx, env, id)).await.unwrap();
    vec![
        ("{stage}", "dev".to_owned()),
        ("{id}", waiting),
        ("{act}", "cancel".to_owned()),
        ("{delivery}", deliveries[0].id.to_string()),
        ("{mail}", mails[0].id.to_string()),
        ("{request}", refused.headers["x-request-id"].to_str().unwrap().to_owned()),
        ("{key}", house.start.api_key.key_id.to_string()),
        ("/users/one", "/users/one?id=ada".to_owned()),
        ("/users/reset", "/users/reset?id=ada".to_owned()),
        ("/accounts/one", "/accounts/one?id=tenant-ada".to_owned()),
    ]
}

#[tokio::test]
async fn each_page_opens_for_operators_alone() {
    let mut house = House::new().await;
    let parts = parts(&mut house).await;
    let mut differences = Vec::new();
    for page in table() {
        let path = parts.iter().fold(page.template.to_owned(), |path, (part, here)| path.replace(part, here));
        let path = format!("/console{}", path.trim_end_matches('/'));
        let session = fresh_session(&house).await;
        for (visitor, expected) in VISITORS.into_iter().zip(page.expected) {
            let answer = send(&house, &page, &path, visitor, &session).await;
            let (method, status) = (page.method, answer.status.as_u16());
            if status != expected {
                differences.push(format!("{method} {path}, {visitor}: {status} instead of {expected}"));
            }
            let missing = match page.template.rsplit('/').next() {
                Some("preview") if status == 200 => guard::missing_in_a_frame(&answer),
                Some("html") if status == 200 => guard::missing_in_a_mail(&answer),
                _ => guard::missing(&answer),
            };
            differences.extend(missing.into_iter().map(|what| format!("{method} {path}: {what}")));
            if status == 303 && page.expected[0] == 303 && VISITORS[..2].contains(&visitor) {
                let target = answer.headers["location"].to_str().unwrap();
                assert!(target.starts_with("/console/sign-in"), "{path}, {visitor}: {target}");
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn no_page_of_the_console_is_missing_in_the_table() {
    let listed = registered(&[manifest("../console/src/operator/mod.rs")]);
    let known: BTreeSet<_> =
        table().iter().map(|page| (page.method.to_owned(), page.template.to_owned())).collect();
    assert!(listed.contains("/{stage}/settings"), "{listed:?}");
    let listed = taken(&House::new().await, "/console", &listed).await;
    let different: Vec<_> = listed.symmetric_difference(&known).collect();
    assert!(different.is_empty(), "{different:?}");
}
