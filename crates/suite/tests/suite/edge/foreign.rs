//! Credentials that are forged, expired, revoked or another environment's, on every guarded route.

use super::{Family, ROUTES, consumers_run_through, good, post, refusal, send};
use crate::suite::house::{House, pairs};
use crate::suite::part::opened;
use app::init::Pairs;
use app::key::NewKey;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Env;
use model::caller::{KeyKind, Scope};
use oidc::PrivateKey;
use serde_json::{Value, json};
use std::time::Duration;

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

async fn token(house: &House, expiry: u32) -> String {
    let mut body = good(house, "/api/token");
    body["scopes"] = json!(crate::suite::route::all_scopes());
    body["expiry"] = json!(expiry);
    post(house, "/api/token", body.to_string()).await.json()["token"].as_str().unwrap().to_owned()
}

/// Credentials of `Authorization` that must open nothing.
async fn foreign(house: &House) -> Vec<(&'static str, String)> {
    let Pairs { development, production, .. } = pairs();
    let stranger = PrivateKey::from_pem(include_str!("../../fixture/test-only-key-4.pem")).unwrap();
    let genuine = token(house, 3_600).await;
    let expired = token(house, 1).await;
    house.clock.advance(Duration::from_secs(10));
    let parts: Vec<&str> = genuine.split('.').collect();
    let (header, claims) = opened(&genuine);
    let id = header["id"].as_str();
    let with_alg = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = json!(alg);
        format!("{}.{}", encoded(&header), parts[1])
    };
    let hmac_signed = |secret: &[u8]| {
        let (key, text) = (hmac::Key::new(hmac::HMAC_SHA256, secret), with_alg("HS256"));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
    };
    let again = oidc::sign(&development, "JWT", id, &claims).unwrap();
    let event = good(house, "/api/track").to_string();
    let taken = send(house, "/api/track", &format!("Bearer {again}"), event).await;
    assert_eq!(taken.status, 200, "each below differs from a genuine one in one thing");
    let mut longer = claims.clone();
    longer["exp"] = json!(4_102_444_800_i64);
    let mut elsewhere = claims.clone();
    elsewhere["environment_id"] = json!(house.start.environments.production);
    let kept = NewKey {
        name: app::key::Name::new("revoked").unwrap(),
        kind: KeyKind::Private,
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        rotate_days: None,
    };
    let revoked = app::key::create(&house.app, &house.actor(), house.env(), kept).await.unwrap();
    app::key::revoke(&house.app, &house.actor(), house.env(), revoked.key.id).await.unwrap();
    let bearer = |credential: String| format!("Bearer {credential}");
    vec![
        ("none", bearer(format!("{}.", with_alg("none")))),
        ("none, signed", bearer(format!("{}.{}", with_alg("none"), parts[2]))),
        ("HS256 with the public key", bearer(hmac_signed(development.public().der()))),
        ("HS256 with nothing", bearer(hmac_signed(b""))),
        ("changed claims", bearer(format!("{}.{}.{}", parts[0], encoded(&longer), parts[2]))),
        ("another environment's key", bearer(oidc::sign(&production, "JWT", id, &claims).unwrap())),
        ("another environment's name", bearer(oidc::sign(&development, "JWT", id, &elsewhere).unwrap())),
        ("a stranger's key", bearer(oidc::sign(&stranger, "JWT", id, &claims).unwrap())),
        ("cut short", bearer(genuine[..genuine.len() - 4].to_owned())),
        ("a session", bearer(oidc::sign(&development, "session+jwt", id, &claims).unwrap())),
        ("expired", bearer(expired)),
        ("revoked", bearer(revoked.secret.expose().clone())),
        ("unknown", bearer("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned())),
        ("empty", bearer(String::new())),
        ("dots", bearer("..".to_owned())),
        ("long", bearer("x".repeat(20_000))),
        ("another scheme", "Digest abc".to_owned()),
    ]
}

#[tokio::test]
async fn what_is_forged_expired_or_foreign_opens_nothing() {
    let house = House::new().await;
    let foreign = foreign(&house).await;
    let guarded = ROUTES.into_iter().filter(|(_, family)| *family != Family::Token);
    for (path, family) in guarded {
        for (name, authorization) in &foreign {
            let answer = send(&house, path, authorization, good(&house, path).to_string()).await;
            assert_eq!(answer.status, 401, "{path} {name}: {answer:?}");
            refusal(family, &answer);
            assert!(answer.headers.contains_key("www-authenticate"), "{path} {name}");
        }
        let basic = send(&house, path, "Basic YTpi", good(&house, path).to_string()).await;
        refusal(family, &basic);
        if family == Family::Telemetry {
            // There it is another client's dialect (decision D2).
            assert_eq!(basic.status, 400, "{path}");
            assert_eq!(basic.json()["error_code"], "DIALECT_NOT_SUPPORTED", "{path}");
        } else {
            assert_eq!(basic.status, 401, "{path}");
        }
    }
    assert_eq!(house.app.journal.stats().appended_records, 1, "nothing was taken but the genuine one");
    consumers_run_through(&house).await;
}

/// A genuine credential of Production acts for Production: Development's run and workflow are not there for it.
#[tokio::test]
async fn another_environments_credential_reaches_nothing_of_this_one() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let production = Env::vouched(house.start.environments.production);
    let all = NewKey {
        name: app::key::Name::new("production").unwrap(),
        kind: KeyKind::Private,
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        rotate_days: None,
    };
    let key = app::key::create(&house.app, &house.actor(), production, all).await.unwrap();
    let authorization = format!("Bearer {}", key.secret.expose());
    let ack = json!({"workflowRuntimeId": run, "tenantId": "t"}).to_string();
    assert_eq!(send(&house, "/api/workflow", &authorization, ack).await.status, 403);
    let trigger = house.trigger_body("eve").to_string();
    let refused = send(&house, "/trigger", &authorization, trigger).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(
        refused.json()["data"]["error_code"],
        "INTEGRATION_INCOMPLETE",
        "Production's own settings count"
    );
    assert!(refused.json()["data"]["error_message"].as_str().unwrap().contains("webhook URL"));
    let event = good(&house, "/api/track").to_string();
    assert_eq!(send(&house, "/api/track", &authorization, event).await.status, 200);
    house.digest().await;
    let here = app::report::person_timeline(&house.app, house.env(), "u", None, 10).await.unwrap();
    let there = app::report::person_timeline(&house.app, production, "u", None, 10).await.unwrap();
    assert_eq!((here.events.len(), there.events.len()), (0, 1), "the event is Production's");
    assert_eq!(house.state(&run).await.0, "waiting", "the run still waits");
}
