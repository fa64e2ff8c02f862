//! The webhook: what is sent, how failures are retried, and what ends it.

use super::house::{House, Options};
use super::part::header;
use kernel::Clock;
use model::webhook::signature::{Received, verify};
use outbound::recorded::{answer, refused};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn the_webhook_carries_every_key_and_a_signature_that_verifies() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let [request] = &house.net.take()[..] else { panic!("one webhook") };
    let received = Received {
        id: header(request, "webhook-id"),
        timestamp: header(request, "webhook-timestamp"),
        signature: header(request, "webhook-signature"),
    };
    let secret = house.start.webhook_secret.expose().parse().unwrap();
    verify(&secret, received, &request.body, house.app.clock.now()).unwrap();

    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["eventType"], "account_created");
    assert_eq!(body["createAccountRequest"]["workflowRuntimeId"], run.as_str());
    assert_eq!(body["createAccountRequest"]["pricingPlanId"], model::setting::FREE_TRIAL);
    assert_eq!(body["createAccountRequest"]["appRoleId"], model::setting::ADMIN);
    assert_eq!(body["createAccountRequest"]["accountName"], "acme.com");
    assert_eq!(body["tenant_provisioning_data"]["is_ts_provisioning_success"], true);
    assert_eq!(
        body["tenant_provisioning_data"]["ts_tenant_id"],
        body["createAccountRequest"]["thrivestackTenantId"]
    );
}

/// 500, 503, a redirect, no answer: all are retried after 1, 2, 5, 15 s, 1 and 5 min, under one id.
#[tokio::test]
async fn failures_are_retried_by_the_schedule_and_then_become_an_incident() {
    let mut house = House::new().await;
    house.net.answer_with(|_| Err(refused()));
    for failure in [Ok(answer(500, "")), Ok(answer(503, "")), Ok(answer(302, "")), Err(refused())] {
        house.net.queue(failure);
    }
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    let mut attempts = house.net.take();
    for wait in [1, 2, 5, 15, 60, 300] {
        assert_eq!(house.state(&run).await.0, "waiting");
        // The jitter is at most a fifth.
        house.pass(Duration::from_millis(wait * 1_200 + 1)).await;
        let made = house.net.take();
        assert_eq!(made.len(), 1, "after {wait} s");
        attempts.extend(made);
    }
    let id = header(&attempts[0], "webhook-id");
    assert!(attempts.iter().all(|attempt| header(attempt, "webhook-id") == id));
    assert_eq!(house.state(&run).await.0, "incident");

    let detail = app::run::detail(&house.app, house.env(), run.parse().unwrap()).await.unwrap().unwrap();
    let kept: Vec<_> = detail.nodes.iter().flat_map(|node| &node.attempts).collect();
    assert_eq!(kept.len(), 7, "every attempt is kept");
    assert_eq!(kept[0].attempt.status, Some(500));
    assert!(kept[3].attempt.error.is_some());
    assert!(!kept[0].attempt.request_headers.contains("v1,"), "the signature is hidden");
}

#[tokio::test]
async fn an_operator_retries_and_the_id_stays() {
    let mut house = House::new().await;
    house.net.answer_with(|_| Ok(answer(500, "")));
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    for _ in 0..6 {
        house.pass(Duration::from_secs(400)).await;
    }
    assert_eq!(house.state(&run).await.0, "incident");
    let id = header(&house.net.take()[0], "webhook-id").to_owned();

    house.net.answer_with(|_| Ok(answer(200, "")));
    let run_id = run.parse().unwrap();
    app::run::retry(&house.app, &house.actor(), house.env(), run_id).await.unwrap();
    house.settle().await;
    let sent = house.net.take();
    assert_eq!((sent.len(), header(&sent[0], "webhook-id")), (1, id.as_str()));
    assert_eq!(house.state(&run).await, ("waiting".into(), Some("ack".into())));
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let mut house = House::new().await;
    let mut busy = answer(503, "");
    busy.headers.push(("retry-after".to_owned(), "30".to_owned()));
    house.net.queue(Ok(busy));
    house.trigger("ada").await;
    house.settle().await;
    house.net.take();
    house.pass(Duration::from_secs(29)).await;
    assert!(house.net.take().is_empty());
    house.pass(Duration::from_secs(8)).await;
    assert_eq!(house.net.take().len(), 1);
}

#[tokio::test]
async fn a_410_disables_the_endpoint_and_stops_every_waiting_run() {
    let mut house = House::new().await;
    let (other, _) = house.waiting("bob").await;
    house.net.queue(Ok(answer(410, "gone")));
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "incident");
    assert_eq!(house.state(&other).await.0, "incident");
    house.net.take();

    let (late, _) = house.trigger("carol").await;
    house.pass(Duration::from_secs(3_600)).await;
    assert_eq!(house.state(&late).await.0, "incident", "no signup is lost");
    assert!(house.net.take().is_empty(), "nothing is sent to a disabled endpoint");

    app::setting::enable_webhook(&house.app, &house.actor(), house.env()).await.unwrap();
    app::run::retry(&house.app, &house.actor(), house.env(), late.parse().unwrap()).await.unwrap();
    house.settle().await;
    assert_eq!(house.net.take().len(), 1);
    assert_eq!(house.ack(&late, Some("t")).await.status, 200);
    assert_eq!(house.state(&late).await.0, "completed");
}

/// Each job twice: the receiver hears the same message more often, under one id, and nothing else differs.
#[tokio::test]
async fn every_job_may_run_twice() {
    let mut house = House::with(Options { jobs_twice: true, ..Options::default() }).await;
    house.net.queue(Ok(answer(500, "")));
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    house.pass(Duration::from_secs(60)).await;
    house.pass(Duration::from_secs(60)).await;
    let sent = house.net.take();
    let id = header(&sent[0], "webhook-id");
    assert!(sent.iter().all(|request| header(request, "webhook-id") == id && request.body == sent[0].body));
    let detail = app::run::detail(&house.app, house.env(), run.parse().unwrap()).await.unwrap().unwrap();
    let numbers: Vec<_> =
        detail.nodes.iter().flat_map(|node| &node.attempts).map(|kept| kept.attempt.n).collect();
    let expected: Vec<_> = (1..=i64::try_from(sent.len()).unwrap()).collect();
    assert_eq!(numbers, expected, "every attempt is kept, each under its own number");
    assert_eq!(detail.run.resends, 1, "one timer fired once");

    assert_eq!(house.ack(&run, Some("t")).await.status, 200);
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "completed");
    let names = house.event_names().await;
    assert_eq!(names.iter().filter(|name| *name == "account_created").count(), 1);

    house.net.queue(Ok(answer(410, "")));
    let (gone, _) = house.trigger("bob").await;
    house.settle().await;
    assert_eq!(house.state(&gone).await.0, "incident");
}

/// Until the acknowledgement events carry our id alone; that it came late must neither leave two accounts nor count the
/// user twice.
#[tokio::test]
async fn an_ack_after_a_skip_is_told_with_both_ids() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    app::run::skip(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
    assert_eq!(house.ack(&run, Some("t-9")).await.status, 200);
    house.settle().await;
    let mut added = house.events().await;
    added.retain(|event| event.name == "account_added_user");
    let [first, second] = &added[..] else { panic!("once at the skip, once at the ack: {added:?}") };
    assert_eq!(first.group_id, first.tenant_id, "ours where none came (D26)");
    assert_eq!((second.group_id.as_deref(), &second.tenant_id), (Some("t-9"), &first.tenant_id));
    assert_eq!(first.message_id, second.message_id, "one event, said again");

    house.digest().await;
    let timeline = app::report::account_timeline(&house.app, house.env(), "t-9", None, 50).await.unwrap();
    let count = |name: &str| timeline.events.iter().filter(|one| one.event.name == name).count();
    assert_eq!((count("account_created"), count("account_added_user")), (1, 1));
    let (env, tenant) = (house.env(), first.tenant_id.clone().unwrap());
    let ids = house.app.db.read(move |tx| store::profile::ids(tx, env, &tenant)).await.unwrap();
    assert_eq!(ids, ["t-9".to_owned(), first.tenant_id.clone().unwrap()], "one account under both ids");
}

/// Another process disabled the endpoint: this one remembers settings of a moment ago.
#[tokio::test]
async fn runs_are_stopped_by_what_is_stored_not_by_what_is_remembered() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let (env, jobs, now) = (house.env(), house.app.jobs.clone(), house.clock.now());
    app::setting::current(&house.app, env).await.unwrap();
    let walk = durable::NewJob {
        id: kernel::JobId::ordered(now, house.app.rng.as_ref()),
        kind: app::webhook::ENDPOINT_GONE,
        correlation: "endpoint".to_owned(),
        payload: String::new(),
        due_at: now,
    };
    let disable = move |tx: &mut sql::Tx<'_>| {
        store::setting::disable_webhook(tx, env, now)?;
        durable::job::enqueue(tx, &jobs, env, &walk, now)
    };
    house.app.db.write(store::setting::lock(env), disable).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "incident");
}

/// The job lies with the executor already: it looks once more before it sends.
#[tokio::test]
async fn what_was_handed_over_is_not_sent_once_nobody_waits_for_it() {
    let mut house = House::new().await;
    let (acked, _) = house.trigger("ada").await;
    let (skipped, _) = house.trigger("bob").await;
    let (cancelled, _) = house.trigger("carol").await;
    assert_eq!(house.ack(&acked, Some("t")).await.status, 200);
    let (actor, env) = (house.actor(), house.env());
    app::run::skip(&house.app, &actor, env, skipped.parse().unwrap()).await.unwrap();
    app::run::cancel(&house.app, &actor, env, cancelled.parse().unwrap()).await.unwrap();
    house.settle().await;
    assert!(house.net.take().is_empty());
}

#[tokio::test]
async fn a_skipped_run_goes_on_and_sends_nothing_more() {
    let mut house = House::new().await;
    let (run, link) = house.waiting("ada").await;
    app::run::skip(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
    assert_eq!(house.state(&run).await.0, "completed");
    house.net.take();
    assert_eq!(house.browse(&link).await.status, 303);
    assert_eq!(house.pass(Duration::from_secs(3_600)).await, 0);
    assert!(house.net.take().is_empty());
}
