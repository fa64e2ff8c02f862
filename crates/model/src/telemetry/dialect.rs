//! Other clients' dialects on the paths that we share with them (decision D2): recognised by name, so that
//! whoever points such a client here learns why it is refused.

use super::{body::Body, object};

/// A dialect that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Segment,
    PostHog,
}

impl Dialect {
    /// The name in the answer `DIALECT_NOT_SUPPORTED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Segment => "Segment",
            Self::PostHog => "PostHog",
        }
    }
}

/// The dialect by what the body holds at its top (for an array: in its first item). Keys further down are the
/// sender's own business: `traits.token` says nothing.
pub fn of_body(body: &Body<'_>) -> Option<Dialect> {
    let first = body.first()?;
    if ["writeKey", "userId", "anonymousId", "messageId"].iter().any(|key| first.contains(key)) {
        return Some(Dialect::Segment);
    }
    let event = first.get("event").and_then(object::text);
    let dollar = event.is_some_and(|name| name.starts_with('$'));
    if dollar || first.contains("token") || first.contains("distinct_id") {
        return Some(Dialect::PostHog);
    }
    None
}

/// The dialect by bytes that are not JSON: PostHog's form `data=<base64>`.
pub fn of_bytes(bytes: &[u8]) -> Option<Dialect> {
    bytes.trim_ascii_start().starts_with(b"data=").then_some(Dialect::PostHog)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_dialects_apart() {
        let cases = [
            (r#"{"userId":"u","traits":{},"messageId":"m"}"#, Some(Dialect::Segment)),
            (r#"{"anonymousId":"a","event":"Signed Up"}"#, Some(Dialect::Segment)),
            (r#"{"writeKey":"w","event":"e"}"#, Some(Dialect::Segment)),
            (r#"{"token":"t","event":"e"}"#, Some(Dialect::PostHog)),
            (r#"{"api_key":"k","event":"$pageview","properties":{}}"#, Some(Dialect::PostHog)),
            (r#"[{"event":"e","distinct_id":"d"}]"#, Some(Dialect::PostHog)),
            (r#"{"user_id":"u","traits":{"userId":"x","token":"t"},"timestamp":"2024-01-01"}"#, None),
            (r#"{"api_key":"k","user_id":"u","event":"event name","properties":{"$set":{}}}"#, None),
            (r#"[{"user_id":"u","event_name":"signed_up","properties":{"distinct_id":"d"}}]"#, None),
            (r#"{"session_id":"s","properties":{"page_name":"Home"}}"#, None),
            ("[1]", None),
        ];
        for (text, dialect) in cases {
            assert_eq!(of_body(&Body::read(text.as_bytes()).unwrap()), dialect, "{text}");
        }
        assert_eq!(of_bytes(b"data=eyJ"), Some(Dialect::PostHog));
        assert_eq!(of_bytes(b"{\"data\":1}"), None);
    }
}
