//! How what is only compared is kept: keys, links, sessions, codes, and accounts that somebody tried.

use sha2::{Digest, Sha256};

/// The SHA-256 of a text in hexadecimal digits.
pub(crate) fn sha256(text: &str) -> String {
    kernel::hex(Sha256::digest(text))
}
