//! What is refused at the edge, on every JSON route: poisoned bodies, wrong types, credentials that are not ours. Each
//! gets a clear answer of its family, none is a fault of ours, and nothing of it stops what follows the journal.

mod foreign;

use super::house::{Answer, House};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// The envelopes of refusals (decisions D10, D16, D19).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Family {
    Telemetry,
    Workflow,
    Token,
}

const ROUTES: [(&str, Family); 11] = [
    ("/api/identify", Family::Telemetry),
    ("/api/group", Family::Telemetry),
    ("/api/track", Family::Telemetry),
    ("/api/page", Family::Telemetry),
    ("/api/events", Family::Telemetry),
    ("/trigger", Family::Workflow),
    ("/api/workflow", Family::Workflow),
    ("/thrivestackWebhook/acknowledgeTenant", Family::Workflow),
    ("/api/user/token", Family::Token),
    ("/api/token", Family::Token),
    ("/api/team/update", Family::Token),
];

/// A body that each route takes. The run of an acknowledgement is one that nobody knows: 404, and no 400.
fn good(house: &House, path: &str) -> Value {
    let unknown = "6f1f4b2e-53a5-4f0e-9b52-0f0f5f0e0a01";
    match path {
        "/api/identify" => {
            json!({"user_id": "u", "traits": {"name": "N"}, "timestamp": "2026-01-01T00:00:00Z"})
        }
        "/api/group" => json!({"user_id": "u", "group_id": "g", "traits": {"name": "N"}}),
        "/api/track" | "/api/events" => json!({"event_name": "e", "user_id": "u", "properties": {"a": 1}}),
        "/api/page" => json!({"user_id": "u", "properties": {"page_name": "p"}}),
        "/trigger" => house.trigger_body("ada"),
        "/api/workflow" => json!({"workflowRuntimeId": unknown, "tenantId": "t", "tenantName": "n"}),
        "/thrivestackWebhook/acknowledgeTenant" => {
            json!({"createAccountResponse": {"workflowRuntimeId": unknown, "accountId": "t"}})
        }
        _ => json!({
            "key_id": house.start.api_key.key_id,
            "private_key": house.start.api_key.private_key.expose(),
            "scopes": ["telemetry_apis"],
            "expiry": 60,
        }),
    }
}

async fn send(house: &House, path: &str, authorization: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", authorization)
        .body(body.into())
        .unwrap();
    house.send(request).await
}

async fn post(house: &House, path: &str, body: impl Into<Body>) -> Answer {
    send(house, path, &format!("Bearer {}", house.start.private_api_key.expose()), body).await
}

/// The message of a refusal in its family's envelope.
fn refusal(family: Family, answer: &Answer) -> String {
    let (status, body) = (answer.status.as_u16(), answer.json());
    assert!((400..500).contains(&status), "{answer:?}");
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    let (code, message) = match family {
        Family::Workflow => {
            assert_eq!(body["status"], status);
            (&body["data"]["error_code"], &body["data"]["error_message"])
        }
        Family::Telemetry | Family::Token => {
            assert_eq!(body["status"], "error", "{body}");
            (&body["error_code"], &body["message"])
        }
    };
    assert!(code.is_string() && message.is_string(), "{body}");
    assert_eq!(family == Family::Telemetry, body.get("code").is_some(), "{body}");
    assert_eq!(family == Family::Token, body.get("response_id").is_some(), "{body}");
    message.as_str().unwrap().to_owned()
}

/// After everything: a good event gets through both consumers, and nothing has become a dead letter.
async fn consumers_run_through(house: &House) {
    let last =
        json!({"user_id": "the-last", "traits": {"name": "Last"}, "timestamp": "2026-01-01T00:00:00Z"});
    assert_eq!(house.post("/api/identify", &last).await.status, 200);
    house.digest().await;
    let env = house.env();
    let person = house.app.db.read(move |tx| store::profile::person(tx, env, "the-last")).await.unwrap();
    assert!(person.is_some(), "the profiles have it");
    let told = app::report::accounting(&house.app).await.unwrap();
    assert_eq!((told.dropped, told.waiting), (0, 0), "{told:?}");
    let timeline = app::report::person_timeline(&house.app, env, "the-last", None, 10).await.unwrap();
    assert_eq!(timeline.events.len(), 1, "the lake has it");
}

/// What may stand as a value nowhere, each with a word of the reason.
fn poisons() -> Vec<(Vec<u8>, &'static str)> {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let objects = format!("{}1{}", "{\"a\":".repeat(64), "}".repeat(64));
    let texts = [
        (nested(64), "64 levels"),
        (objects, "64 levels"),
        (nested(30_000), "64 levels"),
        ("\"\\ud800\"".to_owned(), "surrogate"),
        ("\"\\udc00\"".to_owned(), "surrogate"),
        ("\"\\ud83d\\ud83d\"".to_owned(), "surrogate"),
        ("{\"\\ud800\": 1}".to_owned(), "surrogate"),
        ("\"\\u0000\"".to_owned(), "U+0000"),
        ("{\"a\\u0000\": 1}".to_owned(), "U+0000"),
        ("\"a\0b\"".to_owned(), "line 1"),
        ("\"a\u{1}b\"".to_owned(), "control character"),
        ("1e309".to_owned(), "range"),
        ("-1e309".to_owned(), "range"),
        ("9".repeat(400), "range"),
        ("NaN".to_owned(), "line 1"),
        ("-Infinity".to_owned(), "line 1"),
        ("01".to_owned(), "line 1"),
        ("1.".to_owned(), "line 1"),
        ("[1,]".to_owned(), "line 1"),
        ("'a'".to_owned(), "line 1"),
        ("\"\\x41\"".to_owned(), "escape"),
        ("/* no */ 1".to_owned(), "line 1"),
        ("\"open".to_owned(), "line 1"),
    ];
    let bytes: [&[u8]; 4] = [b"\"\xff\"", b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"\"\xf4\x90\x80\x80\""];
    let texts = texts.into_iter().map(|(text, reason)| (text.into_bytes(), reason));
    texts.chain(bytes.map(|bytes| (bytes.to_vec(), "UTF-8"))).collect()
}

/// The good body with one more field, whose value alone can be the fault.
fn with_extra(good: &Value, value: &[u8]) -> Vec<u8> {
    let good = good.to_string();
    [good.strip_suffix('}').unwrap().as_bytes(), b", \"extra\": ", value, b"}"].concat()
}

#[tokio::test]
async fn poison_is_refused_on_every_route_by_line_and_column() {
    let house = House::new().await;
    let poisons = poisons();
    for (path, family) in ROUTES {
        let good = good(&house, path);
        for (poison, reason) in &poisons {
            let shown = String::from_utf8_lossy(&poison[..poison.len().min(40)]).into_owned();
            let answer = post(&house, path, with_extra(&good, poison)).await;
            assert_eq!(answer.status, 400, "{path} {shown}");
            let message = refusal(family, &answer);
            assert!(message.contains(reason) && message.contains("column"), "{path} {shown}: {message}");
        }
        let legal: [&[u8]; 6] = [
            b"\"\\ud83d\\ude00 \\\\u0000\"",
            b"1.7976931348623157e308",
            b"1e-400",
            b"\"\\u0001\"",
            b"[[[[]]]]",
            "\"\u{10ffff}\"".as_bytes(),
        ];
        for legal in legal {
            let answer = post(&house, path, with_extra(&good, legal)).await;
            assert_ne!(answer.status, 400, "{path}: {answer:?}");
            assert!(answer.status.as_u16() < 500, "{path}: {answer:?}");
        }
    }
    consumers_run_through(&house).await;
}

/// Depth 64 is taken, 65 is not; the body itself is one level.
#[tokio::test]
async fn the_deepest_nesting_is_sixty_four() {
    let house = House::new().await;
    let good = good(&house, "/api/track");
    for (levels, status) in [(63, 200), (64, 400)] {
        let value = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let answer = post(&house, "/api/track", with_extra(&good, value.as_bytes())).await;
        assert_eq!(answer.status, status, "{levels}");
    }
    consumers_run_through(&house).await;
}

#[tokio::test]
async fn every_field_of_every_call_takes_every_type_without_a_fault_of_ours() {
    let house = House::new().await;
    let values = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("x".repeat(1_025)),
        json!([]),
        json!([{"a": 1}]),
        json!({}),
        json!({"$set": 1, "group_id": 7, "user_id": [], "ip": {}, "timestamp": []}),
    ];
    let fields = [
        "user_id",
        "group_id",
        "event",
        "event_name",
        "timestamp",
        "traits",
        "user_traits",
        "properties",
        "context",
        "session_id",
        "page_name",
        "message_id",
        "api_key",
        "source",
        "group_type",
    ];
    for (path, family) in ROUTES.into_iter().filter(|(_, family)| *family == Family::Telemetry) {
        for field in fields {
            let event = |value: &Value| {
                let mut event = good(&house, path);
                event[field] = value.clone();
                event
            };
            let together = Value::from(values.iter().map(event).collect::<Vec<_>>());
            for body in values.iter().map(event).chain([together]) {
                let answer = post(&house, path, body.to_string()).await;
                if answer.status != 200 {
                    assert_eq!(answer.status, 400, "{path} {body:.200}: {answer:?}");
                    refusal(family, &answer);
                }
            }
        }
    }
    consumers_run_through(&house).await;
}

/// Fields whose type is wrong, and what the refusal names.
#[tokio::test]
async fn wrong_types_are_named() {
    let house = House::new().await;
    let wrong = [
        ("/api/identify", "user_id", json!({"a": 1})),
        ("/api/identify", "user_id", json!("")),
        ("/api/identify", "user_id", json!("x".repeat(1_025))),
        ("/api/identify", "traits", json!("x")),
        ("/api/identify", "timestamp", json!([])),
        ("/api/identify", "timestamp", json!("yesterday")),
        ("/api/group", "group_id", json!(7)),
        ("/api/group", "user_id", json!(null)),
        ("/api/group", "traits", json!([])),
        ("/api/track", "event_name", json!(7)),
        ("/api/track", "properties", json!("x")),
        ("/api/track", "context", json!([])),
        ("/api/track", "user_id", json!(7)),
        ("/api/page", "user_id", json!([])),
        ("/trigger", "user_id", json!(7)),
        ("/trigger", "email_id", json!(["a@b.test"])),
        ("/trigger", "workflow_id", json!({})),
        ("/trigger", "role", json!([])),
        ("/trigger", "ip", json!(7)),
        ("/api/workflow", "workflowRuntimeId", json!(7)),
        ("/api/workflow", "tenantId", json!({})),
        ("/api/workflow", "tenantName", json!([])),
        ("/api/workflow", "thrivestackTenantId", json!(7)),
        ("/api/workflow", "workflowDesignTimeId", json!(true)),
        ("/thrivestackWebhook/acknowledgeTenant", "createAccountResponse", json!("x")),
        ("/thrivestackWebhook/acknowledgeTenant", "createAccountResponse", json!([])),
        ("/api/token", "key_id", json!(7)),
        ("/api/token", "private_key", json!(["x"])),
        ("/api/token", "scopes", json!({})),
        ("/api/token", "expiry", json!("60")),
    ];
    for (path, field, value) in wrong {
        let mut body = good(&house, path);
        body[field] = value.clone();
        let answer = post(&house, path, body.to_string()).await;
        assert_eq!(answer.status, 400, "{path} {field} = {value}: {answer:?}");
        let family = ROUTES.iter().find(|(known, _)| *known == path).unwrap().1;
        let message = refusal(family, &answer);
        let named = answer.json()["details"].to_string().contains(field) || message.contains(field);
        assert!(named, "{path} {field} = {value}: {answer:?}");
    }
    for (path, family) in ROUTES {
        for body in ["1", "\"x\"", "null", "true", "[[]]", "[1]", "[null]"] {
            let answer = post(&house, path, body).await;
            if path == "/api/team/update" {
                assert_eq!(answer.status, 404, "no token is asked for: {answer:?}");
            } else {
                assert_eq!(answer.status, 400, "{path} {body}: {answer:?}");
                refusal(family, &answer);
            }
        }
    }
    consumers_run_through(&house).await;
}

#[tokio::test]
async fn batches_have_a_thousand_events_at_most_and_one_at_least() {
    let house = House::new().await;
    for (path, family) in ROUTES.into_iter().filter(|(_, family)| *family == Family::Telemetry) {
        let event = good(&house, path);
        for (count, status) in [(0, 400), (1_000, 200), (1_001, 400)] {
            let answer = post(&house, path, json!(vec![event.clone(); count]).to_string()).await;
            assert_eq!(answer.status, status, "{path} {count}");
            if status == 400 {
                refusal(family, &answer);
            }
        }
        let mixed = json!([event, 7, {"user_id": []}]);
        let answer = post(&house, path, mixed.to_string()).await;
        assert_eq!(answer.status, 200, "one of them is good: {answer:?}");
        let warnings = answer.json()["warnings"].clone();
        let refused = warnings.as_array().unwrap().iter().filter_map(Value::as_str);
        let refused: Vec<_> = refused.filter(|text| text.starts_with("Item ")).collect();
        let [number, list] = refused[..] else { panic!("{warnings}") };
        assert!(number.starts_with("Item 1 was not accepted: it "), "{path}: {number}");
        assert!(list.starts_with("Item 2 was not accepted: field '"), "{path}: {list}");
    }
    consumers_run_through(&house).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_type_is_refused_everywhere() {
    let house = House::new().await;
    for (path, family) in ROUTES {
        let padding = " ".repeat(2_097_153 - good(&house, path).to_string().len());
        let answer = post(&house, path, format!("{}{padding}", good(&house, path))).await;
        assert_eq!(answer.status, 400, "{path}");
        // Whoever asks for a token has shown nothing yet.
        let bound = if family == Family::Token { "65,536" } else { "2,097,152" };
        assert!(refusal(family, &answer).contains(bound), "{path}");
        let authorization = format!("Bearer {}", house.start.private_api_key.expose());
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            let request = Request::post(path)
                .header("content-type", media_type)
                .header("authorization", &authorization)
                .body(Body::from(good(&house, path).to_string()));
            let answer = house.send(request.unwrap()).await;
            assert_eq!(answer.status, 415, "{path} {media_type}");
            refusal(Family::Telemetry, &answer);
            assert_eq!(answer.json()["error_code"], "UNSUPPORTED_MEDIA_TYPE", "{path} {media_type}");
        }
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let request = Request::builder().method(method).uri(path).header("authorization", &authorization);
            let answer = house.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            refusal(Family::Telemetry, &answer);
        }
        let answer = post(&house, &format!("{path}/more"), "{}").await;
        assert_eq!(answer.status, 404, "{path}/more");
        refusal(Family::Telemetry, &answer);
    }
}
