//! Forms are taken from our own pages alone: by a token that is bound to the cookie, and by what the browser says
//! about the sender.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, header};
use kernel::Secret;
use sha2::{Digest, Sha256};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token that belongs to a cookie. It cannot be computed without the cookie's value, nor the value from it.
pub fn token(cookie: &Secret<String>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"thrivestack form token\0");
    hash.update(cookie.expose());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether a form carries the token of this cookie. Takes the same time wherever they differ.
pub fn matches(cookie: &Secret<String>, sent: &str) -> bool {
    // Hashed once more, so that a comparison that stops early tells nothing.
    Sha256::digest(token(cookie)) == Sha256::digest(sent)
}

/// Whether the browser says that a page of ours sent this. `Sec-Fetch-Site` decides where it is sent; older browsers
/// and plain http send `Origin` alone; what sends neither is no browser and has the token to show.
pub fn from_our_page(headers: &HeaderMap, own_authority: &str) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let sender = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    sender.is_some_and(|sender| Some(sender) == host || sender == own_authority)
}
