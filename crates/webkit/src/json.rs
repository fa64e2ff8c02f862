//! Requests in JSON: the media type, and what a legal text is.

use crate::answer::Refusal;
use http::{HeaderMap, StatusCode, header};

/// Refuses with 415 what does not call itself JSON.
pub fn media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    if let Some(coding) = headers.get(header::CONTENT_ENCODING)
        && coding != "identity"
    {
        return Err(unsupported("content codings are not supported: send the body as it is"));
    }
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(unsupported("the body must be sent with Content-Type: application/json"))
}

fn unsupported(message: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
}

/// Refuses with 400, by line and column, what is not JSON that every consumer behind the edge can read.
pub fn check(body: &[u8]) -> Result<(), Refusal> {
    match model::telemetry::json::check(body) {
        Ok(_) => Ok(()),
        Err(fault) => Err(Refusal::invalid(format!("the body is not legal JSON: {fault}"))),
    }
}
