//! Signups over real HTTP: the program as a process, the builder's app as a server, a browser that follows nothing by
//! itself.

use super::binary::{Backend, Installation, Server, until};
use super::part::{opened, query};
use super::receiver::{Received, Receiver, Reply};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Clock;
use model::webhook::signature;
use serde_json::json;
use server::real::SystemClock;
use std::collections::HashSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// What every test begins with.
struct Place {
    receiver: Receiver,
    house: Installation,
    server: Server,
    backend: Backend,
}

async fn place() -> Place {
    at(Receiver::start().await).await
}

async fn at(receiver: Receiver) -> Place {
    let house = Installation::of(&receiver).await;
    let server = house.serve().await;
    let backend = house.backend(&server);
    Place { receiver, house, server, backend }
}

fn verify(place: &Place, delivery: &Received) {
    let secret = place.backend.key("/webhook_secret").parse().unwrap();
    let received = signature::Received {
        id: delivery.header("webhook-id"),
        timestamp: delivery.header("webhook-timestamp"),
        signature: delivery.header("webhook-signature"),
    };
    signature::verify(&secret, received, &delivery.body, SystemClock::new().now()).unwrap();
}

/// Acknowledges, opens the link as a browser, exchanges the code and finds lead and mail.
async fn finish(place: &Place, run: &str, link: &Url) {
    let backend = &place.backend;
    assert_eq!(backend.ack(run, &format!("tenant-{run}")).await.status, 200);
    let answer = backend.browse(link).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let onboarding = answer.location();
    assert_eq!(onboarding.path(), "/onboarding");
    assert_eq!(query(&onboarding, "runtimeId").as_deref(), Some(run));
    assert_eq!(backend.browse(&onboarding).await.status, 200, "the builder's page");
    let code = query(&onboarding, "authOTP").unwrap();
    let exchanged = backend.get(&format!("/v1/ValidateAuthOTP?authOTP={code}"), "").await;
    assert_eq!(exchanged.status, 200, "{exchanged:?}");
    assert!(exchanged.json()["token"].is_string());
    let data = backend.run_until(run, "completed").await;
    assert_eq!(data["tenant_id"], format!("tenant-{run}"));
    assert!(data["lead"].is_object() && data["welcome_mail"].is_object(), "{data}");
}

#[tokio::test]
async fn a_signup_from_the_key_to_the_home_page() {
    let place = place().await;
    let backend = &place.backend;
    let token = backend.token(&["workflow_trigger_api"]).await;
    let body = json!({
        "user_id": "ada",
        "email_id": "ada@acme.com",
        "role": {"role_id": "r-1", "role_name": "Owner"},
        "workflow_id": backend.key("/workflows/prosumer"),
    });
    let triggered = backend.post("/trigger", &token, &body).await.json();
    let run = triggered["data"]["workflow_runtime_id"].as_str().unwrap().to_owned();
    let link: Url = triggered["data"]["redirect_url"].as_str().unwrap().parse().unwrap();
    assert_eq!(link.origin(), place.server.url.origin());

    let delivery = place.receiver.deliveries("ada@acme.com", 1).await.remove(0);
    verify(&place, &delivery);
    let account = delivery.json()["createAccountRequest"].clone();
    assert_eq!(account["appRoleId"], "r-1");
    let ack = json!({"eventType": "account_created", "createAccountResponse": {
        "workflowDesignTimeId": account["workflowDesignTimeId"],
        "workflowRuntimeId": account["workflowRuntimeId"],
        "thrivestackTenantId": account["thrivestackTenantId"],
        "accountId": "tenant-1",
        "accountName": account["accountName"],
        "userEmailId": account["userEmailId"],
    }});
    let acked = backend.post("/thrivestackWebhook/acknowledgeTenant", &token, &ack).await;
    assert_eq!(acked.status, 200, "{acked:?}");

    let onboarding = backend.browse(&link).await.location();
    assert!(onboarding.as_str().starts_with(place.receiver.url("/onboarding?from=signup&").as_str()));
    let code = query(&onboarding, "authOTP").unwrap();
    let session = backend.get(&format!("/v1/ValidateAuthOTP?authOTP={code}"), "").await.json();
    let (_, claims) = opened(session["token"].as_str().unwrap());
    assert_eq!((&claims["emailId"], &claims["tenantId"]), (&json!("ada@acme.com"), &json!("tenant-1")));
    let back = query(&onboarding, "returnUrl").unwrap().parse().unwrap();
    let home = backend.browse(&back).await.location();
    assert_eq!((home.origin(), home.path()), (onboarding.origin(), "/home"));
    assert_eq!(query(&home, "authOTP"), None, "the onboarding redirect was the last one (decision D22)");

    let data = backend.run_until(&run, "completed").await;
    assert_eq!(data["lead"]["email_id"], "ada@acme.com");
    assert_eq!(data["welcome_mail"]["to"], "ada@acme.com");
    counted(backend, "ada").await;
    assert_eq!(place.receiver.about("ada@acme.com").len(), 1, "one webhook");
    place.server.stop().await;
}

/// The signup's events have come through the journal into the lake, each once.
async fn counted(backend: &Backend, user: &str) {
    let wanted = ["signed_up", "user_enriched", "group_enriched", "account_created", "account_added_user"];
    let names = until("the signup's events", async || {
        let path = format!("/api/event/?user_id={user}");
        let answer = backend.get(&path, &backend.key("/private_api_key")).await.json();
        let names: Vec<String> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|event| event["event_name"].as_str().map(str::to_owned))
            .collect();
        wanted.iter().all(|wanted| names.iter().any(|name| name == wanted)).then_some(names)
    })
    .await;
    let different: HashSet<&String> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}

#[tokio::test]
async fn a_token_is_verified_offline_with_the_published_keys() {
    let Place { backend, house, server, .. } = place().await;
    let token = backend.token(&["workflow_trigger_api"]).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let environments = &house.start.environments;
    for (environment, ours) in [(environments.development, true), (environments.production, false)] {
        let path = format!("environments/{environment}/.well-known/jwks.json");
        let url = server.url.join(&path).unwrap();
        let set: oidc::JwkSet = serde_json::from_slice(&backend.browse(&url).await.body).unwrap();
        let verifies = |key: &oidc::Jwk| key.to_key().unwrap().verifies(signed.as_bytes(), &signature);
        assert_eq!(set.keys.iter().any(verifies), ours, "{environment}");
    }
}

#[tokio::test]
async fn every_kind_of_refusal_is_retried_under_one_id_until_the_tenant_is_there() {
    let place = place().await;
    let scripts: [(&str, Vec<Reply>); 4] = [
        ("fails", vec![Reply::Status(500), Reply::Status(500)]),
        ("busy", vec![Reply::Busy(1)]),
        ("moved", vec![Reply::Redirect("/elsewhere")]),
        ("refuses", vec![Reply::Status(404), Reply::Status(400), Reply::Status(304)]),
    ];
    let mut signups = Vec::new();
    for (user, replies) in scripts {
        let (email, failures) = (format!("{user}@acme.com"), replies.len());
        place.receiver.script(&email, replies);
        let (run, link) = place.backend.trigger(user).await;
        signups.push((email, failures, run, link));
    }
    for (email, failures, run, link) in signups {
        let attempts = place.receiver.deliveries(&email, failures + 1).await;
        for attempt in &attempts {
            verify(&place, attempt);
            assert_eq!(attempt.header("webhook-id"), attempts[0].header("webhook-id"));
            assert_eq!(attempt.body, attempts[0].body);
        }
        place.backend.run_until(&run, "ack").await;
        finish(&place, &run, &link).await;
        assert_eq!(place.receiver.about(&email).len(), failures + 1, "{email}");
    }
    let busy = place.receiver.about("busy@acme.com");
    let waited = busy[1].at - busy[0].at;
    assert!(waited >= Duration::from_secs(1), "Retry-After: 1, but it came after {waited:?}");
    let followed = place.receiver.all().iter().any(|one| one.uri.path() == "/elsewhere");
    assert!(!followed, "redirects are not followed");
}

#[tokio::test]
async fn a_receiver_that_is_away_for_a_while_gets_its_webhook_when_it_is_back() {
    let mut place = at(Receiver::absent().await).await;
    let (run, link) = place.backend.trigger("ada").await;
    until("a second attempt", async || {
        let figures = place.backend.browse(&place.server.url.join("/metrics").unwrap()).await;
        (figure(&figures.body, "thrivestack_jobs_started_total") >= 2.0).then_some(())
    })
    .await;
    assert_eq!(place.backend.run(&run).await["waiting_for"], "ack", "nobody is told of a failure yet");
    place.receiver.up().await;
    assert_eq!(place.receiver.deliveries("ada@acme.com", 1).await.len(), 1);
    place.backend.run_until(&run, "ack").await;
    finish(&place, &run, &link).await;

    place.receiver.down().await;
    let (run, link) = place.backend.trigger("bob").await;
    place.receiver.up().await;
    place.receiver.deliveries("bob@acme.com", 1).await;
    finish(&place, &run, &link).await;
}

/// What an operator watches: queues, statements, lag, attempts, refusals.
#[tokio::test]
async fn the_figures_tell_how_it_goes() {
    let place = place().await;
    place.receiver.script("ada@acme.com", [Reply::Status(500)]);
    let (run, link) = place.backend.trigger("ada").await;
    place.backend.run_until(&run, "ack").await;
    place.receiver.deliveries("ada@acme.com", 2).await;
    finish(&place, &run, &link).await;
    let refused = place.backend.post("/api/track", "wrong", &json!({})).await;
    assert_eq!(refused.status, 401);
    let url = place.server.url.join("/metrics").unwrap();
    let at_least_one = [
        "thrivestack_state_statements_total",
        "thrivestack_state_commits_total",
        "thrivestack_journal_records_total",
        "thrivestack_outbox_relayed_total",
        "thrivestack_http_answers_total{status=\"401\"}",
        "thrivestack_webhook_attempts_total{outcome=\"failed\"}",
        "thrivestack_webhook_attempts_total{outcome=\"delivered\"}",
        "thrivestack_lake_events_total{outcome=\"stored\"}",
    ];
    until("every figure that counts", async || {
        let text = place.backend.browse(&url).await.body;
        at_least_one.iter().all(|name| figure(&text, name) >= 1.0).then_some(())
    })
    .await;
    let text = place.backend.browse(&url).await.body;
    let text = String::from_utf8_lossy(&text);
    for name in
        ["thrivestack_state_queue_commands", "thrivestack_journal_queue_appends", "thrivestack_jobs_waiting"]
    {
        assert!(text.contains(&format!("\n{name} ")), "{name}");
    }
    assert!(text.contains("thrivestack_consumer_lag_records{consumer=\"lake\"}"));
}

/// A figure of `/metrics`; 0 before it is first counted.
fn figure(text: &[u8], name: &str) -> f64 {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_tried_again_after_fifteen_seconds() {
    let place = place().await;
    place.receiver.script("ada@acme.com", [Reply::Hang]);
    let (run, link) = place.backend.trigger("ada").await;
    let attempts = place.receiver.deliveries("ada@acme.com", 2).await;
    let waited = attempts[1].at - attempts[0].at;
    assert!(waited >= Duration::from_secs(15) && waited < Duration::from_secs(20), "{waited:?}");
    finish(&place, &run, &link).await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_gets_nothing_more() {
    let place = place().await;
    place.receiver.script("ada@acme.com", [Reply::Status(410)]);
    let (run, link) = place.backend.trigger("ada").await;
    place.backend.run_until(&run, "incident").await;
    let page = place.backend.browse(&link).await;
    assert_eq!(page.status, 200, "a page that says what to do");
    let (other, _) = place.backend.trigger("bob").await;
    place.backend.run_until(&other, "incident").await;
    assert!(place.receiver.about("bob@acme.com").is_empty());
    assert_eq!(place.receiver.about("ada@acme.com").len(), 1);
    let late = place.backend.ack(&run, "tenant-1").await;
    assert_eq!(late.status, 200, "a late acknowledgement resumes the run");
    place.backend.run_until(&run, "completed").await;
}

#[tokio::test]
async fn the_end_answers_who_waits_and_keeps_the_attempt_that_it_cuts_short() {
    let place = place().await;
    place.receiver.script("ada@acme.com", [Reply::Hang]);
    let (run, link) = place.backend.trigger("ada").await;
    let first = place.receiver.deliveries("ada@acme.com", 1).await.remove(0);
    let http = place.backend.http.clone();
    let poll = tokio::spawn(async move { super::binary::send(http.get(link)).await });
    let env = kernel::Env::vouched(place.house.start.environments.development);
    let (db, id) = (place.house.visit().await, run.parse().unwrap());
    // The first visit of a link is written down before the page waits for news.
    until("the long poll", async || {
        let visits = db.read(move |tx| store::handover::visits(tx, env, id)).await.unwrap();
        visits.1.map(drop)
    })
    .await;
    db.close().await;

    let stopping = now();
    place.server.stop().await;
    let took = now() - stopping;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(poll.await.unwrap().status, 200, "the long poll has an answer");

    let app = place.house.look_inside().await;
    let detail = app::run::detail(&app, env, id).await.unwrap().unwrap();
    let attempts: Vec<_> = detail.nodes.iter().flat_map(|node| &node.attempts).collect();
    assert_eq!(attempts.len(), 1);
    let error = attempts[0].attempt.error.as_deref().unwrap_or_default();
    assert!(error.contains("cut short"), "{error}");
    drop(app);

    let server = place.house.serve().await;
    let again = place.receiver.deliveries("ada@acme.com", 2).await.remove(1);
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    server.stop().await;
}

/// A client that writes everything before it reads sees the answer, not a broken connection.
#[tokio::test]
async fn a_body_that_is_too_large_is_answered_readably() {
    let place = place().await;
    let address = place.server.url.socket_addrs(|| None).unwrap()[0];
    for length in [2_097_153, 7 << 20] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/track HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n",
            place.backend.key("/project_key")
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; length]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("\"code\":\"INVALID_REQUEST\""), "{answer}");
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a real process takes to end")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
