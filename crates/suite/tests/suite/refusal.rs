//! What is refused before any rule of a feature: paths, methods, media types, bodies, and the shape of it all
//! (decisions D2, D10, D11, D20).

use super::house::{Answer, House};
use super::part::query;
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

async fn raw(house: &House, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", house.start.private_api_key.expose()));
    house.send(request.body(body.into()).unwrap()).await
}

fn assert_telemetry_shape(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["status"], &body["error_code"]), (&json!("error"), &json!(code)), "{body}");
    assert_eq!(body["code"], body["error_code"]);
    assert!(body["message"].is_string());
    assert!(answer.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_json() {
    let house = House::new().await;
    assert_telemetry_shape(&house.get("/api/nothing").await, 404, "NOT_FOUND");
    let wrong_method = house.get("/api/trigger").await;
    assert_telemetry_shape(&wrong_method, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(wrong_method.headers["allow"], "POST");
}

/// What the framework refuses on paths of pages and files is no page either.
#[tokio::test]
async fn addresses_that_cannot_be_read_answer_in_json_everywhere() {
    let house = House::new().await;
    let id = "3e0ad9e1-7d07-4998-9551-a224f5c300df";
    for (method, path, status, code) in [
        ("GET", "/a/b/c/%FF".to_owned(), 400, "INVALID_REQUEST"),
        ("GET", format!("/{id}/{id}/{id}/continue/%FF"), 400, "INVALID_REQUEST"),
        ("GET", "/assets/%FF".to_owned(), 400, "INVALID_REQUEST"),
        ("GET", "/assets/brand/%FF".to_owned(), 400, "INVALID_REQUEST"),
        ("GET", "/runs/%FF".to_owned(), 400, "INVALID_REQUEST"),
        ("GET", "/console/%FF".to_owned(), 400, "INVALID_REQUEST"),
        ("POST", "/assets/x".to_owned(), 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/".to_owned(), 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/favicon.ico".to_owned(), 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/readyz".to_owned(), 405, "METHOD_NOT_ALLOWED"),
    ] {
        let request = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
        assert_telemetry_shape(&house.send(request).await, status, code);
    }
}

#[tokio::test]
async fn every_prefix_and_a_final_slash_lead_to_the_same_place() {
    let house = House::new().await;
    for prefix in ["", "/api", "/v1", "/api/v1"] {
        for (path, status) in [("/trigger", 400), ("/identify", 400), ("/token", 400), ("/user/token", 400)] {
            for slash in ["", "/"] {
                let answer = raw(&house, &format!("{prefix}{path}{slash}"), "{}").await;
                assert_eq!(answer.status, status, "{prefix}{path}{slash}");
            }
        }
    }
}

#[tokio::test]
async fn illegal_json_is_refused_by_line_and_column_in_each_familys_words() {
    let house = House::new().await;
    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let texts = [
        "{\"a\": 1,}".to_owned(),
        deep,
        "{\"a\": \"\\ud800\"}".to_owned(),
        "{\"a\": \"\\u0000\"}".to_owned(),
        "{\"a\": 1e999}".to_owned(),
        String::new(),
        "{} {}".to_owned(),
    ];
    for text in texts {
        let telemetry = raw(&house, "/api/identify", text.clone()).await;
        assert_telemetry_shape(&telemetry, 400, "INVALID_REQUEST");
        let trigger = raw(&house, "/trigger", text.clone()).await;
        let message = trigger.json()["data"]["error_message"].as_str().unwrap_or_default().to_owned();
        assert!(trigger.status == 400 && message.contains("line 1, column"), "{text:.20}: {trigger:?}");
        let token = raw(&house, "/token", text).await;
        assert!(token.status == 400 && token.json()["response_id"].is_string(), "{token:?}");
    }
    let not_utf8 = raw(&house, "/trigger", vec![b'"', 0xff, b'"']).await;
    assert_eq!(not_utf8.status, 400);
}

#[tokio::test]
async fn a_large_body_is_read_to_its_end_and_refused() {
    let house = House::new().await;
    let largest = 2 * 1_024 * 1_024;
    for length in [largest + 1, 7 * 1_024 * 1_024, 20 * 1_024 * 1_024] {
        let answer = raw(&house, "/api/identify", " ".repeat(length)).await;
        assert_telemetry_shape(&answer, 400, "INVALID_REQUEST");
        assert!(answer.json()["message"].as_str().unwrap().contains("2,097,152"));
    }
    // The limit itself is within: the fault is the empty object at its end.
    let exact = format!("{}{{}}", " ".repeat(largest - 2));
    let answer = raw(&house, "/api/identify", exact).await;
    assert_eq!(answer.json()["message"], "Invalid user ID or missing fields");
}

/// Whoever asks for a token has shown nothing yet: little of it is kept in memory.
#[tokio::test]
async fn a_request_for_a_token_is_small() {
    let house = House::new().await;
    let largest = 64 * 1_024;
    for path in ["/api/token", "/api/user/token", "/api/team/update"] {
        for length in [largest + 1, 2 * 1_024 * 1_024, 20 * 1_024 * 1_024] {
            let answer = raw(&house, path, " ".repeat(length)).await;
            let body = answer.json();
            assert_eq!(
                (answer.status.as_u16(), &body["error_code"]),
                (400, &json!("INVALID_REQUEST")),
                "{path}"
            );
            assert!(body["message"].as_str().unwrap().contains("65,536") && body["response_id"].is_string());
        }
    }
    let exact = format!("{}{{}}", " ".repeat(largest - 2));
    let answer = raw(&house, "/api/token", exact).await;
    assert_eq!(answer.json()["message"], "field 'key_id' is required");
}

#[tokio::test]
async fn telemetry_alone_answers_other_origins() {
    let house = House::new().await;
    let preflight = |path: &'static str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", "https://site.test")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-api-key")
            .body(Body::empty())
            .unwrap()
    };
    for path in ["/api/identify", "/v1/group", "/track", "/api/page/", "/api/events"] {
        let answer = house.send(preflight(path)).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        for name in ["content-type", "x-api-key", "key", "authorization"] {
            assert!(answer.headers["access-control-allow-headers"].to_str().unwrap().contains(name));
        }
        let stranger = Request::post(path).header("origin", "https://site.test").body(Body::empty());
        for refused in [raw(&house, path, "{}").await, house.send(stranger.unwrap()).await] {
            assert!(matches!(refused.status.as_u16(), 400 | 401), "{refused:?}");
            assert_eq!(
                refused.headers["access-control-allow-origin"], "*",
                "a page must see the refusal too"
            );
        }
    }
    for path in ["/trigger", "/api/workflow", "/api/token", "/api/event/", "/api/nothing"] {
        let answer = house.send(preflight(path)).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_one() {
    let house = House::new().await;
    let send = |id: &'static str| {
        let request = Request::get("/api/nothing").header("x-request-id", id);
        house.send(request.body(Body::empty()).unwrap())
    };
    let given = "0198c0de-0000-7000-8000-000000000001";
    assert_eq!(send(given).await.headers["x-request-id"], given);
    let made = send("not an id").await;
    assert!(made.headers["x-request-id"].to_str().unwrap().parse::<kernel::RequestId>().is_ok());
}

#[tokio::test]
async fn a_token_answer_names_the_request() {
    let house = House::new().await;
    let answer = raw(&house, "/api/token", "{}").await;
    let id: Value = json!(answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(answer.json()["response_id"], id);
}

/// A checker of links asks for the head alone: it must not use up what the person behind it needs.
#[tokio::test]
async fn head_uses_up_no_code_and_is_no_visit() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    house.ack(&run, Some("t-1")).await;
    let head = |path: String| house.send(Request::head(path).body(Body::empty()).unwrap());
    let refused = head(link[url::Position::BeforePath..].to_owned()).await;
    assert_eq!((refused.status.as_u16(), &refused.headers["allow"]), (405, &"GET".parse().unwrap()));
    let (again, _) = house.trigger("ada").await;
    assert_eq!(again, run, "nobody was handed over: a trigger is no login yet");

    let arrived = house.browse(&link).await.location();
    let code = query(&arrived, "authOTP").unwrap();
    let path = format!("/v1/ValidateAuthOTP?authOTP={code}");
    let refused = head(path.clone()).await;
    assert_eq!((refused.status.as_u16(), &refused.headers["allow"]), (405, &"GET".parse().unwrap()));
    assert_eq!(house.get(&path).await.status, 200, "the code is still good");
}

/// Whichever family refuses, the body is its own and the explanation is a header.
#[tokio::test]
async fn every_refusal_links_to_its_section_of_the_guide() {
    let house = House::new().await;
    for (path, code) in [
        ("/trigger", "unauthorized"),
        ("/api/user/token", "invalid_request"),
        ("/nowhere", "not_found"),
        ("/api/track", "unauthorized"),
        ("/metrics", "method_not_allowed"),
    ] {
        let answer = house.post_as(path, "Bearer nobody", &json!({})).await;
        let wanted = format!("</docs/errors#{code}>; rel=\"help\"");
        assert_eq!(answer.headers["link"], wanted.as_str(), "{path}: {answer:?}");
    }
}
