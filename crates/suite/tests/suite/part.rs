//! One part of something that was sent or answered: of an address, of a request, of a page, of a token; and where the
//! parts of the repository are.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::path::{Path, PathBuf};
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

/// Where a page's link with these words leads, if it has one.
pub fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{words}<"))?;
    let (_, after) = before.rsplit_once("href=\"")?;
    Some(after.split('"').next().unwrap_or_default().replace("&#38;", "&"))
}

/// Where the next page of a list is, if there is one.
pub fn next_page(page: &str) -> Option<String> {
    link(page, "Next")
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Header and claims of a token, whose signature nobody looks at here.
pub fn opened(token: &str) -> (Value, Value) {
    let decoded = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let mut parts = token.split('.').map(decoded as fn(&str) -> Value);
    (parts.next().unwrap(), parts.next().unwrap())
}
