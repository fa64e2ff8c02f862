//! The builder's side: Acme Notes believes our signatures and nobody else's, and the sample past is taken.

use super::house::House;
use axum::http::HeaderMap;
use demo::{
    acme::{Ids, Known},
    signature::{SignatureFault, Verifier},
    story,
};
use kernel::{Clock, Secret, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
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

fn until() -> Timestamp {
    Timestamp::from_seconds(1_795_255_372)
}

fn at(event: &Value) -> Timestamp {
    event["timestamp"].as_str().unwrap().parse().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_past() {
    let brief = story::Options::brief(until());
    let past = story::invent(&brief, &Known::default());
    assert_eq!(past.track, story::invent(&brief, &Known::default()).track);
    let other = story::Options { seed: 8, ..brief };
    assert_ne!(past.track, story::invent(&other, &Known::default()).track);
    assert!(past.len() > 1_500, "{}", past.len());
    let signups = past.track.iter().filter(|event| event["event_name"] == "signed_up").count();
    assert_eq!(signups, past.identify.len(), "everybody is identified once, when they sign up");
    assert!(past.track.iter().chain(&past.page).all(|event| at(event) <= until()));
}

#[test]
fn the_plausible_past_grows_rests_at_weekends_and_pays_in_part() {
    let past = story::invent(&story::Options::plausible(until()), &Known::default());
    let days: Vec<i64> = past.track.iter().map(|event| at(event).seconds().div_euclid(86_400)).collect();
    // Day 0 was a Thursday.
    let weekend = days.iter().filter(|day| matches!(day.rem_euclid(7), 2 | 3)).count();
    assert!(weekend * 6 < days.len(), "{weekend} of {}", days.len());
    let named = |name: &str| past.track.iter().filter(|event| event["event_name"] == name).count();
    let plans = |plan: &str| past.group.iter().filter(|event| event["traits"]["planName"] == plan).count();
    assert_eq!(named("subscription_upgraded"), plans("Team"));
    assert!(plans("Team") > 5 && plans("Free") > plans("Team"), "{} {}", plans("Team"), plans("Free"));
    let mut roles: Vec<&str> =
        past.identify.iter().filter_map(|event| event["traits"]["role"].as_str()).collect();
    roles.sort();
    roles.dedup();
    assert_eq!(roles, ["Admin", "Member", "Viewer"]);
    let addresses: Vec<&str> =
        past.identify.iter().filter_map(|event| event["traits"]["email"].as_str()).collect();
    assert!(addresses.iter().all(|address| address.ends_with(".example")));
    let different: BTreeSet<&str> = addresses.iter().copied().collect();
    assert_eq!(different.len(), addresses.len(), "no two people have one address");
}

/// Of a company that waited, or was stuck, nothing is told from before its tenant was there.
#[test]
fn life_begins_with_the_tenant() {
    let options = story::Options::plausible(until());
    let all = story::invent(&story::Options { connected: 0, ..options }, &Known::default());
    let since = until().minus(Duration::from_secs(3 * 86_400 + 7));
    let ids = |address: &str| Ids { user_id: address.to_owned(), workspace_id: "ws_1".to_owned(), since };
    let addresses = all.identify.iter().filter_map(|event| event["traits"]["email"].as_str());
    let known: Known = addresses.map(|address| (address.to_owned(), ids(address))).collect();
    let past = story::invent(&options, &known);
    let theirs = [past.identify, past.group, past.track, past.page].concat();
    let theirs: Vec<&Value> = theirs.iter().filter(|event| event["context"]["group_id"] == "ws_1").collect();
    assert!(theirs.len() > 300, "{}", theirs.len());
    let before: Vec<_> = theirs.iter().filter(|event| at(event) <= since).take(3).collect();
    assert!(before.is_empty(), "{before:#?}");
}

/// Nobody works before they have joined, on the first day either.
#[test]
fn nobody_is_at_work_before_they_have_signed_up() {
    let past = story::invent(&story::Options::brief(until()), &Known::default());
    let joined: std::collections::BTreeMap<&str, Timestamp> =
        past.identify.iter().map(|event| (event["user_id"].as_str().unwrap(), at(event))).collect();
    for event in past.track.iter().chain(&past.page) {
        assert!(joined[event["user_id"].as_str().unwrap()] <= at(event), "{event:#}");
    }
}

#[tokio::test]
async fn the_sample_past_is_taken_without_a_warning() {
    let house = House::new().await;
    let few = story::Options { companies: 3, ..story::Options::brief(house.clock.now()) };
    let past = story::invent(&few, &Known::default());
    let calls =
        [("identify", &past.identify), ("group", &past.group), ("track", &past.track), ("page", &past.page)];
    for (call, events) in calls {
        let answer = house.post(&format!("/api/{call}"), &json!(events)).await;
        assert_eq!(answer.status, 200, "{call}: {:?}", answer.body);
        assert_eq!(answer.json()["warnings"], json!([]), "{call}");
    }
}
