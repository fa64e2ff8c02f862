//! Acme Notes, the product of somebody who builds on thrivestack.
//!
//! ```text
//! /            a sign-up form             → POST /trigger, then the browser goes to redirect_url
//! /thrivestack/webhook   a new tenant     → a workspace, then POST /api/workflow
//! /onboarding  the browser comes back     → GET /v1/ValidateAuthOTP, then on to returnUrl
//! /home        the workspace
//! /thrivestack/steps     what happened for one address, for `demo --check`
//! ```
//!
//! Everything lives in memory and ends with the process. Acme has no passwords: it is a sample, and says so.

mod ledger;
mod page;
mod signup;
mod visit;
mod webhook;

use crate::{client::Client, signature::SignatureFault, signature::Verifier};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use kernel::{Clock, Rng};
use ledger::Ledger;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use url::Url;

pub use ledger::Step;

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

/// The product: a handle that clones cheaply.
#[derive(Clone)]
pub struct Acme {
    client: Client,
    verifier: Arc<Verifier>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Acme {
    pub fn new(client: Client, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, SignatureFault> {
        let verifier = Arc::new(Verifier::new(&client.connection().webhook_secret)?);
        Ok(Self { client, verifier, ledger: Arc::default(), clock, rng })
    }

    fn router(self) -> Router {
        Router::new()
            .route("/", get(signup::form).post(signup::submit))
            .route("/thrivestack/webhook", post(webhook::receive))
            .route("/thrivestack/steps", get(visit::steps))
            .route("/onboarding", get(visit::onboarding).post(visit::onboarded))
            .route("/home", get(visit::home))
            .route("/style.css", get(style))
            // Every browser asks for it.
            .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
            .fallback(absent)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self)
    }

    /// Notes what happened for one person, so that the pages and `--check` can tell.
    fn note(&self, email: &str, step: &'static str, detail: impl Into<String>) {
        let step = Step { at: self.clock.now(), email: email.to_owned(), step, detail: detail.into() };
        self.ledger.note(step);
    }
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("style.css"))
}

async fn absent() -> Response {
    page::message(StatusCode::NOT_FOUND, "Nothing here", "This page of Acme Notes does not exist.")
}

fn html(markup: String) -> Html<String> {
    Html(markup)
}

const SESSION: &str = "acme_session";

/// The browser's session, if it sent one.
fn session(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(SESSION)?.strip_prefix('='))
}

fn session_cookie(token: &str) -> String {
    format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax")
}
