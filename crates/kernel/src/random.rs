//! Randomness as a parameter: the binary hands in the operating system's, a test hands in a seed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A source of unpredictable bytes. Only `server` implements it over the operating system.
pub trait Rng: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// An unguessable token of `N` random bytes as unpadded base64url (RFC 4648, section 5).
pub fn token<const N: usize>(rng: &dyn Rng) -> String {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
