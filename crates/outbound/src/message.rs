//! One request and its answer, free of any client's types.

use crate::Policy;
use bytes::Bytes;
use std::time::Duration;
use url::Url;

/// How long an exchange may take, from looking up the name to the last byte.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(15);

/// How much of an answer's body is read by default.
pub const RESPONSE_BODY_BYTES_MAX: usize = 64 * 1024;

/// How much of an answer's headers is kept, names and values together.
pub const RESPONSE_HEADERS_BYTES_MAX: usize = 16 * 1024;

/// What to POST, where to, and within which limits. Nothing that we send has another method.
#[derive(Debug, Clone)]
pub struct Request {
    pub url: Url,
    /// Sent in this order beside `host`, `content-length`, `accept` and `user-agent`.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// For the whole exchange, body included.
    pub timeout: Duration,
    /// Reading stops here and [`Response::truncated`] says so.
    pub response_cap_bytes: usize,
    pub policy: Policy,
}

impl Request {
    /// A request with the default timeout and cap, without headers and body.
    pub fn post(url: Url, policy: Policy) -> Self {
        Self {
            url,
            headers: Vec::new(),
            body: Bytes::new(),
            timeout: TIMEOUT_DEFAULT,
            response_cap_bytes: RESPONSE_BODY_BYTES_MAX,
            policy,
        }
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A JSON body with its content type.
    #[must_use]
    pub fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json")
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    /// In the order received, at most [`RESPONSE_HEADERS_BYTES_MAX`]; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body as sent, at most the request's cap.
    pub body: Bytes,
    /// There was more body than the cap.
    pub truncated: bool,
}

impl Response {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
