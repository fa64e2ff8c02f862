//! Decision D13: each case of the acknowledgement, on a virtual clock.

use super::house::{House, Options};
use super::part::header;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn the_first_ack_wins_and_the_same_again_is_answered_the_same() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    for _ in 0..2 {
        let answer = house.ack(&run, Some("t-1")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), json!({"status": 200, "data": {"message": "Acknowledment recieved"}}));
    }
    assert_eq!(house.state(&run).await.0, "completed");
    let other = house.ack(&run, Some("t-2")).await;
    assert_eq!(
        (other.status.as_u16(), other.json()["data"]["error_code"].clone()),
        (409, json!("ACK_CONFLICT"))
    );
    let without = house.ack(&run, None).await;
    assert_eq!(without.status, 409, "none after one with an id is different");
    assert_eq!(house.run(&run).await["tenant_id"], "t-1");
}

#[tokio::test]
async fn an_ack_without_a_tenant_completes_the_run_under_our_id() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    assert_eq!(house.ack(&run, Some("")).await.status, 200, "empty counts as absent");
    assert_eq!(house.ack(&run, None).await.status, 200, "the same");
    assert_eq!(house.ack(&run, Some("t")).await.status, 409, "an id after none is different");
    house.settle().await;
    let ours = house.run(&run).await["ts_tenant_id"].clone();
    let created = house.events().await.into_iter().find(|event| event.name == "account_created").unwrap();
    assert_eq!(created.group_id.as_deref(), ours.as_str());
}

#[tokio::test]
async fn an_ack_stores_lead_and_mail_and_says_so_in_standard_events() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    assert!(house.run(&run).await["lead"].is_null());
    house.ack(&run, Some("t-1")).await;
    house.settle().await;
    let data = house.run(&run).await;
    assert_eq!(data["lead"]["email_id"], "ada@acme.com");
    assert_eq!(data["welcome_mail"]["to"], "ada@acme.com");
    let events = house.events().await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        ["signed_up", "user_enriched", "group_enriched", "account_created", "account_added_user"]
    );
    for event in &events {
        assert_eq!(event.tenant_id.as_deref(), data["ts_tenant_id"].as_str(), "{}", event.name);
        let after = event.name.starts_with("account_");
        assert_eq!(event.group_id.as_deref(), after.then_some("t-1"), "{}", event.name);
    }
}

#[tokio::test]
async fn ids_that_do_not_match_the_run_are_named() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    for field in ["workflowDesignTimeId", "thrivestackTenantId"] {
        let mut body = json!({"workflowRuntimeId": run});
        body[field] = json!("88f8b02b-414a-4022-9c25-771b2c9e25dd");
        let answer = house.post("/workflow", &body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["data"]["error_message"].as_str().unwrap().contains(field));
    }
    let mut garbled = json!({"workflowRuntimeId": run});
    garbled["thrivestackTenantId"] = json!("no id");
    assert_eq!(house.post("/workflow", &garbled).await.status, 400);
    assert_eq!(house.state(&run).await.1.as_deref(), Some("ack"), "nothing was recorded");
}

/// Databases give UUIDs back in capitals.
#[tokio::test]
async fn ids_match_however_they_are_spelt() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let tenant = house.run(&run).await["ts_tenant_id"].as_str().unwrap().to_uppercase();
    let workflow = house.start.workflows.prosumer.to_string().to_uppercase();
    let body = json!({
        "workflowRuntimeId": run.to_uppercase(), "workflowDesignTimeId": workflow,
        "thrivestackTenantId": tenant, "tenantId": "t-1",
    });
    let answer = house.post("/workflow", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_ne!(house.state(&run).await.1.as_deref(), Some("ack"));
}

#[tokio::test]
async fn unknown_runs_are_404_and_wrong_fields_400() {
    let house = House::new().await;
    for unknown in ["aebm-etuki-mklou-ywedt", "a13d3ee3-2bd4-404e-9a96-2a5769bb936e"] {
        let answer = house.ack(unknown, Some("t")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["data"]["error_code"].clone()),
            (404, json!("RUN_NOT_FOUND"))
        );
    }
    for wrong in [
        json!({}),
        json!({"workflowRuntimeId": 1}),
        json!([]),
        json!({"workflowRuntimeId": "x", "tenantId": 1}),
    ] {
        assert_eq!(house.post("/workflow", &wrong).await.status, 400, "{wrong}");
    }
}

/// K1, both forms of K2 and K3, as domain 2.10 writes them: path, body, and the key of the mail in it.
fn shapes(design: &str, run: &str) -> [(&'static str, Value, &'static str); 4] {
    let ids = |more: Value| {
        let mut part = json!({"workflowDesignTimeId": design, "workflowRuntimeId": run});
        part.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        part
    };
    let created = json!({"accountId": "t", "accountName": "T", "userEmailId": "u@v.w"});
    let joined = json!({"accountIds": ["t", "u"], "userEmailId": "u@v.w"});
    let empty =
        json!({"workflowDesignTimeId": "", "workflowRuntimeId": "", "accountIds": null, "userEmailId": ""});
    [
        (
            "/api/workflow",
            ids(json!({"tenantId": "t", "tenantName": "T", "userEmailId": "u@v.w"})),
            "/userEmailId",
        ),
        (
            "/thrivestackWebhook/acknowledgeTenant",
            json!({"eventType": "account_created", "createAccountResponse": ids(created), "joinAccountResponse": empty}),
            "/createAccountResponse/userEmailId",
        ),
        (
            "/thrivestackWebhook/acknowledgeTenant/",
            json!({"eventType": "account_added_user", "joinAccountResponse": ids(joined)}),
            "/joinAccountResponse/userEmailId",
        ),
        ("/v1/workflow", ids(json!({"tenantName": "T", "tenantId": "t", "emailId": "u@v.w"})), "/emailId"),
    ]
}

#[tokio::test]
async fn every_documented_shape_is_understood() {
    let mut house = House::new().await;
    let design = house.start.workflows.prosumer.to_string();
    for n in 0..4 {
        let (run, _) = house.waiting(&format!("user-{n}")).await;
        let (path, body, mail) = &shapes(&design, &run)[n];
        let mut wrong = body.clone();
        *wrong.pointer_mut(mail).unwrap() = json!(1);
        assert_eq!(house.post(path, &wrong).await.status, 400, "{path}: a mail is a text");
        assert_eq!(house.post(path, body).await.status, 200, "{path}");
        assert_eq!(house.run(&run).await["tenant_id"], "t", "{path}");
        assert_eq!(kept(&house, &run).await["user_email"], "u@v.w", "{path}: recorded");
    }
}

#[tokio::test]
async fn names_and_mails_of_an_ack_are_never_compared() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let design = house.start.workflows.prosumer.to_string();
    let [(path, first, mail), ..] = shapes(&design, &run);
    assert_eq!(house.post(path, &first).await.status, 200);
    let mut again = first.clone();
    *again.pointer_mut(mail).unwrap() = json!("somebody@else.test");
    again["tenantName"] = json!("Another");
    assert_eq!(house.post(path, &again).await.status, 200, "the same run and tenant");
    assert_eq!(kept(&house, &run).await["user_email"], "u@v.w", "the first stands");
    again["tenantId"] = json!("other");
    assert_eq!(house.post(path, &again).await.status, 409);
}

/// What the inbox keeps of the acknowledgement.
async fn kept(house: &House, run: &str) -> Value {
    let (env, run) = (house.env(), run.to_owned());
    let signal = house.app.db.read(move |tx| durable::signal::get(tx, env, "ack", &run)).await.unwrap();
    serde_json::from_str(&signal.unwrap().payload).unwrap()
}

/// Never acknowledged: sent again twice under one id, a minute apart, then an incident that a late ack resolves.
#[tokio::test]
async fn no_ack_leads_to_two_more_deliveries_and_an_incident() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    let minute = Duration::from_secs(60);
    assert_eq!(house.pass(Duration::from_secs(59)).await, 0, "not yet");
    house.pass(Duration::from_secs(1)).await;
    house.pass(minute).await;
    let sent = house.net.take();
    let ids: Vec<_> = sent.iter().map(|request| header(request, "webhook-id")).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "one id over all deliveries: {ids:?}");
    assert!(sent.iter().all(|request| request.body == sent[0].body));
    assert_eq!(house.state(&run).await.0, "waiting");
    house.pass(minute).await;
    assert_eq!(house.state(&run).await.0, "incident");
    assert_eq!(house.pass(Duration::from_secs(86_400)).await, 0, "an incident does nothing by itself");

    assert_eq!(house.ack(&run, Some("late")).await.status, 200);
    assert_eq!(house.state(&run).await.0, "completed");
}

#[tokio::test]
async fn an_ack_while_the_webhook_is_being_retried_stops_the_retries() {
    let mut house = House::new().await;
    house.net.answer_with(|_| Ok(outbound::recorded::answer(500, "no")));
    let (run, _) = house.trigger("ada").await;
    house.settle().await;
    assert_eq!(house.ack(&run, Some("t")).await.status, 200);
    house.net.take();
    assert_eq!(house.pass(Duration::from_secs(3_600)).await, 0);
    assert!(house.net.take().is_empty());
    assert_eq!(house.state(&run).await.0, "completed");
}

/// The ack came while the user was on the waitlist, and the endpoint died before they were admitted.
#[tokio::test]
async fn an_early_ack_outlives_a_dead_endpoint() {
    let options = Options { waitlist_limit: Some(0), ..Options::default() };
    let mut house = House::with(options).await;
    let (run, _) = house.trigger("ada").await;
    assert_eq!(house.ack(&run, Some("t-1")).await.status, 200);
    let (other, _) = house.trigger("bob").await;
    house.net.queue(Ok(outbound::recorded::answer(410, "")));
    let id = other.parse().unwrap();
    app::run::admit(&house.app, &house.actor(), house.env(), id).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&other).await.0, "incident");
    let id = run.parse().unwrap();
    app::run::admit(&house.app, &house.actor(), house.env(), id).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&run).await.0, "completed");
    assert_eq!(house.run(&run).await["tenant_id"], "t-1");
}

#[tokio::test]
async fn an_ack_after_a_skip_brings_the_builders_tenant() {
    let mut house = House::new().await;
    let (run, _) = house.waiting("ada").await;
    app::run::skip(&house.app, &house.actor(), house.env(), run.parse().unwrap()).await.unwrap();
    assert!(house.run(&run).await["tenant_id"].is_null());
    assert_eq!(house.ack(&run, Some("t-1")).await.status, 200);
    assert_eq!(house.run(&run).await["tenant_id"], "t-1");
    assert_eq!(house.ack(&run, Some("t-2")).await.status, 409);
}
