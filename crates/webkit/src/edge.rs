//! The outermost layer of every answer, pages included: a request id, the client's address, a line in the
//! access log, a JSON 500 in place of a panic, and a note of what was refused.

use crate::{
    address::{ClientAddress, Proxies},
    answer::{Family, Refusal},
    refused::{RefusedLog, Seen, Told},
};
use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Clock, RequestId, Rng};
use std::{any::Any, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc};

/// Answers carry their id under this name; a request may bring one along if it is a UUID.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the layer needs from outside.
#[derive(Clone)]
pub struct Edge {
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub proxies: Proxies,
    /// Whether people reach us by https: then their browsers shall never try without.
    pub https: bool,
    /// Where refused requests are kept.
    pub refused: Arc<dyn RefusedLog>,
}

/// For everything that has no policy of its own: JSON shows nothing and stands in nobody's frame.
const NOTHING_LOADS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// A year, which is what browsers' preload lists ask for at least (RFC 6797, section 6.1.1).
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The id of the request whose extensions these are. Outside of the layer it is the nil id.
pub fn request_id(extensions: &Extensions) -> RequestId {
    extensions.get().copied().unwrap_or(RequestId::NIL)
}

/// For `axum::middleware::from_fn_with_state`, on the router of the whole server.
pub async fn layer(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let (started, at) = (edge.clock.monotonic(), edge.clock.now());
    let id = incoming(request.headers()).unwrap_or_else(|| RequestId::ordered(at, &*edge.rng));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let client = ClientAddress(peer.map(|peer| edge.proxies.client(peer, request.headers())));
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(client);
    let (method, path) = (request.method().clone(), loggable(&request));
    let routed = request.extensions().get::<MatchedPath>().is_some();

    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| panicked(&*panic, id));
    complete(response.headers_mut(), id, edge.https);

    let elapsed = edge.clock.monotonic().since(started);
    let millis = elapsed.as_secs_f64() * 1_000.0;
    tracing::info!(
        target: "access",
        {
            http.method = %method,
            http.path = %path,
            http.status = response.status().as_u16(),
            http.millis = (millis * 100.0).round() / 100.0,
            request.id = %id,
        },
        "request answered"
    );
    // Addresses that nobody serves are what scanners ask for.
    let told = response.extensions_mut().remove::<Told>().or_else(|| Told::of_fault(response.status()));
    if let Some(told) = told.filter(|_| routed) {
        let seen = Seen { request: id, at, method: method.to_string(), path, elapsed };
        edge.refused.keep(told.with(seen, response.status().as_u16()));
    }
    response
}

fn incoming(headers: &HeaderMap) -> Option<RequestId> {
    headers.get(REQUEST_ID)?.to_str().ok()?.parse().ok()
}

fn complete(headers: &mut HeaderMap, id: RequestId, https: bool) {
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING_LOADS);
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
}

/// The path without its secrets: never the query, and of a path only what its route does not call a token.
fn loggable(request: &Request) -> String {
    let path = request.uri().path();
    match request.extensions().get::<MatchedPath>() {
        Some(route) => masked(route.as_str(), path),
        // Nobody's route: it may be a mangled link with a token in it.
        None => first_segment(path),
    }
}

fn first_segment(path: &str) -> String {
    let first: String = path.split('/').nth(1).unwrap_or_default().chars().take(64).collect();
    let more = path.trim_matches('/').contains('/');
    format!("/{first}{}", if more { "/…" } else { "" })
}

fn masked(route: &str, path: &str) -> String {
    let secret = |segment: &str| segment.starts_with('{') && segment.contains("token");
    let shown: Vec<&str> = route
        .split('/')
        .zip(path.split('/'))
        .map(|(template, segment)| if secret(template) { template } else { segment })
        .collect();
    shown.join("/")
}

fn panicked(panic: &(dyn Any + Send), id: RequestId) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned());
    tracing::error!(request.id = %id, panic = %message, "a request handler panicked");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "something went wrong on our side")
        .into_response(Family::Telemetry, id)
}
