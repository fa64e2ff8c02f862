//! One part of something that was sent or answered: of an address, of a request, of a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

/// The parameter of an address, if it has one of this name.
pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// A header that a request must have.
pub fn header<'r>(request: &'r outbound::Request, name: &str) -> &'r str {
    let found = request.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("{name} is missing: {request:?}"))
}

/// Header and claims of a token, whose signature nobody looks at here.
pub fn opened(token: &str) -> (Value, Value) {
    let decoded = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let mut parts = token.split('.').map(decoded as fn(&str) -> Value);
    (parts.next().unwrap(), parts.next().unwrap())
}
