//! Secrets that must be read again, encrypted under the master key with AES-256-GCM-SIV (RFC 8452).
//!
//! A sealed value names its master key and is bound to its table and row, so a value that is copied to another
//! row does not open there. The algorithm stays safe when a nonce repeats, which a database that is restored from
//! a copy can bring about.
//!
//! Layout: version (1 byte) | key id (8) | nonce (12) | ciphertext and tag (16 more than the plain text).

use aes_gcm_siv::{
    Aes256GcmSiv, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use kernel::{Category, Rng, Secret, hex};
use sha2::{Digest, Sha256};
use std::fmt;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const CANARY_PLACE: Place<'static> = Place { table: "master_key", row: "canary" };
const CANARY_TEXT: &[u8] = b"this installation's master key opens this";

/// Where a sealed value lives: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    pub table: &'static str,
    pub row: &'a str,
}

/// Why a sealed value did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    #[error("sealed under the master key {sealed_under}, but this process holds {held}")]
    OtherKey { sealed_under: String, held: String },
    #[error("the sealed value of {table} is damaged or stood in another row")]
    Damaged { table: &'static str },
    #[error("a secret of {table} could not be sealed")]
    Refused { table: &'static str },
}

impl SealFault {
    pub const fn category(&self) -> Category {
        Category::Fault
    }
}

/// Holds the master key for as long as the process lives.
pub struct Sealer {
    cipher: Aes256GcmSiv,
    key_id: [u8; KEY_ID_BYTES],
}

impl Sealer {
    pub fn new(master_key: &Secret<[u8; 32]>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"thrivestack master key id");
        hash.update(master_key.expose());
        let digest = hash.finalize();
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self { cipher: Aes256GcmSiv::new(master_key.expose().into()), key_id }
    }

    /// Names the master key without telling it: 16 hexadecimal digits.
    pub fn key_id(&self) -> String {
        hex(self.key_id)
    }

    /// Seals `plain` for its place. Outside of a command: a command may run twice.
    pub fn seal(&self, rng: &dyn Rng, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealFault> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: &associated(place) };
        let sealed = self
            .cipher
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_| SealFault::Refused { table: place.table })?;
        Ok([&[VERSION][..], &self.key_id, &nonce, &sealed].concat())
    }

    /// Opens what [`Self::seal`] sealed for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealFault> {
        let damaged = || SealFault::Damaged { table: place.table };
        let [VERSION, rest @ ..] = sealed else { return Err(damaged()) };
        let (key_id, rest) = rest.split_at_checked(KEY_ID_BYTES).ok_or_else(damaged)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        if key_id != self.key_id {
            return Err(SealFault::OtherKey { sealed_under: hex(key_id), held: self.key_id() });
        }
        let payload = Payload { msg: ciphertext, aad: &associated(place) };
        self.cipher.decrypt(Nonce::from_slice(nonce), payload).map(Secret::new).map_err(|_| damaged())
    }

    /// A known text under this master key, to be stored with [`crate::platform::plant_canary`].
    pub fn canary(&self, rng: &dyn Rng) -> Result<Vec<u8>, SealFault> {
        self.seal(rng, CANARY_PLACE, CANARY_TEXT)
    }

    /// Whether this master key is the one that the canary was made with.
    pub fn check_canary(&self, canary: &[u8]) -> Result<(), SealFault> {
        match self.open(CANARY_PLACE, canary)?.expose().as_slice() {
            CANARY_TEXT => Ok(()),
            _ => Err(SealFault::Damaged { table: CANARY_PLACE.table }),
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.key_id())
    }
}

/// Table and row, unambiguous because no table's name holds U+0000.
fn associated(place: Place<'_>) -> Vec<u8> {
    [&[VERSION][..], place.table.as_bytes(), &[0], place.row.as_bytes()].concat()
}
