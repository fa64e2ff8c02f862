//! What a browser may do with our pages: the content-security policies and their companions.

use crate::ConsoleState;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::token;

/// Where a page's forms may lead: no form leaves a hosted page.
const OPERATOR: &str = "form-action 'self'";
const HOSTED: &str = "form-action 'none'";

tokio::task_local! {
    static NONCE: String;
}

/// What a script or a style of the page that is being drawn has to carry to be loaded (CSP level 3, section 2.3.2).
/// Empty outside of a request.
pub(crate) fn nonce() -> String {
    NONCE.try_with(Clone::clone).unwrap_or_default()
}

/// A mail's HTML in its frame: styled by itself, as mails are, and cut off from everything else.
const FRAMED: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; \
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
    let (mut response, policy) = drawn(&state, OPERATOR, request, next).await;
    if let Some(framed) = response.extensions().get::<Framed>().copied() {
        let policy = match framed {
            Framed::Mail => FRAMED,
            Framed::Page => within_our_pages(&policy),
        };
        set(response.headers_mut(), policy, HeaderValue::from_static("no-referrer"));
        response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        return response;
    }
    set(response.headers_mut(), policy, HeaderValue::from_static("same-origin"));
    response
}

/// The same policy for a page that one of ours shows in a frame.
fn within_our_pages(policy: &HeaderValue) -> HeaderValue {
    // A picture that is not saved comes with its page.
    let policy = policy
        .to_str()
        .unwrap_or_default()
        .replace("frame-ancestors 'none'", "frame-ancestors 'self'")
        .replace("img-src 'self'", "img-src 'self' data:");
    HeaderValue::try_from(policy).unwrap_or(ASSET)
}

/// For hosted pages: their address holds a token, so nobody gets it as a referrer.
pub(crate) async fn hosted(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let (mut response, policy) = drawn(&state, HOSTED, request, next).await;
    set(response.headers_mut(), policy, HeaderValue::from_static("no-referrer"));
    response
}

/// The answer, and the policy whose nonce its page carries. Nothing is loaded from elsewhere: a foreign server would
/// learn who is there.
async fn drawn(state: &ConsoleState, forms: &str, request: Request, next: Next) -> (Response, HeaderValue) {
    let nonce = token::<16>(state.app.rng.as_ref());
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; font-src 'self'; img-src 'self'; \
         connect-src 'self'; frame-src 'self'; {forms}; base-uri 'none'; frame-ancestors 'none'"
    );
    let response = NONCE.scope(nonce, next.run(request)).await;
    // Of our own letters, so it is a legal value; without a policy a page would be open.
    (response, HeaderValue::try_from(policy).unwrap_or(ASSET))
}

pub(crate) async fn asset(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut(), ASSET, HeaderValue::from_static("no-referrer"));
    response
}

fn set(headers: &mut HeaderMap, policy: HeaderValue, referrer: HeaderValue) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, referrer);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
