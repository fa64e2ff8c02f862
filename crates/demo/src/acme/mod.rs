//! Acme Notes, the product of somebody who builds on thrivestack.
//!
//! ```text
//! /            what it is, and a sign-up form → POST /trigger, then the browser goes to redirect_url
//! /sign-in     somebody known                 → the same call, which is a login then
//! /thrivestack/webhook   a new tenant         → a workspace, then POST /api/workflow
//! /onboarding  the browser comes back         → GET /v1/ValidateAuthOTP, a few questions, on to returnUrl
//! /home, /notes          the workspace
//! /thrivestack/steps     what happened for one address, for `demo --check`
//! ```
//!
//! Beside the product stands a tour ([`tour`]): each call of this visitor's own sign-up, as it went over the wire.
//! The pages need no script. Everything lives in memory, bounded, and ends with the process. Acme has no passwords:
//! it is a sample, and says so.

mod caller;
mod guard;
mod ledger;
mod news;
mod note;
mod notebook;
mod outage;
mod page;
mod signup;
mod starter;
mod step;
mod tour;
mod visit;
mod webhook;

use crate::{
    client::Client,
    exchange::Exchange,
    signature::{SignatureFault, Verifier},
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use kernel::{Clock, Rng, Timestamp};
use ledger::Ledger;
use news::News;
use std::{collections::HashMap, io, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use url::Url;

pub use outage::Outage;
pub use step::{Kind, Step};

/// The largest request Acme reads, in bytes; a tenant webhook has a few kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Acme Notes with an address, not yet with credentials: thrivestack must be told the webhook's URL before
/// it can hand out the webhook's secret.
pub struct Bound {
    listener: TcpListener,
    url: Url,
}

/// Binds Acme Notes; port 0 picks a free one. `url_of` tells under which address others reach a listener: one that
/// listens on every address of the machine is reached at none of that name.
pub async fn bind(listen: SocketAddr, url_of: impl FnOnce(SocketAddr) -> Url) -> io::Result<Bound> {
    let listener = TcpListener::bind(listen).await?;
    let url = url_of(listener.local_addr()?);
    Ok(Bound { listener, url })
}

impl Bound {
    /// The page where people sign up.
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    pub fn webhook_url(&self) -> Url {
        self.at("/thrivestack/webhook")
    }

    pub fn onboarding_url(&self) -> Url {
        self.at("/onboarding")
    }

    pub fn success_url(&self) -> Url {
        self.at("/home")
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    /// Serves until `shutdown` resolves.
    pub async fn serve(
        self,
        acme: Acme,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        axum::serve(self.listener, acme.router()).with_graceful_shutdown(shutdown).await
    }
}

/// The ids by which Acme knows somebody who came by a run, by their address.
pub type Known = HashMap<String, Ids>;

#[derive(Debug, Clone)]
pub struct Ids {
    pub user_id: String,
    pub workspace_id: String,
    /// When the workspace was acknowledged: there is no life in it before.
    pub since: Timestamp,
}

/// The product: a handle that clones cheaply.
#[derive(Clone)]
pub struct Acme {
    client: Client,
    verifier: Arc<Verifier>,
    ledger: Arc<Ledger>,
    news: News,
    outage: Outage,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Acme {
    pub fn new(client: Client, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, SignatureFault> {
        let verifier = Arc::new(Verifier::new(&client.connection().webhook_secret)?);
        Ok(Self {
            client,
            verifier,
            ledger: Arc::default(),
            news: News::default(),
            outage: Outage::default(),
            clock,
            rng,
        })
    }

    /// The switch by which a story takes the backend down.
    pub fn outage(&self) -> Outage {
        self.outage.clone()
    }

    /// How Acme speaks to thrivestack.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The ids of somebody whose workspace is there and acknowledged.
    pub fn ids(&self, email: &str) -> Option<Ids> {
        let user_id = self.ledger.person(email)?.user_id;
        let workspace_id = self.ledger.workspace_of(email)?.id;
        Some(Ids { user_id, workspace_id, since: self.ledger.first(email, Kind::Ack)? })
    }

    /// Whether the workspace of this person was acknowledged.
    pub fn acknowledged(&self, email: &str) -> bool {
        self.ledger.first(email, Kind::Ack).is_some()
    }

    /// The whole product as a service, for [`Bound::serve`] and for tests.
    pub fn router(self) -> Router {
        let policy = guard::Policy::new(&self.client.connection().api);
        let pages = Router::new()
            .route("/", get(signup::landing).post(signup::submit))
            .route("/sign-in", get(signup::sign_in_form).post(signup::sign_in))
            .route("/sign-out", post(signup::sign_out))
            .route("/onboarding", get(visit::onboarding).post(visit::onboarded))
            .route("/home", get(note::home))
            .route("/notes", post(note::add))
            .route("/notes/new", get(note::blank))
            .route("/notes/{id}", get(note::open).post(note::change))
            .route("/notes/{id}/delete", post(note::bin))
            .route("/notes/{id}/restore", post(note::restore))
            .route("/tour", post(tour::fold))
            .fallback(absent)
            .method_not_allowed_fallback(absent)
            .layer(middleware::from_fn_with_state(policy, guard::pages));
        Router::new()
            .route("/thrivestack/webhook", post(webhook::receive))
            .route("/thrivestack/steps", get(visit::steps))
            .route("/style.css", get(style))
            .route("/icon.svg", get(icon))
            // Some browsers ask for it whatever the page says.
            .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
            .merge(pages)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self)
    }

    /// Notes what happened for one person, so that the tour and `--check` can tell.
    fn note(&self, email: &str, kind: Kind, detail: Result<String, String>, exchange: Option<Exchange>) {
        let at = exchange.as_ref().map_or_else(|| self.clock.now(), |exchange| exchange.at);
        let (good, detail) = match detail {
            Ok(detail) => (true, detail),
            Err(detail) => (false, detail),
        };
        self.ledger.note(Step { at, email: email.to_owned(), kind, good, detail, exchange });
    }
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "no-cache")], include_str!("style.css"))
}

async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg"))
}

async fn absent(caller: caller::Caller) -> axum::response::Response {
    let text = "This page does not exist, or does not any more. Nothing of yours is lost.";
    page::message(caller, StatusCode::NOT_FOUND, "There is nothing here", text)
}
