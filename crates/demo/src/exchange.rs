//! One call as it went over the wire, fit to be shown to whoever learns from it: secrets masked, long bodies cut.

use axum::http::HeaderMap;
use kernel::Timestamp;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::{Url, form_urlencoded};

/// Characters of a body that are kept.
const BODY_CHARS_MAX: usize = 4_000;
/// Characters of a secret that are kept, so that two can be told apart.
const SECRET_CHARS: usize = 6;
/// Headers that teach something; the rest is between the two HTTP libraries.
const TELLING: [&str; 7] = [
    "authorization",
    "x-api-key",
    "content-type",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-request-id",
];
/// What nobody may read off a screen, wherever it stands in a body or in a query.
const SECRET: [&str; 5] = ["private_key", "token", "authOTP", "authorization", "x-api-key"];

/// A request and what came back.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When the request was sent, or came in.
    pub at: Timestamp,
    pub took: Duration,
    pub request: Message,
    pub response: Message,
}

/// One half of an exchange, with nothing secret in it.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// `POST /trigger`, `200 OK`, or why nothing came.
    pub head: String,
    pub headers: Vec<(String, String)>,
    /// Indented when it was JSON.
    pub body: String,
}

impl Message {
    pub fn new(head: impl Into<String>) -> Self {
        Self { head: head.into(), ..Self::default() }
    }

    /// Adds the headers that teach something.
    #[must_use]
    pub fn with_headers(mut self, headers: &HeaderMap) -> Self {
        for name in TELLING {
            for value in headers.get_all(name) {
                let value = String::from_utf8_lossy(value.as_bytes());
                let shown = if SECRET.contains(&name) { masked_header(&value) } else { value.into_owned() };
                self.headers.push((name.to_owned(), shown));
            }
        }
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub fn with_body(mut self, body: &[u8]) -> Self {
        let text = match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                mask(&mut value);
                serde_json::to_string_pretty(&value).unwrap_or_default()
            }
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        self.body = match text.char_indices().nth(BODY_CHARS_MAX) {
            Some((end, _)) => format!("{}\n… ({} bytes in all)", &text[..end], body.len()),
            None => text,
        };
        self
    }
}

/// The exchanges of one [`Client`](crate::client::Client) that was asked to keep them.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<Exchange>>>);

impl Tape {
    pub(crate) fn keep(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    /// The last exchange since the one before was taken.
    pub fn take(&self) -> Option<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).pop()
    }
}

/// `Bearer eyJhbG***`.
fn masked_header(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, secret)) => format!("{scheme} {}", masked(secret)),
        None => masked(value),
    }
}

fn masked(secret: &str) -> String {
    let kept = if secret.len() > 3 * SECRET_CHARS { SECRET_CHARS } else { 0 };
    format!("{}***", secret.chars().take(kept).collect::<String>())
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if SECRET.contains(&name.as_str()) => *text = masked(text),
                    other => mask(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(text) if text.starts_with("http") => {
            if let Ok(url) = Url::parse(text) {
                *text = masked_url(&url);
            }
        }
        _ => {}
    }
}

/// The address without what opens anything: a code in the query, a token at the end of the path.
pub fn masked_url(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), masked_path(url))
}

/// Path and query, with the same parts masked.
pub fn masked_path(url: &Url) -> String {
    let (parents, last) = url.path().rsplit_once('/').unwrap_or_default();
    // Tokens of links are longer than the ids and words that paths consist of, and no UUIDs.
    let token = last.len() > 24 && !is_uuid(last);
    let mut shown = format!("{parents}/{}", if token { masked(last) } else { last.to_owned() });
    for (index, (name, value)) in url.query_pairs().enumerate() {
        let value = match Url::parse(&value) {
            Ok(inner) if inner.has_host() => masked_url(&inner),
            _ if SECRET.contains(&name.as_ref()) => masked(&value),
            _ => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        };
        shown.push_str(&format!("{}{name}={value}", if index == 0 { '?' } else { '&' }));
    }
    shown
}

/// Whether this has the form of RFC 9562, section 4. A token of the base64 alphabet may have hyphens, too.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().chars().all(|digit| digit.is_ascii_hexdigit())
}
