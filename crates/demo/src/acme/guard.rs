//! What a browser may do with Acme's pages, and whose forms Acme takes.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

/// The content-security policy: no script at all, forms to Acme and, by redirect, on to thrivestack.
#[derive(Clone)]
pub(super) struct Policy(HeaderValue);

impl Policy {
    pub(super) fn new(api: &Url) -> Self {
        let text = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; \
             frame-ancestors 'none'",
            api.origin().ascii_serialization()
        );
        // An origin has no character that a header could not carry; without it, forms would go nowhere else.
        let safe = HeaderValue::from_static("default-src 'none'; style-src 'self'; form-action 'self'");
        Self(text.parse().unwrap_or(safe))
    }
}

pub(super) async fn pages(State(Policy(policy)): State<Policy>, request: Request, next: Next) -> Response {
    let foreign = request.method() == Method::POST && !from_here(request.headers());
    let mut response = match foreign {
        true => (StatusCode::FORBIDDEN, "this form was not sent from a page of Acme Notes").into_response(),
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The onboarding address holds a code: nobody else gets it as a referrer.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Browsers say where a form was sent from; whoever is no browser says nothing and has no cookie of anybody else.
fn from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    text(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(origin.1))
}
