//! Decision D14: what a trigger gives, again and again.

use super::house::{Answer, House, Options};
use super::part::query;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn a_second_trigger_gives_the_same_run_a_fresh_link_and_no_second_webhook() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    assert_eq!(house.net.take().len(), 1);
    let (again, other_link) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(again, run);
    assert_ne!(other_link, link);
    assert!(house.net.take().is_empty());
}

#[tokio::test]
async fn one_user_has_one_run_however_many_trigger_at_once() {
    let house = House::new().await;
    let body = house.trigger_body("ada");
    let all = (0..20).map(|_| house.post("/trigger", &body));
    let answers = futures_util::future::join_all(all).await;
    let run = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"]["workflow_runtime_id"].as_str().unwrap().to_owned()
    };
    let runs: BTreeSet<_> = answers.iter().map(run).collect();
    assert_eq!((answers.len(), runs.len()), (20, 1));
}

#[tokio::test]
async fn after_the_last_redirect_a_trigger_is_a_login() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    house.ack(&run, Some("t-1")).await;
    let (same, _) = house.trigger("ada").await;
    assert_eq!(same, run, "not handed over yet");
    assert_eq!(house.browse(&link).await.status, 303);
    house.net.take();

    let answer = house.post("/trigger", &house.trigger_body("ada")).await.json();
    let login = answer["data"]["workflow_runtime_id"].as_str().unwrap().to_owned();
    assert_ne!(login, run);
    assert!(answer["data"]["message"].as_str().unwrap().contains("login"), "{answer}");
    house.settle().await;
    assert!(house.net.take().is_empty(), "a login sends no webhook");
    assert_eq!(house.state(&login).await.0, "completed");
    assert_eq!(house.ack(&login, Some("t-1")).await.status, 404, "a login has no ack");

    let link = answer["data"]["redirect_url"].as_str().unwrap().parse().unwrap();
    let home = house.browse(&link).await.location();
    assert_eq!(home.path(), "/home");
    assert!(query(&home, "authOTP").is_some());
    assert_eq!(house.event_names().await.last().map(String::as_str), Some("signed_in"));
}

#[tokio::test]
async fn a_cancelled_run_gives_way_to_a_new_one_for_the_same_tenant() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let id = run.parse().unwrap();
    app::run::cancel(&house.app, &house.actor(), house.env(), id).await.unwrap();
    assert_eq!(house.state(&run).await.0, "cancelled");
    assert_eq!(house.ack(&run, Some("t")).await.status, 410);
    let (next, _) = house.waiting("ada").await;
    assert_ne!(next, run);
    assert_eq!(house.run(&next).await["ts_tenant_id"], house.run(&run).await["ts_tenant_id"]);
}

#[tokio::test]
async fn old_codes_keys_and_links_are_forgotten() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    house.ack(&run, Some("t")).await;
    assert_eq!(house.browse(&link).await.status, 303);
    assert_eq!(app::housekeeping::sweep(&house.app).await.unwrap(), 0, "nothing is old yet");
    house.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert_eq!(
        app::housekeeping::sweep(&house.app).await.unwrap(),
        4,
        "a code, two links and the operator's"
    );
    assert_eq!(house.browse(&link).await.status, 404);
}

#[tokio::test]
async fn missing_settings_are_named_with_their_page() {
    let house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let answer = house.post("/api/trigger", &house.trigger_body("ada")).await;
    assert_eq!(answer.status, 409);
    let data = answer.json()["data"].clone();
    assert_eq!(data["error_code"], "INTEGRATION_INCOMPLETE");
    for item in ["webhook URL", "onboarding URL", "success URL", "/console/dev/settings"] {
        assert!(data["error_message"].as_str().unwrap().contains(item), "{data}");
    }
}

async fn trigger_under_a_key(house: &House, user: &str) -> Answer {
    let request = http::Request::post("/trigger")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", house.start.private_api_key.expose()))
        .header("idempotency-key", "k-1")
        .body(axum::body::Body::from(house.trigger_body(user).to_string()));
    house.send(request.unwrap()).await
}

#[tokio::test]
async fn an_idempotency_key_gives_one_run_a_day_and_refuses_another_body() {
    let mut house = House::new().await;
    let first = trigger_under_a_key(&house, "ada").await.json()["data"].clone();
    let run = first["workflow_runtime_id"].as_str().unwrap();
    house.settle().await;
    assert_eq!(house.ack(run, Some("t-1")).await.status, 200);
    let link = first["redirect_url"].as_str().unwrap().parse().unwrap();
    assert_eq!(house.browse(&link).await.status, 303);

    let again = trigger_under_a_key(&house, "ada").await.json()["data"].clone();
    assert_eq!(again["workflow_runtime_id"], run);
    assert_ne!(again["redirect_url"], first["redirect_url"], "a fresh link");
    let (login, _) = house.trigger("ada").await;
    assert_ne!(login, run, "without the key the person comes back");

    let other = trigger_under_a_key(&house, "bob").await;
    assert_eq!(
        (other.status.as_u16(), other.json()["data"]["error_code"].clone()),
        (409, json!("IDEMPOTENCY_CONFLICT"))
    );
    house.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(trigger_under_a_key(&house, "bob").await.status, 200, "forgotten after a day");
}

#[tokio::test]
async fn over_the_limit_users_wait_until_an_operator_admits_them() {
    let mut house = House::with(Options { waitlist_limit: Some(1), ..Options::default() }).await;
    house.waiting("first").await;
    let (parked, link) = house.trigger("second").await;
    let (third, _) = house.trigger("third").await;
    house.settle().await;
    assert_eq!(house.state(&parked).await, ("waiting".into(), Some("waitlist".into())));
    assert_eq!(house.net.take().len(), 1, "only the first user's webhook");
    assert_eq!(house.browse(&link).await.status, 200, "the waitlist page");

    assert_eq!(house.ack(&parked, Some("early")).await.status, 200, "before the wait exists: stored");
    assert_eq!(house.admit_next(1).await, 1);
    house.settle().await;
    assert_eq!(house.state(&parked).await.0, "completed", "the early ack ends the wait at once");
    assert_eq!(house.state(&third).await.1.as_deref(), Some("waitlist"));
    let names = house.event_names().await;
    assert_eq!(names.iter().filter(|name| *name == "user_waitlisted").count(), 2);
}

#[tokio::test]
async fn fields_are_checked_and_named() {
    let house = House::new().await;
    let good = house.trigger_body("ada");
    let cases = [
        ("user_id", json!(null)),
        ("user_id", json!("")),
        ("user_id", json!(7)),
        ("email_id", json!("nobody")),
        ("email_id", json!({})),
        ("workflow_id", json!(1)),
        ("role", json!("Admin")),
        ("ip", json!("somewhere")),
    ];
    for (field, wrong) in cases {
        let mut body = good.clone();
        body[field] = wrong;
        let answer = house.post("/trigger", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        let message = answer.json()["data"]["error_message"].to_string();
        assert!(message.contains(field), "{message}");
    }
    let mut unknown = good;
    unknown["workflow_id"] = json!("4a238be4-3db2-43b2-b5f6-f131c6a4f154");
    let answer = house.post("/trigger", &unknown).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["data"]["error_code"].clone()),
        (404, json!("WORKFLOW_NOT_FOUND"))
    );
}
