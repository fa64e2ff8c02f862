//! Telemetry over the router: who may send what, what is answered, and what becomes of it (decisions D2, D6,
//! D10-D12, D15, D17, D18, D26).

use super::house::{Answer, House};
use app::consume::{LakeConsumer, Options, Profiles};
use axum::body::Body;
use http::Request;
use kernel::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

impl House {
    /// Lets both consumers catch up with the journal.
    pub(super) async fn digest(&self) {
        let clock = || Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (db, journal) = (&self.app.db, &self.app.journal);
        let profiles = Profiles::new(db.clone(), journal.clone(), clock(), Options::default());
        while profiles.step().await.unwrap() < journal.end() {}
        let lake = self.app.lake.clone();
        let lake = LakeConsumer::new(lake, db.clone(), journal.clone(), clock(), Options::default());
        while lake.step().await.unwrap() < journal.end() {}
    }

    fn project_key(&self) -> String {
        self.start.project_key.expose().clone()
    }
}

async fn with_head(house: &House, path: &str, head: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in head {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

fn code(answer: &Answer) -> (u16, Value) {
    let body = answer.json();
    assert_eq!(body["code"], body["error_code"]);
    (answer.status.as_u16(), body["error_code"].clone())
}

#[tokio::test]
async fn the_seeds_identify_is_answered_with_the_union() {
    let house = House::new().await;
    let sent = json!({"user_id": "user123", "traits": {"name": "First Last", "email": "first.last@example.com"},
        "timestamp": "20-11-23T22:28:55.111Z"});
    let answer = house.post("/api/identify", &sent).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!((&body["status"], &body["success"]), (&json!("success"), &json!(true)));
    assert_eq!(body["message"], "User identity updated successfully");
    assert_eq!(body["data"], sent);
    assert_eq!(body["response_id"].as_str(), answer.headers["x-request-id"].to_str().ok());
    assert_eq!(body["warnings"], json!(["Field 'group_id' is missing and may affect 'CRM' Insights"]));
    assert!(body["documentation"].is_string() && body["eventId"].is_string());
}

#[tokio::test]
async fn checks_come_in_the_order_credential_json_scope_fields() {
    let house = House::new().await;
    let key = house.project_key();
    let good = [("x-api-key", key.as_str())];
    let bad = [("x-api-key", "bm90IGEga2V5")];
    let none: [(&str, &str); 0] = [];
    type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, &'c str, u16, &'c str);
    let cases: &[Case<'_>] = &[
        (&bad, "/api/identify", "{", 401, "UNAUTHORIZED"),
        (&none, "/api/identify", "{", 401, "UNAUTHORIZED"),
        (&none, "/api/identify", "{}", 401, "UNAUTHORIZED"),
        (&good, "/api/identify", "{", 400, "INVALID_REQUEST"),
        (&good, "/api/identify", r#"{"user_id":"\ud800"}"#, 400, "INVALID_REQUEST"),
        (&good, "/api/identify", "[]", 400, "INVALID_REQUEST"),
        (&good, "/api/identify", "7", 400, "INVALID_REQUEST"),
        (&good, "/api/identify", "{}", 400, "INVALID_REQUEST"),
        (&good, "/api/page", r#"{"user_id":"u","session_id":"s"}"#, 400, "INVALID_REQUEST"),
    ];
    for (head, path, body, status, error) in cases {
        let answer = with_head(&house, path, head, body).await;
        assert_eq!(code(&answer), (*status, json!(error)), "{path} {body}");
    }
    assert_eq!(house.app.journal.end(), journal::Seq::FIRST);
}

#[tokio::test]
async fn another_clients_dialect_is_refused_by_its_name() {
    let house = House::new().await;
    let key = house.project_key();
    let cases = [
        (r#"{"writeKey":"w","userId":"u","event":"e"}"#, "Segment"),
        (r#"{"token":"t","event":"$pageview","properties":{}}"#, "PostHog"),
    ];
    for (body, name) in cases {
        for head in [&[][..], &[("x-api-key", key.as_str())]] {
            let answer = with_head(&house, "/v1/track", head, body).await;
            assert_eq!(code(&answer), (400, json!("DIALECT_NOT_SUPPORTED")), "{body}");
            assert!(answer.json()["message"].as_str().unwrap().contains(name));
        }
    }
}

#[tokio::test]
async fn an_event_has_half_a_megabyte_at_most() {
    let house = House::new().await;
    let record = json!({"event": "e", "user_id": "u", "properties": {"a": "x".repeat(512 << 10)}});
    assert_eq!(code(&house.post("/api/track", &record).await), (400, json!("EVENT_TOO_LARGE")));
}

#[tokio::test]
async fn events_can_be_read_with_a_private_key_alone() {
    let house = House::new().await;
    let batch = json!([
        {"event": "a", "user_id": "u", "timestamp": "2026-01-01T00:00:00Z", "context": {"source": "product"}},
        {"event": "b", "user_id": "v", "timestamp": "2026-01-01T00:00:01Z", "context": {"group_id": "g"}},
        {"event": "c", "user_id": "u", "timestamp": "2026-01-01T00:00:02Z", "context": {"source": "product"}},
    ]);
    house.post("/api/track", &batch).await;
    house.digest().await;
    let names = |answer: &Answer| -> Vec<String> {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|event| event["event_name"].as_str().unwrap().to_owned()).collect()
    };
    let first = house.get("/api/event/?limit=2").await;
    assert_eq!(names(&first), ["c", "b"]);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let second = house.get(&format!("/api/event/?limit=2&cursor={next}")).await;
    assert_eq!((names(&second), &second.json()["next"]), (vec!["a".to_owned()], &Value::Null));
    assert_eq!(names(&house.get("/api/event?source=product&user_id=u").await), ["c", "a"]);
    assert_eq!(names(&house.get("/api/event?before=2026-01-01T00:00:01Z").await), ["a"]);
    assert_eq!(names(&house.get("/api/event?after=2026-01-01T00:00:01Z&group_id=g").await), ["b"]);
    assert_eq!(house.get("/api/event?limit=1001").await.status, 400);
    let key = format!("Token {}", house.project_key());
    let request = Request::get("/api/event/").header("authorization", key).body(Body::empty()).unwrap();
    assert_eq!(house.send(request).await.json()["error_code"], "FORBIDDEN");
}

/// Events of half a megabyte: a page ends before it is too large for anybody's memory, and the next one goes on there.
#[tokio::test]
async fn pages_of_large_events_end_early_and_leave_none_out() {
    const EVENTS: usize = 24;
    let house = House::new().await;
    for batch in 0..EVENTS / 4 {
        let event = |n: usize| {
            let (id, body) = (format!("large-{}", batch * 4 + n), "x".repeat(480 << 10));
            json!({"event": id, "user_id": "u", "message_id": id, "properties": {"body": body},
                "context": {"source": "product"}})
        };
        let batch: Vec<Value> = (0..4).map(event).collect();
        assert_eq!(house.post("/api/track", &json!(batch)).await.status, 200);
    }
    house.digest().await;
    for filter in ["", "&source=product"] {
        let (mut seen, mut pages, mut cursor) = (BTreeSet::new(), 0, String::new());
        loop {
            let page = house.get(&format!("/api/event/?limit=1000{filter}{cursor}")).await;
            assert!(page.body.len() < 9 << 20, "{} bytes", page.body.len());
            let page = page.json();
            for event in page["results"].as_array().unwrap() {
                assert!(seen.insert(event["event_name"].as_str().unwrap().to_owned()), "none comes twice");
            }
            pages += 1;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (EVENTS, 2), "{filter}");
    }
}

#[tokio::test]
async fn a_signup_fills_profiles_and_counts_under_both_ids_of_its_account() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    house.digest().await;
    assert_eq!(house.ack(&run, Some("acme-1")).await.status, 200);
    house.settle().await;
    let group = json!({"group_id": "acme-1", "user_id": "ada", "traits": {"name": "Acme", "plan": "Pro"}});
    house.post("/api/group", &group).await;
    house.digest().await;

    let env = house.env();
    let tenant = house.events().await.into_iter().find_map(|event| event.tenant_id).unwrap();
    let (account, ids) = house
        .app
        .db
        .read(move |tx| {
            let account = store::profile::account(tx, env, &tenant)?.unwrap();
            Ok::<_, sql::Fault>((account, store::profile::ids(tx, env, "acme-1")?))
        })
        .await
        .unwrap();
    assert_eq!((account.account_id.as_str(), account.plan().as_deref()), ("acme-1", Some("Pro")));
    assert_eq!(ids.len(), 2, "the builder's id and the platform's: {ids:?}");

    let timeline = app::report::account_timeline(&house.app, env, "acme-1", None, 100).await.unwrap();
    let names: Vec<_> = timeline.events.iter().map(|stored| stored.event.name.as_str()).collect();
    assert!(
        names.contains(&"signed_up") && names.contains(&"account_created") && names.contains(&"group"),
        "{names:?}"
    );
    let days = app::report::daily(&house.app, env, 7).await.unwrap();
    assert_eq!((days.len(), days[6].signups, days[6].accounts), (7, 1, 1));
    let told = app::report::accounting(&house.app).await.unwrap();
    assert_eq!((told.accepted, told.stored), (house.app.journal.end().0 - 1, timeline.events.len() as u64));
    assert_eq!((told.duplicate, told.dropped, told.waiting, told.unaccounted), (0, 0, 0, 0));
}

#[tokio::test]
async fn who_joined_is_whoever_was_added_under_either_name_and_created_nothing() {
    let house = House::new().await;
    let event = |name, user| json!({"event": name, "user_id": user, "context": {"group_id": "g"}});
    let told = json!([
        event("account_created", "creator"),
        event("account_added_user", "creator"),
        event("user_added_to_account", "creator"),
        event("account_created", "added by nobody"),
        event("account_added_user", "joined"),
        event("user_added_to_account", "joined"),
        event("user_added_to_account", "joined too"),
    ]);
    assert_eq!(house.post("/api/track", &told).await.status, 200);
    house.digest().await;
    let days = app::report::daily(&house.app, house.env(), 1).await.unwrap();
    assert_eq!((days[0].accounts, days[0].joined), (2, 2));
}

#[tokio::test]
async fn an_event_that_comes_again_counts_once() {
    let house = House::new().await;
    let event = json!({"event": "signed_up", "user_id": "u", "message_id": "m-1"});
    for _ in 0..3 {
        assert_eq!(house.post("/api/track", &event).await.status, 200);
    }
    house.digest().await;
    let told = app::report::accounting(&house.app).await.unwrap();
    assert_eq!((told.accepted, told.stored, told.duplicate, told.unaccounted), (3, 1, 2, 0));
    assert_eq!(app::report::signups(&house.app, house.env()).await.unwrap(), 1);
}
