//! The builder's app: answers webhooks as apps do on a bad day, makes the tenant and acknowledges it.

use super::client::Client;
use super::ledger::{Ledger, tenant};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use testkit::SeededRng;
use tokio::net::TcpListener;
use url::Url;

/// Most webhooks of a run that are answered with 500: fewer than the attempts of a delivery.
const REFUSALS_MAX: u32 = 2;
const SLOW_MILLIS_MAX: u64 = 300;

/// Everything that came about one run.
#[derive(Debug, Default)]
pub struct Seen {
    pub webhook_ids: BTreeSet<String>,
    pub bodies: BTreeSet<Bytes>,
    pub deliveries: u32,
    refusals: u32,
}

impl Seen {
    /// As the first body says it.
    pub fn ts_tenant_id(&self) -> String {
        let body: Value = serde_json::from_slice(self.bodies.first().expect("it came")).unwrap();
        body["createAccountRequest"]["thrivestackTenantId"].as_str().unwrap().to_owned()
    }
}

/// What becomes of one delivery.
struct Fate {
    status: StatusCode,
    pause: Duration,
    acknowledged: bool,
}

pub struct Builder {
    address: SocketAddr,
    client: Client,
    ledger: Arc<Ledger>,
    dice: SeededRng,
    /// By run.
    seen: Mutex<BTreeMap<String, Seen>>,
}

impl Builder {
    /// Answers as long as the runtime lives.
    pub async fn start(client: Client, ledger: Arc<Ledger>, seed: u64) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dice = SeededRng::new(seed);
        let builder = Arc::new(Self { address, client, ledger, dice, seen: Mutex::default() });
        let router = Router::new().route("/webhook", post(webhook)).with_state(Arc::clone(&builder));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        builder
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.seen.lock().unwrap()
    }

    pub fn summary(&self) -> String {
        let seen = self.seen();
        let deliveries: u32 = seen.values().map(|one| one.deliveries).sum();
        let refusals: u32 = seen.values().map(|one| one.refusals).sum();
        format!("webhooks: {deliveries} about {} runs, {refusals} answered with 500", seen.len())
    }

    fn take(&self, run: &str, webhook_id: &str, body: Bytes) -> Fate {
        let mut seen = self.seen();
        let seen = seen.entry(run.to_owned()).or_default();
        seen.webhook_ids.insert(webhook_id.to_owned());
        seen.bodies.insert(body);
        seen.deliveries += 1;
        let dice = self.dice.next();
        let refused = dice.is_multiple_of(6) && seen.refusals < REFUSALS_MAX;
        seen.refusals += u32::from(refused);
        let slow = (dice >> 8).is_multiple_of(8);
        Fate {
            status: if refused { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK },
            pause: Duration::from_millis(if slow { (dice >> 16) % SLOW_MILLIS_MAX } else { 0 }),
            // Some apps make the tenant and fail afterwards.
            acknowledged: !refused || (dice >> 32).is_multiple_of(2),
        }
    }

    /// Until there is an answer; it may well come before the webhook's own is recorded.
    async fn acknowledge(&self, run: &str) {
        let body = json!({"workflowRuntimeId": run, "tenantId": tenant(run)});
        let answer = self.client.post("/api/workflow", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.ledger.entries().acked.insert(run.to_owned());
    }
}

async fn webhook(State(builder): State<Arc<Builder>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let told: Value = serde_json::from_slice(&body).unwrap();
    let run = told["createAccountRequest"]["workflowRuntimeId"].as_str().unwrap().to_owned();
    let fate = builder.take(&run, headers["webhook-id"].to_str().unwrap(), body);
    if fate.acknowledged {
        // The request's own task ends with its connection.
        tokio::spawn(async move { builder.acknowledge(&run).await });
    }
    if !fate.pause.is_zero() {
        tokio::time::sleep(fate.pause).await;
    }
    fate.status
}
