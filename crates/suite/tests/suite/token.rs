//! The token API over its routes (decisions D3 to D5, D16). Tokens that somebody else made: [`super::edge`].

use super::house::{Answer, House};
use super::part::opened;
use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Request;
use serde_json::{Value, json};
use std::time::Duration;

async fn post(house: &House, path: &str, authorization: Option<&str>, body: &Value) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(authorization) = authorization {
        request = request.header("authorization", format!("Bearer {authorization}"));
    }
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn wanted(house: &House) -> Value {
    let key = &house.start.api_key;
    json!({
        "key_id": key.key_id, "private_key": key.private_key.expose(),
        "scopes": ["telemetry_apis"], "expiry": 1300,
    })
}

async fn token(house: &House) -> String {
    post(house, "/api/token", None, &wanted(house)).await.json()["token"].as_str().unwrap().to_owned()
}

async fn track(house: &House, token: &str) -> Answer {
    post(house, "/api/track", Some(token), &json!({"event_name": "x", "user_id": "u"})).await
}

#[tokio::test]
async fn every_documented_path_gives_a_token() {
    let house = House::new().await;
    for path in ["/api/user/token", "/api/token", "/token", "/api/team/update"] {
        let answer = post(&house, path, None, &wanted(&house)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let body = answer.json();
        assert_eq!(body["message"], "Token fetched successfully");
        assert!(body["response_id"].is_string());
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(track(&house, body["token"].as_str().unwrap()).await.status, 200);
    }
    let team = json!({"tenant_id": "t", "team": []});
    assert_eq!(post(&house, "/api/team/update", None, &team).await.status, 404);
}

#[tokio::test]
async fn each_wrong_request_has_its_status_and_the_envelope() {
    let house = House::new().await;
    let damaged = house.start.api_key.private_key.expose().replacen("\nMII", "\nMI", 1);
    let cases = [
        ("scopes", json!([]), 400, "INVALID_REQUEST"),
        ("scopes", json!([1]), 400, "INVALID_REQUEST"),
        ("scopes", json!({"a": 1}), 400, "INVALID_REQUEST"),
        ("expiry", json!(86_401), 400, "INVALID_REQUEST"),
        ("expiry", json!(0), 400, "INVALID_REQUEST"),
        ("expiry", json!(1.5), 400, "INVALID_REQUEST"),
        ("expiry", json!("60"), 400, "INVALID_REQUEST"),
        ("expiry", json!(u64::MAX), 400, "INVALID_REQUEST"),
        ("key_id", json!(7), 400, "INVALID_REQUEST"),
        ("private_key", Value::Null, 400, "INVALID_REQUEST"),
        ("key_id", json!("00000000-0000-0000-0000-000000000000"), 401, "INVALID_CREDENTIALS"),
        ("key_id", json!("not a uuid"), 401, "INVALID_CREDENTIALS"),
        ("private_key", json!(damaged), 401, "INVALID_CREDENTIALS"),
        ("private_key", json!(""), 401, "INVALID_CREDENTIALS"),
        ("private_key", json!(include_str!("../fixture/test-only-key-4.pem")), 401, "INVALID_CREDENTIALS"),
        ("scopes", json!(["no_such_scope"]), 403, "FORBIDDEN"),
        ("scopes", json!(["telemetry_apis", "openid"]), 403, "FORBIDDEN"),
    ];
    for (field, value, status, code) in cases {
        let mut body = wanted(&house);
        body[field] = value.clone();
        let answer = post(&house, "/api/user/token", None, &body).await;
        assert_eq!(answer.status, status, "{field} = {value}: {answer:?}");
        let envelope = answer.json();
        assert_eq!((&envelope["status"], &envelope["error_code"]), (&json!("error"), &json!(code)));
        assert!(envelope["message"].is_string() && envelope["response_id"].is_string());
    }
}

#[tokio::test]
async fn the_published_keys_verify_tokens_of_their_environment() {
    let house = House::new().await;
    let token = token(&house).await;
    let path = |id| format!("/environments/{id}/.well-known/jwks.json");
    let answer = house.get(&path(house.start.environments.development)).await;
    assert_eq!(answer.status, 200);
    let set: oidc::JwkSet = serde_json::from_value(answer.json()).unwrap();
    assert_eq!(opened(&token).0["kid"], json!(set.keys[0].kid));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = set.keys[0].to_key().unwrap();
    assert!(key.verifies(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
    for unknown in ["00000000-0000-0000-0000-000000000000", "x"] {
        assert_eq!(house.get(&format!("/environments/{unknown}/.well-known/jwks.json")).await.status, 404);
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_with_its_key() {
    let house = House::new().await;
    let token = token(&house).await;
    house.clock.advance(Duration::from_secs(1_299));
    assert_eq!(track(&house, &token).await.status, 200);
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(track(&house, &token).await.status, 401);

    let token = self::token(&house).await;
    assert_eq!(track(&house, &token).await.status, 200);
    app::key::revoke(&house.app, &house.actor(), house.env(), house.start.api_key.key_id).await.unwrap();
    assert_eq!(track(&house, &token).await.status, 401);
    assert_eq!(post(&house, "/token", None, &wanted(&house)).await.status, 401);
}
