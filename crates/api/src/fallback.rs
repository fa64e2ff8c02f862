//! What is refused before a route of ours is reached, in the telemetry shape (decision D20).

use axum::{
    body::to_bytes,
    extract::{OriginalUri, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use webkit::{Family, Refusal, Unserved, request_id};

/// An extractor's own words are short; more than this is not from one.
const TEXT_BYTES_MAX: usize = 4 * 1_024;

/// 404 for paths that nobody serves.
pub(crate) async fn unknown_path(OriginalUri(uri): OriginalUri, request: Request) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let mut response = Refusal::absent(format!("there is nothing at {path}"))
        .into_response(Family::Telemetry, request_id(request.extensions()));
    response.extensions_mut().insert(Unserved);
    response
}

/// Gives refusals of the framework (405, what an extractor refuses) the shape of ours, headers kept. Pages pass: they
/// are for people.
pub async fn json_only(request: Request, next: Next) -> Response {
    let id = request_id(request.extensions());
    let response = next.run(request).await;
    if response.status().as_u16() < 400 || is_ours(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let text = to_bytes(body, TEXT_BYTES_MAX).await.unwrap_or_default();
    let refusal = refusal(head.status, &String::from_utf8_lossy(&text));
    let (ours, body) = refusal.into_response(Family::Telemetry, id).into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(ours.headers);
    head.extensions.extend(ours.extensions);
    Response::from_parts(head, body)
}

fn is_ours(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(header::CONTENT_TYPE) else { return false };
    [&b"application/json"[..], b"text/html"].iter().any(|ours| media_type.as_bytes().starts_with(ours))
}

fn refusal(status: StatusCode, text: &str) -> Refusal {
    let (code, default) = match status {
        StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "this path does not take this method"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("UNSUPPORTED_MEDIA_TYPE", "this path takes application/json"),
        StatusCode::NOT_FOUND => ("NOT_FOUND", "there is nothing here"),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("UNAVAILABLE", "the service cannot do this now; try again shortly")
        }
        status if status.is_server_error() => ("INTERNAL_ERROR", "something went wrong on our side"),
        _ => ("INVALID_REQUEST", "the request cannot be understood"),
    };
    Refusal::new(status, code, if text.is_empty() { default } else { text })
}
