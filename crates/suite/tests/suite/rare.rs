//! Ways through a signup that few take: Production's patience, an end before its beginning, a second workflow.

use super::house::{House, ONBOARDING, Options, SUCCESS, WEBHOOK};
use super::part::header;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use kernel::{Env, RunId, WorkflowId};
use model::run::{IncidentReason, RunState};
use model::workflow::Definition;
use outbound::recorded::answer;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use url::Url;

/// Triggers without the API, whose keys are Development's.
async fn trigger(house: &House, env: Env, workflow: WorkflowId, user: &str) -> RunId {
    let request = app::run::Trigger {
        user_id: model::run::UserId::new(user).unwrap(),
        email: format!("{user}@acme.com").parse().unwrap(),
        role: None,
        workflow: workflow.to_string(),
        address: None,
        idempotency: None,
    };
    app::run::trigger(&house.app, env, request).await.unwrap().run
}

/// Another workflow than the one that came with the installation.
async fn publish(house: &House, env: Env, workflow: WorkflowId) {
    let (definition, now) = (Definition::prosumer(workflow), house.app.db.now());
    let db = &house.app.db;
    db.write(sql::Locks::none(), move |tx| store::definition::create(tx, env, &definition, now))
        .await
        .unwrap();
}

async fn detail(house: &House, env: Env, run: RunId) -> app::run::RunDetail {
    app::run::detail(&house.app, env, run).await.unwrap().unwrap()
}

/// Decision D13: Production waits a quarter of an hour and sends again three times before it is an incident.
#[tokio::test]
async fn production_sends_again_three_times_before_a_missing_ack_is_an_incident() {
    let mut house = House::new().await;
    let env = Env::vouched(house.start.environments.production);
    let url = |text: &str| Some(text.parse::<Url>().unwrap());
    house
        .set(env, |settings| {
            settings.webhook.url = url(WEBHOOK);
            settings.onboarding_url = url(ONBOARDING);
            settings.success_url = url(SUCCESS);
        })
        .await;
    let run = trigger(&house, env, house.start.workflows.prosumer, "ada").await;
    house.settle().await;
    for sent in 1..=3 {
        assert_eq!(house.net.requests().len(), sent);
        assert_eq!(house.pass(Duration::from_secs(15 * 60 - 1)).await, 0, "not yet");
        house.pass(Duration::from_secs(1)).await;
    }
    let sent = house.net.take();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|one| header(one, "webhook-id") == header(&sent[0], "webhook-id")));
    assert_eq!(detail(&house, env, run).await.run.state, RunState::Waiting);
    house.pass(Duration::from_secs(15 * 60)).await;
    let stands = detail(&house, env, run).await.run;
    assert_eq!(stands.incident.unwrap().reason, IncidentReason::NeverAcknowledged);
    assert_eq!(house.pass(Duration::from_secs(86_400)).await, 0);
    assert!(house.net.take().is_empty());
}

/// One workflow id in both environments, and one user: two runs that know nothing of each other.
#[tokio::test]
async fn one_workflow_runs_in_both_environments_side_by_side() {
    let mut house = House::new().await;
    let production = Env::vouched(house.start.environments.production);
    let url = |text: &str| Some(text.parse::<Url>().unwrap());
    house
        .set(production, |settings| {
            settings.webhook.url = url("https://live.acme.test/webhook");
            settings.onboarding_url = url("https://live.acme.test/onboarding");
            settings.success_url = url("https://live.acme.test/home");
        })
        .await;
    let (here, _) = house.waiting("ada").await;
    let there = trigger(&house, production, house.start.workflows.prosumer, "ada").await;
    assert_ne!(here, there.to_string());
    house.settle().await;
    let urls: Vec<_> = house.net.take().into_iter().map(|one| one.url.to_string()).collect();
    assert_eq!(urls, [WEBHOOK, "https://live.acme.test/webhook"]);
    assert_eq!(house.ack(&here, Some("t-1")).await.status, 200);
    house.settle().await;
    assert_eq!(house.state(&here).await.0, "completed");
    assert_eq!(detail(&house, production, there).await.run.state, RunState::Waiting);
    let again = trigger(&house, production, house.start.workflows.prosumer, "ada").await;
    assert_eq!(again, there, "no login: Production has not seen the user through");
}

/// Decision D13: what was recorded is judged before the run's state.
#[tokio::test]
async fn an_ack_that_was_recorded_is_answered_the_same_after_the_run_was_cancelled() {
    let mut house = House::with(Options { waitlist_limit: Some(0), ..Options::default() }).await;
    let (run, _) = house.trigger("ada").await;
    let (silent, _) = house.trigger("bob").await;
    assert_eq!(house.ack(&run, Some("t-1")).await.status, 200);
    for id in [&run, &silent] {
        app::run::cancel(&house.app, &house.actor(), house.env(), id.parse().unwrap()).await.unwrap();
    }
    let codes = |answer: super::house::Answer| {
        let code = answer.json()["data"]["error_code"].as_str().map(str::to_owned);
        (answer.status.as_u16(), code)
    };
    assert_eq!(codes(house.ack(&run, Some("t-1")).await), (200, None));
    assert_eq!(codes(house.ack(&run, Some("t-2")).await), (409, Some("ACK_CONFLICT".into())));
    assert_eq!(codes(house.ack(&silent, Some("t-1")).await), (410, Some("RUN_ENDED".into())));
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "cancelled", "and nothing comes of it");
    assert!(house.run(&run).await["lead"].is_null());

    let (next, _) = house.trigger("ada").await;
    assert_eq!(house.ack(&next, Some("t-2")).await.status, 200, "another run, another acknowledgement");
}

/// Decision D14: a login needs one URL, and only that one is missed.
#[tokio::test]
async fn a_login_misses_the_success_url_and_nothing_else() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    house.ack(&run, Some("t-1")).await;
    assert_eq!(house.browse(&link).await.status, 303);
    house
        .set(house.env(), |settings| {
            settings.webhook.url = None;
            settings.onboarding_url = None;
            settings.success_url = None;
        })
        .await;
    let refused = house.post("/trigger", &house.trigger_body("ada")).await;
    let data = refused.json()["data"].clone();
    assert_eq!((refused.status.as_u16(), &data["error_code"]), (409, &json!("INTEGRATION_INCOMPLETE")));
    let message = data["error_message"].as_str().unwrap();
    assert!(
        message.contains("success URL") && message.contains("/console/dev/settings#redirects"),
        "{message}"
    );
    assert!(!message.contains("webhook") && !message.contains("onboarding"), "{message}");
    house.set(house.env(), |settings| settings.success_url = Some(SUCCESS.parse().unwrap())).await;
    let (login, _) = house.trigger("ada").await;
    assert_eq!(house.state(&login).await.0, "completed");
}

/// Decision D27: the webhook went out without an address, and the first visit tells it.
#[tokio::test]
async fn the_first_visit_fills_in_the_address_that_the_webhook_did_not_know() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    let sent: serde_json::Value = serde_json::from_slice(&house.net.take()[0].body).unwrap();
    assert_eq!(sent["enrichment_data"]["ip"], "");
    house.ack(&run, Some("t-1")).await;
    let (_, second) = house.trigger("ada").await;
    for (link, address) in [(&link, "203.0.113.9"), (&link, "203.0.113.10"), (&second, "203.0.113.11")] {
        let mut request = Request::builder().uri(&link[url::Position::BeforePath..]);
        let peer = SocketAddr::new(address.parse::<IpAddr>().unwrap(), 4_000);
        request = request.extension(ConnectInfo(peer));
        assert_eq!(house.send(request.body(Body::empty()).unwrap()).await.status, 303);
        let known = detail(&house, house.env(), run.parse().unwrap()).await.run.enrichment.ip;
        assert_eq!(known, "203.0.113.9", "the first one stays");
    }
}

/// One user in two workflows: two subjects, whose events leave in their own order, and one place on the waitlist.
#[tokio::test]
async fn a_user_of_two_workflows_has_two_runs_and_one_place() {
    let mut house = House::with(Options { waitlist_limit: Some(1), ..Options::default() }).await;
    let (env, first) = (house.env(), house.start.workflows.prosumer);
    let second = WorkflowId::from_uuid(uuid::Uuid::from_u128(9));
    publish(&house, env, second).await;
    let runs = [trigger(&house, env, first, "ada").await, trigger(&house, env, second, "ada").await];
    assert_ne!(runs[0], runs[1]);
    assert_eq!(trigger(&house, env, second, "ada").await, runs[1]);
    house.settle().await;
    for (run, tenant) in runs.iter().zip(["t-1", "t-2"]) {
        assert_eq!(house.state(&run.to_string()).await.1.as_deref(), Some("ack"), "the place is the user's");
        assert_eq!(house.ack(&run.to_string(), Some(tenant)).await.status, 200);
    }
    house.settle().await;
    let events = house.events().await;
    for run in runs {
        let tenant = detail(&house, env, run).await.run.tenant.to_string();
        let of_run = events.iter().filter(|event| event.tenant_id.as_deref() == Some(&tenant));
        let names: Vec<_> = of_run.map(|event| event.name.as_str()).collect();
        let in_order =
            ["signed_up", "user_enriched", "group_enriched", "account_created", "account_added_user"];
        assert_eq!(names, in_order);
    }
    let (other, _) = house.trigger("bob").await;
    assert_eq!(house.state(&other).await.1.as_deref(), Some("waitlist"), "one place of one is taken");
}

/// An endpoint that keeps the first request waiting until it is released.
#[derive(Default)]
struct Hanging {
    asked: Notify,
    released: Notify,
    was_asked: AtomicBool,
}

impl outbound::Http for Hanging {
    fn send<'a>(
        &'a self,
        _: outbound::Request,
    ) -> BoxFuture<'a, Result<outbound::Response, outbound::SendFault>> {
        async move {
            if self.was_asked.swap(true, Ordering::SeqCst) {
                return Ok(answer(200, "second"));
            }
            self.asked.notify_one();
            self.released.notified().await;
            Ok(answer(500, "first"))
        }
        .boxed()
    }
}

/// An operator retries while an attempt is under way: that one is kept and leads to nothing, the new one counts.
#[tokio::test]
async fn a_retry_during_a_hanging_attempt_gets_its_own_number_and_the_only_say() {
    let endpoint = Arc::new(Hanging::default());
    let mut house = House::with(Options { http: Some(endpoint.clone()), ..Options::default() }).await;
    let (run, _) = house.trigger("ada").await;
    let (app, actor, env, id) = (house.app.clone(), house.actor(), house.env(), run.parse().unwrap());
    let retried = async {
        endpoint.asked.notified().await;
        app::run::retry(&app, &actor, env, id).await.unwrap();
        endpoint.released.notify_one();
    };
    tokio::join!(house.settle(), retried);
    let kept = detail(&house, env, id).await;
    let attempts: Vec<_> = kept.nodes.iter().flat_map(|node| &node.attempts).collect();
    let told: Vec<_> = attempts
        .iter()
        .map(|one| (one.attempt.n, one.attempt.purpose.as_str(), one.attempt.status))
        .collect();
    assert_eq!(told, [(1, "first", Some(500)), (2, "operator", Some(200))]);
    assert_eq!(attempts[0].attempt.retry_at, None, "nothing follows from the one that was called off");
    assert_eq!(attempts[0].webhook_id, attempts[1].webhook_id);
    assert_eq!(house.state(&run).await, ("waiting".into(), Some("ack".into())));
    assert_eq!(house.pass(Duration::from_secs(59)).await, 0, "one timer, from the second attempt on");
    assert_eq!(house.pass(Duration::from_secs(1)).await, 2, "the timer and the delivery that it asks for");
}
