//! Cross-origin answers for telemetry paths alone: a project key lives in browsers, every other credential
//! does not (decision D15).

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// How long a browser may remember a preflight's answer: the longest that any browser honours, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// For `axum::middleware::from_fn`, on the router of telemetry. Answers preflights and lets any origin read
/// answers; there are no cookies on these paths, so no origin gains anything by it.
pub async fn layer(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if preflight {
        allow(headers);
    } else {
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id, retry-after, link"),
        );
    }
    response
}

fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, x-api-key, key, authorization"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
}
