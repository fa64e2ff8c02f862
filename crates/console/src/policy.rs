//! What a browser may do with our pages: the content-security policies and their companions.

use crate::ConsoleState;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::token;

tokio::task_local! {
    static NONCE: String;
}

/// What a script or a style of the page that is being drawn has to carry to be loaded (CSP level 3, section 2.3.2).
/// Empty outside of a request.
pub(crate) fn nonce() -> String {
    NONCE.try_with(Clone::clone).unwrap_or_default()
}

/// A mail's HTML in its frame: styled by itself, as mails are, with the pictures that it brings, and cut off from
/// everything else.
const MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'self'; sandbox",
);
/// An asset is nobody's page: opened as one it may do nothing, whatever its bytes are taken for.
const ASSET: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// Marks an answer that is shown in a frame of one of our own pages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framed {
    /// A mail, which brings its own style.
    Mail,
    /// A page of ours, under the policy of all pages but for the frame.
    Page,
}

/// For the console. The referrer stays on our own origin: a form's sender is known, and no link outside learns a path.
pub(crate) async fn operator(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    page(&state, next.run(request)).await
}

/// One page under the policy of the console.
pub(crate) async fn page(state: &ConsoleState, answer: impl Future<Output = Response>) -> Response {
    drawn(state, "'self'", "same-origin", answer).await
}

/// For hosted pages: no form leaves them. Their address holds a token, so nobody gets it as a referrer.
pub(crate) async fn hosted(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    drawn(&state, "'none'", "no-referrer", next.run(request)).await
}

/// The answer under the policy whose nonce its page carries; `forms` is where its forms may lead. Nothing is loaded
/// from elsewhere: a foreign server would learn who is there.
async fn drawn(
    state: &ConsoleState,
    forms: &str,
    referrer: &'static str,
    answer: impl Future<Output = Response>,
) -> Response {
    let nonce = token::<16>(state.app.rng.as_ref());
    let mut response = NONCE.scope(nonce.clone(), answer).await;
    let framed = response.extensions().get::<Framed>().copied();
    let (referrer, frames, ancestors, pictures) = match framed {
        // A picture that is not saved comes with its page.
        Some(_) => ("no-referrer", "SAMEORIGIN", "'self'", "'self' data:"),
        None => (referrer, "DENY", "'none'", "'self'"),
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; font-src 'self'; img-src {pictures}; \
         connect-src 'self'; frame-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors {ancestors}"
    );
    let policy = match framed {
        Some(Framed::Mail) => MAIL,
        // Of our own letters, so it is a legal value; without a policy a page would be open.
        Some(Framed::Page) | None => HeaderValue::try_from(policy).unwrap_or(ASSET),
    };
    set(response.headers_mut(), policy, referrer, frames);
    response
}

pub(crate) async fn asset(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut(), ASSET, "no-referrer", "DENY");
    response
}

fn set(headers: &mut HeaderMap, policy: HeaderValue, referrer: &'static str, frames: &'static str) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(frames));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
