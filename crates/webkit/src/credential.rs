//! The credential forms of the domain (2.1, decision D15): the first one present decides.

use http::{HeaderMap, header, request::Parts};
use kernel::Secret;
use model::caller::{Form, Presented};
use percent_encoding::percent_decode_str;

/// What the head of a request holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Presented(Presented),
    /// HTTP Basic: another client's dialect on telemetry paths (decision D2), 401 elsewhere.
    Basic,
    /// `Authorization` with a scheme that we do not take, or that is not readable.
    OtherScheme,
    /// Neither header nor query: the body may still hold one.
    Nothing,
}

/// Looks at `Authorization`, `x-api-key`, `KEY` and the query, in this order.
pub fn find(parts: &Parts) -> Found {
    if let Some(found) = authorization(&parts.headers) {
        return found;
    }
    for (name, form) in [("x-api-key", Form::ApiKeyHeader), ("key", Form::KeyHeader)] {
        if let Some(value) = parts.headers.get(name) {
            // An unreadable header is present and proves nothing: an empty credential is refused later.
            return presented(form, value.to_str().unwrap_or_default());
        }
    }
    match parts.uri.query().and_then(query_key) {
        Some(key) => presented(Form::Query, &key),
        None => Found::Nothing,
    }
}

/// `api_key` of a JSON body: of the object, or of the first object of an array that has one.
pub fn in_body(body: &[u8]) -> Option<Presented> {
    let of = |item: &serde_json::Value| item.get("api_key").filter(|key| !key.is_null()).cloned();
    let key = match serde_json::from_slice(body).ok()? {
        // One item that is no object spoils nothing: the others are judged item by item (decision D17).
        serde_json::Value::Array(items) => items.iter().find_map(of),
        one => of(&one),
    }?;
    // Present but no text: it proves nothing, and nothing else is looked for.
    let credential = key.as_str().unwrap_or_default().to_owned();
    Some(Presented { form: Form::Body, credential: Secret::new(credential) })
}

fn authorization(headers: &HeaderMap) -> Option<Found> {
    let value = headers.get(header::AUTHORIZATION)?;
    let Ok(value) = value.to_str() else { return Some(Found::OtherScheme) };
    let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
    let credential = credential.trim();
    Some(match scheme.to_ascii_lowercase().as_str() {
        "bearer" => presented(Form::Bearer, credential),
        "token" => presented(Form::TokenScheme, credential),
        "basic" => Found::Basic,
        _ => Found::OtherScheme,
    })
}

fn presented(form: Form, credential: &str) -> Found {
    Found::Presented(Presented { form, credential: Secret::new(credential.trim().to_owned()) })
}

/// The first `api_key` of a query. `+` stays a plus: keys are base64, and callers forget to escape it.
fn query_key(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name == "api_key").then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}
