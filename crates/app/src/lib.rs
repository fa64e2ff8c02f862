//! Use cases, one module per feature. No HTTP server, no SQL text.

mod bound;
pub mod caller;
pub mod consume;
mod digest;
pub mod enrich;
pub mod handover;
pub mod housekeeping;
pub mod init;
pub mod integration;
pub mod key;
pub mod mail;
pub mod operator;
mod page;
pub mod path;
pub mod pool;
pub mod profile;
pub mod rebuild;
pub mod relay;
pub mod report;
pub mod request;
pub mod run;
pub mod search;
pub mod setting;
pub mod telemetry;
pub mod token;
pub mod webhook;

pub use bound::Bounds;

use kernel::{Clock, Rng};
use model::email::Email;
use model::platform::Stage;
use model::webhook::retry::Schedule;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a request may stand behind another one's look at what both need: without a bound, a crowd behind a slow
/// database would be answered one deadline after the other.
const LOOK_WAIT_MAX: Duration = Duration::from_secs(2);

/// The page of the guide that explains the fields of events, which the server serves itself. The union answer must have
/// this key (decisions D6 and D18, and `response_keys` of the contract). It is for people: nothing is fetched from it.
const DOCUMENTATION: &str = "/docs/telemetry";

/// What the use cases work with. Built once by the binary; each use case takes what it needs from here.
pub struct Services {
    pub db: sql::Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub seal: Arc<store::seal::Sealer>,
    pub journal: journal::Journal,
    pub lake: lake::Lake,
    pub http: Arc<dyn outbound::Http>,
    /// The mail server, when one is configured.
    pub smtp: Option<outbound::smtp::Smtp>,
    /// The local IP-to-country database, when one is configured.
    pub geo: Option<outbound::Countries>,
    pub jobs: durable::Jobs,
    pub options: Options,
    pub callers: caller::Callers,
    pub signers: token::Signers,
    pub settings: setting::Cache,
    pub questions: report::Questions,
    pub passwords: operator::Passwords,
    pub definitions: run::Definitions,
    pub deliveries: Bounds,
    pub posts: Bounds,
    /// Wakes the relay after a commit that pushed to the outbox.
    pub relay: relay::Bell,
    /// Wakes continuation pages and whoever else waits for a run.
    pub news: run::News,
    /// Refused requests on their way to the database.
    pub requests: request::Log,
}

/// The cheap handle on [`Services`].
#[derive(Clone)]
pub struct App(Arc<Services>);

impl App {
    pub fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;
    fn deref(&self) -> &Services {
        &self.0
    }
}

/// What an operator of the binary configures for all environments.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where browsers and builders reach us; links are made from it.
    pub public_url: Url,
    /// What answers to telemetry point at.
    pub documentation: String,
    /// `iss` of our tokens (decision D5).
    pub issuer: String,
    /// This process runs in a container, where `localhost` is not the machine that the operator means.
    pub in_container: bool,
    pub development: Pace,
    pub production: Pace,
    /// Who mails come from where an environment names nobody.
    pub mail_from: Option<Email>,
    /// Pauses between attempts to hand a mail to the server.
    pub mail_retry: Schedule,
}

/// How patiently an environment's webhooks are sent (decision D13).
#[derive(Debug, Clone)]
pub struct Pace {
    /// Pauses between attempts until the first 2xx.
    pub retry: Schedule,
    /// From a 2xx to the next delivery when no acknowledgement came.
    pub ack_wait: Duration,
    /// How often it is delivered again before the run becomes an incident.
    pub resends_max: u32,
}

impl Options {
    pub fn new(public_url: Url) -> Self {
        Self {
            documentation: public_url.join(DOCUMENTATION).map(String::from).unwrap_or_default(),
            public_url,
            issuer: "ThriveStack".to_owned(),
            in_container: false,
            development: Pace {
                retry: Schedule::development(),
                ack_wait: Duration::from_secs(60),
                resends_max: 2,
            },
            production: Pace {
                retry: Schedule::production(),
                ack_wait: Duration::from_secs(15 * 60),
                resends_max: 3,
            },
            mail_from: None,
            mail_retry: mail::retry_by_default(),
        }
    }

    /// From where webhooks of this stage are sent.
    pub const fn sender(&self, stage: Stage) -> webhook::Sender {
        webhook::Sender { stage, in_container: self.in_container }
    }

    pub const fn pace(&self, stage: Stage) -> &Pace {
        match stage {
            Stage::Development => &self.development,
            Stage::Production => &self.production,
        }
    }
}
