//! The browser's way: continuation page, last redirect, one-time code, return (decisions D9, D22, D25, D30).

use super::house::House;
use super::part::{opened, query};
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// A user whose run is acknowledged, with the link of the trigger.
async fn acknowledged(house: &mut House) -> (String, Url) {
    let (run, link) = house.waiting("ada").await;
    house.ack(&run, Some("t-1")).await;
    (run, link)
}

#[tokio::test]
async fn the_link_leads_to_onboarding_with_everything_that_its_readers_know() {
    let mut house = House::new().await;
    let (run, link) = acknowledged(&mut house).await;
    let answer = house.browse(&link).await;
    assert_eq!(answer.status, 303);
    let target = answer.location();
    assert!(target.as_str().starts_with("https://app.acme.test/onboarding?from=signup&"), "{target}");
    assert_eq!(query(&target, "runtimeId"), Some(run));
    assert_eq!(query(&target, "environment").as_deref(), Some("dev"));
    assert_eq!(query(&target, "userEmail").as_deref(), Some("ada@acme.com"));
    assert_eq!(query(&target, "returnUrl"), query(&target, "redirect_url"));
    let back: Url = query(&target, "returnUrl").unwrap().parse().unwrap();
    assert!(back.query().is_some(), "clients append parameters with & (C24)");

    let home = house.browse(&back).await.location();
    assert_eq!((home.path(), query(&home, "authOTP")), ("/home", None));
    let twice: Url = format!("{back}&workflowId=x&runtimeId=y").parse().unwrap();
    assert_eq!(house.browse(&twice).await.status, 303, "repeated parameters are tolerated");
}

#[tokio::test]
async fn a_code_is_exchanged_once_within_a_minute_for_a_token_that_opens_no_api() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    let code = query(&house.browse(&link).await.location(), "authOTP").unwrap();
    let path = format!("/v1/ValidateAuthOTP?authOTP={code}");
    let answer = house.get(&path).await;
    assert_eq!(answer.status, 200);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let (head, claims) = opened(&token);
    assert_eq!(head["typ"], "session+jwt");
    assert_eq!((claims["aud"].as_str(), claims["authorized"].as_bool()), (Some("session"), Some(true)));
    assert_eq!(claims["userId"], "ada", "the builder's own id");
    assert_eq!(
        (claims["tenantId"].as_str(), claims["emailId"].as_str()),
        (Some("t-1"), Some("ada@acme.com"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);

    assert_eq!(house.get(&path).await.status, 401, "used");
    let refused = house.post_as("/trigger", &format!("Bearer {token}"), &house.trigger_body("eve")).await;
    assert_eq!(refused.status, 401, "a session token opens no API of ours");

    let second = query(&house.browse(&link).await.location(), "authOTP").unwrap();
    house.clock.advance(Duration::from_secs(61));
    assert_eq!(house.get(&format!("/v1/ValidateAuthOTP?authOTP={second}")).await.status, 401, "too old");
    assert_eq!(house.get("/v1/ValidateAuthOTP").await.status, 400);
}

/// A house that cannot sign just now refuses, and the browser's backend asks again with the same code.
#[tokio::test]
async fn a_busy_house_uses_no_code() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    let code = query(&house.browse(&link).await.location(), "authOTP").unwrap();
    let path = format!("/v1/ValidateAuthOTP?authOTP={code}");
    let sign = || Box::pin(house.app.signers.sign(house.env(), "JWT", None, Value::Null));
    sign().await.unwrap();
    // As many as may run and wait, each polled once: those who wait hold their places until they are polled again.
    let mut crowd = Vec::new();
    loop {
        let mut one = sign();
        match (&mut one).now_or_never() {
            None => crowd.push(one),
            Some(Ok(_)) => {}
            Some(Err(_)) => break,
        }
    }
    let refused = house.get(&path).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    drop(crowd);
    assert_eq!(house.get(&path).await.status, 200, "the code is as good as before");
    assert_eq!(house.get(&path).await.status, 401, "and good for once");
}

#[tokio::test]
async fn a_code_that_many_try_at_once_is_exchanged_for_one_of_them() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    let code = query(&house.browse(&link).await.location(), "authOTP").unwrap();
    let path = format!("/v1/ValidateAuthOTP?authOTP={code}");
    let answers = join_all((0..8).map(|_| house.get(&path))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(401)), (1, 7));
}

#[tokio::test]
async fn an_old_link_says_where_to_sign_in_and_a_fresh_one_hands_over() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    house.clock.advance(Duration::from_secs(601));
    let answer = house.browse(&link).await;
    assert_eq!(answer.status, 200, "a page, no redirect");
    assert!(String::from_utf8_lossy(&answer.body).contains("https://app.acme.test/home"));
    let (_, fresh) = house.trigger("ada").await;
    assert_eq!(house.browse(&fresh).await.status, 303, "the younger of ack and link counts");
}

/// Decision D27: the address is the browser's, or what the trigger passes on; never the trigger's peer.
#[tokio::test]
async fn the_address_of_the_trigger_counts_and_is_kept() {
    let mut house = House::new().await;
    let mut body = house.trigger_body("ada");
    body["ip"] = serde_json::json!("203.0.113.9");
    let run = house.post("/trigger", &body).await.json()["data"]["workflow_runtime_id"].clone();
    house.settle().await;
    let [request] = &house.net.take()[..] else { panic!("one webhook") };
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(sent["enrichment_data"]["ip"], "203.0.113.9");
    let id = run.as_str().unwrap().parse().unwrap();
    let detail = app::run::detail(&house.app, house.env(), id).await.unwrap().unwrap();
    assert_eq!(detail.run.enrichment.ip, "203.0.113.9");

    house.trigger("bob").await;
    house.settle().await;
    let sent: Value = serde_json::from_slice(&house.net.take()[0].body).unwrap();
    assert_eq!(sent["enrichment_data"]["ip"], "", "unknown is empty");
}

#[tokio::test]
async fn links_open_nothing_but_their_own_run() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    let target = house.browse(&link).await.location();
    let back = query(&target, "returnUrl").unwrap();
    let swapped = back.replace("/create-tenant/", "/continue/");
    assert_eq!(house.browse(&swapped.parse().unwrap()).await.status, 404, "a return gives no codes");
    let guessed = link.as_str().replace("/continue/", "/continue/x");
    assert_eq!(house.browse(&guessed.parse().unwrap()).await.status, 404);
    let production = house.start.environments.production.to_string();
    let elsewhere = link.as_str().replacen(&house.start.environment_id.to_string(), &production, 1);
    assert_eq!(house.browse(&elsewhere.parse().unwrap()).await.status, 404);
}

#[tokio::test]
async fn a_final_slash_changes_nothing() {
    let mut house = House::new().await;
    let (_, link) = acknowledged(&mut house).await;
    let slashed = |url: &Url| {
        let mut url = url.clone();
        url.set_path(&format!("{}/", url.path()));
        url
    };
    let arrived = house.browse(&slashed(&link)).await;
    assert_eq!((arrived.status.as_u16(), arrived.location().path()), (303, "/onboarding"));
    let back: Url = query(&arrived.location(), "returnUrl").unwrap().parse().unwrap();
    assert_eq!(house.browse(&slashed(&back)).await.location().path(), "/home");
    let id = house.start.workflows.prosumer;
    for (path, status, kind) in [
        (format!("/{id}/{id}/{id}/continue"), 404, "text/html"),
        (format!("/{id}/{id}/{id}/continue/unknown"), 404, "text/html"),
        ("/a/b/c/continue".to_owned(), 404, "application/json"),
        ("/a/b/c/continue/unknown".to_owned(), 404, "application/json"),
    ] {
        let url: Url = format!("https://hosted.test{path}").parse().unwrap();
        for url in [slashed(&url), url] {
            let answer = house.browse(&url).await;
            let found = answer.headers["content-type"].to_str().unwrap();
            assert_eq!((answer.status.as_u16(), found.split(';').next()), (status, Some(kind)), "{url}");
        }
    }
}
