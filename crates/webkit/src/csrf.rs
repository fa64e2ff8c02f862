//! Forms are taken from our own pages alone: by a token that is bound to the cookie, and by what the browser says
//! about the sender.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, header};
use kernel::{Rng, Secret};
use sha2::{Digest, Sha256};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const PROOF_BYTES: usize = 32;

/// A token that belongs to a cookie. It cannot be computed without the cookie's value, nor the value from it.
///
/// Each is another one: the proof under a fresh mask, and the mask before it. Pages are compressed, and what stays the
/// same in them while a stranger chooses other parts could be told by their length (BREACH, 2013).
pub fn token(cookie: &Secret<String>, rng: &dyn Rng) -> String {
    let mut bytes = [0; 2 * PROOF_BYTES];
    let (mask, masked) = bytes.split_at_mut(PROOF_BYTES);
    rng.fill(mask);
    for ((masked, mask), proof) in masked.iter_mut().zip(mask).zip(proof(cookie)) {
        *masked = *mask ^ proof;
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a form carries a token of this cookie. Takes the same time wherever they differ.
pub fn matches(cookie: &Secret<String>, sent: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(sent) else { return false };
    if bytes.len() != 2 * PROOF_BYTES {
        return false;
    }
    let (mask, masked) = bytes.split_at(PROOF_BYTES);
    let sent: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
    // Hashed once more, so that a comparison that stops early tells nothing.
    Sha256::digest(proof(cookie)) == Sha256::digest(sent)
}

fn proof(cookie: &Secret<String>) -> [u8; PROOF_BYTES] {
    let mut hash = Sha256::new();
    hash.update(b"thrivestack form token\0");
    hash.update(cookie.expose());
    hash.finalize().into()
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
