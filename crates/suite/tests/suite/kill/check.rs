//! What must be true after the last kill, as a client sees it.

use super::builder::Builder;
use super::client::Client;
use super::ledger::{Entries, Ledger, tenant};
use super::load::{event, telemetry};
use crate::suite::binary::{Installation, until};
use futures_util::{StreamExt, stream};
use kernel::Env;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Requests at once.
const WIDTH: usize = 8;
/// Acknowledgements that are repeated; every one is read back.
const ACKS_REPEATED: usize = 40;
const PAGE: usize = 1_000;
/// The standard events of a signup (decision D26).
const SIGNUP_EVENTS: [&str; 5] =
    ["account_added_user", "account_created", "group_enriched", "signed_up", "user_enriched"];
const LOGIN_EVENT: &str = "signed_in";
/// Who tells the last event of all: where it has come, those before it are too.
const LAST: &str = "last";

/// Waits until everything has come to rest, and looks at it over HTTP.
pub async fn settled(house: &Installation, client: &Client, ledger: &Ledger, builder: &Builder) {
    let runs: Vec<String> = ledger.entries().signups.values().map(|signup| signup.run.clone()).collect();
    stream::iter(&runs).for_each_concurrent(WIDTH, |run| completed(client, run)).await;
    until("the answers to the last acknowledgements", async || {
        let entries = ledger.entries();
        runs.iter().all(|run| entries.acked.contains(run)).then_some(())
    })
    .await;
    stream::iter(&runs).take(ACKS_REPEATED).for_each_concurrent(WIDTH, |run| repeated(client, run)).await;
    one_webhook_a_run(builder, &runs);
    at_rest(house).await;
    last_word(house, client, ledger).await;
    let events = events(client).await;
    every_event_once(&ledger.entries(), &events);
}

async fn completed(client: &Client, run: &str) {
    let data = until(&format!("the end of run {run}"), async || {
        let answer = client.get(&format!("/api/runs/{run}")).await;
        assert_eq!(answer.status, 200, "a run that was answered is lost: {answer:?}");
        let data = answer.json()["data"].clone();
        assert_ne!(data["state"], "incident", "{data}");
        (data["state"] == "completed").then_some(data)
    })
    .await;
    assert_eq!(data["tenant_id"], tenant(run), "the acknowledgement is lost: {data}");
    assert!(data["lead"].is_object() && data["welcome_mail"].is_object(), "{data}");
}

/// The same again is answered the same, another tenant is refused.
async fn repeated(client: &Client, run: &str) {
    for (tenant, status) in [(tenant(run), 200), ("another".to_owned(), 409)] {
        let answer =
            client.post("/api/workflow", &json!({"workflowRuntimeId": run, "tenantId": tenant})).await;
        assert_eq!(answer.status, status, "{tenant}: {answer:?}");
    }
}

fn one_webhook_a_run(builder: &Builder, runs: &[String]) {
    let seen = builder.seen();
    let answered: BTreeSet<&String> = runs.iter().collect();
    assert!(seen.keys().eq(answered), "webhooks came about other runs than were answered");
    for (run, seen) in &*seen {
        assert_eq!(seen.webhook_ids.len(), 1, "run {run} under more than one id: {seen:?}");
        assert_eq!(seen.bodies.len(), 1, "run {run} with more than one body: {seen:?}");
    }
    let tenants: BTreeSet<String> = seen.values().map(|seen| seen.ts_tenant_id()).collect();
    assert_eq!(tenants.len(), runs.len(), "one tenant a run");
}

/// Every job is done, none was given up, and every standard event has left the outbox.
async fn at_rest(house: &Installation) {
    let db = house.visit().await;
    until("jobs and outbox at rest", async || {
        let left = |tx: &mut sql::Tx<'_>| Ok((durable::job::counts(tx)?, durable::outbox::count(tx)?));
        let left: Result<_, sql::Fault> = db.read(left).await;
        let ((waiting, given_up), outbox) = left.unwrap();
        assert_eq!(given_up, 0, "a job was given up");
        (waiting == 0 && outbox == 0).then_some(())
    })
    .await;
    db.close().await;
}

/// One more event, and the wait until both consumers of the journal have come to it.
async fn last_word(house: &Installation, client: &Client, ledger: &Ledger) {
    telemetry(client, "/api/track", &json!([event(LAST, LAST)])).await;
    ledger.entries().marks.insert(LAST.to_owned());
    until("the last event in the lake", async || {
        let found = client.get(&format!("/api/event/?user_id={LAST}")).await.json();
        (found["results"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let (db, env) = (house.visit().await, Env::vouched(house.start.environments.development));
    until("the last event in the profiles", async || {
        let person = db.read(move |tx| store::profile::person(tx, env, LAST)).await;
        person.unwrap().map(|_| ())
    })
    .await;
    db.close().await;
}

/// Every event of the environment, page by page.
async fn events(client: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/event/?limit={PAGE}&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let mut page = page.json();
        all.append(page["results"].as_array_mut().unwrap());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

fn every_event_once(entries: &Entries, events: &[Value]) {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        *found.entry(named(event)).or_default() += 1;
    }
    let wanted = expected(entries);
    let lost: Vec<_> = wanted.iter().filter(|name| !found.contains_key(*name)).collect();
    assert!(lost.is_empty(), "{} events are lost: {lost:?}", lost.len());
    let odd: Vec<_> = found.iter().filter(|(name, count)| **count != 1 || !wanted.contains(*name)).collect();
    assert!(odd.is_empty(), "{} events are there twice, or nobody sent them: {odd:?}", odd.len());
}

/// The mark of a driver's event; user and name of a standard one.
fn named(event: &Value) -> String {
    let mark = ["properties", "traits"].iter().find_map(|part| event[part]["mark"].as_str());
    let standard =
        || format!("{} {}", event["user_id"].as_str().unwrap(), event["event_name"].as_str().unwrap());
    mark.map_or_else(standard, str::to_owned)
}

fn expected(entries: &Entries) -> BTreeSet<String> {
    let mut all = entries.marks.clone();
    for (user, signup) in &entries.signups {
        let login = signup.login.as_ref().map(|_| LOGIN_EVENT);
        all.extend(SIGNUP_EVENTS.into_iter().chain(login).map(|name| format!("{user} {name}")));
    }
    all
}
