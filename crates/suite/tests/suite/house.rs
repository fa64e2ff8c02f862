//! A whole house in process: real stores in a temporary directory, a clock that stands still, seeded randomness and a
//! recorder in place of the network. Nothing moves by itself: [`House::settle`] runs what is due.
//!
//! Every command runs twice, because a command may run again.

use app::init::Pairs;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use durable::{Claimed, Executor, Handler, Registry, Running};
use http::{Method, Request, StatusCode};
use kernel::{Env, Secret};
use model::setting::Settings;
use model::telemetry::record;
use oidc::PrivateKey;
use outbound::recorded::{Recorder, answer};
use serde_json::{Value, json};
use server::config::{Config, Layers};
use server::probe::Health;
use server::wiring::{Assembled, Outside, State, router};
use std::sync::Arc;
use std::time::Duration;
use store::seal::Sealer;
use tempfile::TempDir;
use testkit::{SeededRng, TestClock};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use url::Url;

pub const WEBHOOK: &str = "https://app.acme.test/webhook";
pub const ONBOARDING: &str = "https://app.acme.test/onboarding?from=signup";
pub const SUCCESS: &str = "https://app.acme.test/home";

/// What differs from the usual house.
#[derive(Clone, Default)]
pub struct Options {
    pub waitlist_limit: Option<u32>,
    pub without_urls: bool,
    /// Every job runs twice under one lease, because it may.
    pub jobs_twice: bool,
    /// The mail server, as it is configured.
    pub smtp_url: Option<String>,
    /// In the place of the recorder.
    pub http: Option<Arc<dyn outbound::Http>>,
    /// Where the house is reached by who does not call its router.
    pub public_url: Option<Url>,
    /// As if the house stood in a container.
    pub in_container: bool,
}

pub struct House {
    pub app: app::App,
    pub clock: Arc<TestClock>,
    pub net: Recorder,
    pub start: app::init::Initialised,
    pub router: Router,
    pub health: Health,
    executor: Executor,
    registry: Registry,
    _dir: TempDir,
}

/// An answer of the router.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub fn location(&self) -> Url {
        self.headers["location"].to_str().unwrap().parse().unwrap()
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(TestClock::new());
        let net = Recorder::new();
        net.answer_with(|_| Ok(answer(200, "ok")));
        let outside = Outside {
            clock: clock.clone(),
            rng: Arc::new(SeededRng::new(7)),
            http: options.http.clone().unwrap_or_else(|| Arc::new(net.clone())),
            listeners: outbound::OwnListeners::default(),
            in_container: options.in_container,
        };
        let config = config(&dir, &options);
        let state = state(&config, &outside).await;
        let start = initialise(&state, &outside, &options).await;
        let public_url = options.public_url.clone();
        let public_url = public_url.unwrap_or_else(|| "https://hosted.test/".parse().unwrap());
        let assembled = state.assemble(&config, public_url, outside).await.unwrap();
        let health = Health::default();
        let router = router(&assembled.app, &assembled.outside, &config, health.clone());
        let Assembled { app, executor, registry, .. } = assembled;
        let registry =
            if options.jobs_twice { registry.map(|handler| Arc::new(Twice(handler))) } else { registry };
        Self { app, clock, net, start, router, health, executor, registry, _dir: dir }
    }

    pub fn env(&self) -> Env {
        Env::vouched(self.start.environments.development)
    }

    /// Runs what is due now: jobs, and everything that they make due.
    pub async fn settle(&mut self) -> usize {
        let registry = std::mem::take(&mut self.registry);
        let db = self.app.db.clone();
        let (ran, registry) = self.executor.drain(&db, registry).await;
        self.registry = registry;
        while app::relay::turn(&self.app).await.unwrap() > 0 {}
        ran
    }

    /// Lets time pass, then runs what has become due.
    pub async fn pass(&mut self, span: Duration) -> usize {
        self.clock.advance(span);
        self.settle().await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with the private API key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let key = self.start.private_api_key.expose();
        self.post_as(path, &format!("Bearer {key}"), body).await
    }

    pub async fn post_as(&self, path: &str, authorization: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/json")
            .header("authorization", authorization)
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let key = self.start.private_api_key.expose();
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A request of a browser: no credential but what is in the URL.
    pub async fn browse(&self, url: &Url) -> Answer {
        let target = &url[url::Position::BeforePath..];
        self.send(Request::builder().uri(target).body(Body::empty()).unwrap()).await
    }

    pub fn trigger_body(&self, user: &str) -> Value {
        json!({"user_id": user, "email_id": format!("{user}@acme.com"), "workflow_id": self.start.workflows.prosumer})
    }

    /// Triggers a user's run: its id and the link.
    pub async fn trigger(&self, user: &str) -> (String, Url) {
        let answer = self.post("/trigger", &self.trigger_body(user)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.json()["data"];
        let run = data["workflow_runtime_id"].as_str().unwrap().to_owned();
        (run, data["redirect_url"].as_str().unwrap().parse().unwrap())
    }

    pub async fn ack(&self, run: &str, tenant: Option<&str>) -> Answer {
        let mut body = json!({"workflowRuntimeId": run});
        if let Some(tenant) = tenant {
            body["tenantId"] = json!(tenant);
        }
        self.post("/api/workflow", &body).await
    }

    /// Admits those who have waited longest; how many.
    pub async fn admit_next(&self, count: usize) -> usize {
        app::run::admit_next(&self.app, &self.actor(), self.env(), count).await.unwrap()
    }

    /// `data` of `GET /api/runs/{id}`.
    pub async fn run(&self, run: &str) -> Value {
        let answer = self.get(&format!("/api/runs/{run}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].clone()
    }

    /// The run's state and what it waits for.
    pub async fn state(&self, run: &str) -> (String, Option<String>) {
        let data = self.run(run).await;
        let waiting = data["waiting_for"].as_str().map(str::to_owned);
        (data["state"].as_str().unwrap().to_owned(), waiting)
    }

    /// A run that has been triggered and whose webhook was delivered.
    pub async fn waiting(&mut self, user: &str) -> (String, Url) {
        let (run, link) = self.trigger(user).await;
        self.settle().await;
        assert_eq!(self.state(&run).await, ("waiting".to_owned(), Some("ack".to_owned())));
        (run, link)
    }

    /// Saves other settings, as the form does.
    pub async fn set(&self, env: Env, change: impl FnOnce(&mut Settings)) {
        let current = app::setting::current(&self.app, env).await.unwrap();
        let mut settings = current.settings.clone();
        change(&mut settings);
        let draft = app::setting::Draft::of(&settings, current.version);
        app::setting::save(&self.app, &self.actor(), env, &draft).await.unwrap();
    }

    /// Someone who may act on runs.
    pub fn actor(&self) -> app::operator::Actor {
        app::operator::Actor {
            id: kernel::OperatorId::from_uuid(uuid::Uuid::from_u128(1)),
            organization: kernel::OrganizationId::from_uuid(uuid::Uuid::from_u128(2)),
            email: "owner@acme.test".to_owned(),
        }
    }

    /// The events that reached the journal, in order.
    pub async fn events(&self) -> Vec<model::event::Event> {
        let records = self.app.journal.read(journal::Seq::FIRST, 10_000, 64 << 20).await.unwrap();
        let decode = |record: &journal::Record| {
            let env = Env::vouched(record.environment);
            let origin = record::Origin::of_source(record.source).unwrap();
            record::decode(env, origin, record.received_at, &record.body).unwrap()
        };
        records.iter().map(|(_, record)| decode(record)).collect()
    }

    /// Their names.
    pub async fn event_names(&self) -> Vec<String> {
        self.events().await.into_iter().map(|event| event.name).collect()
    }
}

/// Runs what it is given, and once more at the same time: a job that ended is not begun again.
struct Twice(Arc<dyn Handler>);

impl Handler for Twice {
    fn run(&self, job: Claimed, interrupted: CancellationToken) -> Running {
        let first = self.0.run(job.clone(), interrupted.clone());
        let second = self.0.run(job, interrupted);
        Box::pin(async move {
            let (first, second) = tokio::join!(first, second);
            first.and(second)
        })
    }

    fn given_up(&self, job: Claimed, reason: String) -> Running {
        self.0.given_up(job, reason)
    }
}

fn config(dir: &TempDir, options: &Options) -> Config {
    let mut flags = vec![("data_dir", dir.path().display().to_string())];
    if let Some(url) = &options.smtp_url {
        flags.extend([("smtp_url", url.clone()), ("mail_from", "hello@acme.test".to_owned())]);
    }
    let layers = Layers::gather(&flags, None, &[]);
    Config::from_layers(layers).unwrap().0
}

async fn state(config: &Config, outside: &Outside) -> State {
    let options = sql::Options { run_each_command_twice: true, ..sql::Options::default() };
    let path = config.located(&config.database_url);
    let db = sql::Database::open_sqlite(&path, options, Arc::clone(&outside.clock)).await.unwrap();
    sql::migrate(&db, "store", store::MIGRATIONS).await.unwrap();
    sql::migrate(&db, "durable", durable::MIGRATIONS).await.unwrap();
    State { db, seal: Arc::new(Sealer::new(&Secret::new([7; 32]))) }
}

async fn initialise(state: &State, outside: &Outside, options: &Options) -> app::init::Initialised {
    let url = |text: &str| (!options.without_urls).then(|| text.parse().unwrap());
    let plan = app::init::Plan {
        product: "Acme Notes".to_owned(),
        email: "owner@acme.test".to_owned(),
        public_url: "https://hosted.test/".parse().unwrap(),
        webhook_url: url(WEBHOOK),
        onboarding_url: url(ONBOARDING),
        success_url: url(SUCCESS),
        waitlist_limit: options.waitlist_limit,
    };
    let site = app::init::Site { db: &state.db, sealer: &state.seal, rng: &*outside.rng };
    app::init::run(site, &plan, &pairs()).await.unwrap()
}

/// Keys of the test pool: making three takes a second.
pub fn pairs() -> Pairs {
    let key = |pem| PrivateKey::from_pem(pem).unwrap();
    Pairs {
        development: key(include_str!("../fixture/test-only-key-1.pem")),
        production: key(include_str!("../fixture/test-only-key-2.pem")),
        api_key: key(include_str!("../fixture/test-only-key-3.pem")),
    }
}
