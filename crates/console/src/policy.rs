//! What a browser may do with our pages: the content-security policies and their companions.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

const OPERATOR: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// No form leaves a hosted page, and nothing is loaded from elsewhere: a foreign server would learn who signs up.
const HOSTED: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
);
/// An asset is nobody's page.
const ASSET: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For the console. The referrer stays on our own origin: a form's sender is known, and no link outside learns a path.
pub(crate) async fn operator(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut(), OPERATOR, HeaderValue::from_static("same-origin"));
    response
}

/// For hosted pages: their address holds a token, so nobody gets it as a referrer.
pub(crate) async fn hosted(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set(response.headers_mut(), HOSTED, HeaderValue::from_static("no-referrer"));
    response
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
