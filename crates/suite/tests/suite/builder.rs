//! The builder's side: Acme Notes believes our signatures and nobody else's, and the sample weeks are taken.

use super::house::House;
use axum::http::HeaderMap;
use demo::{
    signature::{SignatureFault, Verifier},
    telemetry,
};
use kernel::{Clock, Secret, Timestamp};
use serde_json::json;
use std::time::Duration;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
/// The example of the Standard Webhooks specification.
const SIGNED_AT: i64 = 1_614_265_330;

fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", timestamp.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers
}

#[test]
fn the_receiver_believes_the_specifications_example() {
    let verifier = Verifier::new(&Secret::new(SECRET.to_owned())).unwrap();
    let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let genuine = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", good);
    let now = Timestamp::from_seconds(SIGNED_AT);
    assert_eq!(verifier.verify(&genuine, BODY, now), Ok("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    let late = now.plus(Duration::from_secs(301));
    assert_eq!(verifier.verify(&genuine, BODY, late), Err(SignatureFault::Stale));
    assert_eq!(verifier.verify(&genuine, b"{}", now), Err(SignatureFault::Mismatch));
    let rotated = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", &format!("v1,AAAA {good}"));
    assert!(verifier.verify(&rotated, BODY, now).is_ok());
    let forged = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331", good);
    assert_eq!(verifier.verify(&forged, BODY, now), Err(SignatureFault::Mismatch));
}

#[test]
fn the_same_seed_gives_the_same_weeks() {
    let until = Timestamp::from_seconds(1_795_255_372);
    let weeks = telemetry::invent(&telemetry::Options::plausible(until));
    let again = telemetry::invent(&telemetry::Options::plausible(until));
    assert_eq!(weeks.track, again.track);
    assert!(weeks.len() > 3_000, "{}", weeks.len());
    let signups = weeks.track.iter().filter(|event| event["event_name"] == "signed_up").count();
    assert_eq!(signups, weeks.identify.len(), "everybody is identified once, when they sign up");
    for event in weeks.track.iter().chain(&weeks.page) {
        let at: Timestamp = event["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(at <= until, "{event}");
    }
}

#[tokio::test]
async fn the_sample_weeks_are_taken_without_a_warning() {
    let house = House::new().await;
    let weeks = telemetry::invent(&telemetry::Options { companies: 3, ..sample(&house) });
    let calls = [
        ("identify", &weeks.identify),
        ("group", &weeks.group),
        ("track", &weeks.track),
        ("page", &weeks.page),
    ];
    for (call, events) in calls {
        let answer = house.post(&format!("/api/{call}"), &json!(events)).await;
        assert_eq!(answer.status, 200, "{call}: {:?}", answer.body);
        assert_eq!(answer.json()["warnings"], json!([]), "{call}");
    }
}

fn sample(house: &House) -> telemetry::Options {
    telemetry::Options::plausible(house.clock.now())
}
