//! Where credentials may stand, which one decides and what each kind may do (domain 2.1, decision D15).

use super::house::{Answer, House};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

fn event() -> Value {
    json!({"event_name": "signed_up", "user_id": "u-1"})
}

/// A POST with these headers.
async fn post(house: &House, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn token(house: &House, scopes: Value) -> String {
    let key = &house.start.api_key;
    let body = json!({"key_id": key.key_id, "private_key": key.private_key.expose(), "scopes": scopes});
    let answer = post(house, "/api/token", &[], &body).await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_documented_form_opens_telemetry() {
    let house = House::new().await;
    let project = house.start.project_key.expose().clone();
    let token = token(&house, json!("track_api")).await;
    let forms = [
        ("authorization", format!("Bearer {token}")),
        ("authorization", format!("bearer {project}")),
        ("authorization", format!("Token {project}")),
        ("x-api-key", project.clone()),
        ("KEY", project.clone()),
        ("KEY", token),
    ];
    for (name, value) in &forms {
        let answer = post(&house, "/api/track", &[(name, value)], &event()).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }
    // In a query `+` may stand unescaped, as callers leave it.
    let escaped: String = url::form_urlencoded::byte_serialize(project.as_bytes()).collect();
    for key in [&project, &escaped] {
        let answer = post(&house, &format!("/api/track?api_key={key}"), &[], &event()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let mut body = event();
    body["api_key"] = json!(project);
    let answer = post(&house, "/v1/track", &[], &body).await;
    assert_eq!(answer.json()["data"], event(), "the key is no part of the event: {answer:?}");
    assert_eq!(house.event_names().await, ["signed_up"; 9]);
}

#[tokio::test]
async fn the_first_credential_decides() {
    let house = House::new().await;
    let good = house.start.project_key.expose().clone();
    let orders: [&[(&str, &str)]; 4] = [
        &[("authorization", "Bearer wrong"), ("x-api-key", &good)],
        &[("authorization", "Digest x"), ("x-api-key", &good)],
        &[("x-api-key", "wrong"), ("key", &good)],
        &[("x-api-key", ""), ("key", &good)],
    ];
    for headers in orders {
        let answer = post(&house, &format!("/api/track?api_key={good}"), headers, &event()).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert_eq!(answer.json()["error_code"], "UNAUTHORIZED");
        assert_eq!(answer.json()["code"], "UNAUTHORIZED");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let answer = post(&house, "/api/track?api_key=wrong", &[("x-api-key", &good)], &event()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn without_a_credential_each_family_says_so_in_its_own_words() {
    let house = House::new().await;
    let telemetry = post(&house, "/api/identify", &[], &json!({})).await;
    assert_eq!((telemetry.status.as_u16(), telemetry.json()["status"].clone()), (401, json!("error")));
    for path in ["/trigger", "/api/workflow"] {
        let answer = post(&house, path, &[], &json!({})).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["status"], 401);
        assert_eq!(answer.json()["data"]["error_code"], "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_key_that_browsers_show_provisions_nothing() {
    let house = House::new().await;
    let project = house.start.project_key.expose().clone();
    let headers = [("x-api-key", project.as_str()), ("origin", "https://site.test")];
    for path in ["/trigger", "/api/workflow"] {
        let answer = post(&house, path, &headers, &house.trigger_body("u-1")).await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(
            answer.json(),
            json!({"status": 403, "data": {"error_code": "FORBIDDEN",
                "error_message": "You do not have permission to access this resource."}})
        );
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"workflow_trigger_api\"";
        assert_eq!(answer.headers["www-authenticate"], challenge, "{path}");
    }
}

/// In each family's way: a header everywhere, and `details` where the family has them.
#[tokio::test]
async fn a_refusal_says_what_the_credential_lacks() {
    let house = House::new().await;
    let token = token(&house, json!(["user_management"])).await;
    let headers = [("x-api-key", token.as_str())];
    let telemetry = post(&house, "/api/track", &headers, &event()).await;
    let needed = "Bearer error=\"insufficient_scope\", scope=\"telemetry_apis track_api\"";
    assert_eq!(telemetry.headers["www-authenticate"], needed);
    let detail = json!([{"field": "credential", "message": "needs the scope telemetry_apis or track_api"}]);
    assert_eq!(telemetry.json()["details"], detail);
    let events = Request::get("/api/event/").header("x-api-key", &token).body(Body::empty()).unwrap();
    let events = house.send(events).await;
    assert_eq!(events.status, 403);
    assert_eq!(events.headers["www-authenticate"], "Bearer error=\"insufficient_scope\"");
    app::request::flush(&house.app).await.unwrap();
    let kept = app::request::list(&house.app, house.env(), Default::default(), Default::default(), None, 9);
    let kept = kept.await.unwrap().rows;
    assert_eq!(kept[0].refused.details[0].message, "needs a private API key", "{kept:?}");
}

#[tokio::test]
async fn a_token_opens_what_its_scope_says() {
    let house = House::new().await;
    let token = format!("Bearer {}", token(&house, json!(["user_management"])).await);
    for path in ["/api/track", "/trigger"] {
        assert_eq!(post(&house, path, &[("authorization", &token)], &event()).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn tokens_are_refused_in_query_and_body() {
    let house = House::new().await;
    let token = token(&house, json!("telemetry_apis")).await;
    let answer = post(&house, &format!("/api/track?api_key={token}"), &[], &event()).await;
    assert_eq!(answer.status, 401);
    let mut body = event();
    body["api_key"] = json!(token);
    assert_eq!(post(&house, "/api/track", &[], &body).await.status, 401);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_named_where_it_could_have_held_the_key() {
    let house = House::new().await;
    let request = Request::post("/api/track").header("content-type", "application/json");
    let answer = house.send(request.body(Body::from("{\"api_key\": \"x\",\n}")).unwrap()).await;
    assert_eq!(answer.status, 401);
    assert!(answer.json()["message"].as_str().unwrap().contains("line 2"), "{answer:?}");
}
