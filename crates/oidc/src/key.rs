//! RSA keys of 2,048 bits or more, parsed once and kept parsed: parsing costs ten times a verification.

use crate::{der, jwk::Jwk, pem};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use std::fmt;

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No readable key of 2,048 to 8,192 bits.
    #[error("not a readable RSA key of 2048 to 8192 bits")]
    Unreadable,
    /// The library refused to make or to use a key. It does not say why.
    #[error("the cryptography library refused the operation")]
    Refused,
}

/// A private key that signs RS256.
pub struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
}

impl PrivateKey {
    /// A new key of 2,048 bits with exponent 65537. Takes 20 to 300 ms of one core: never call it where
    /// others wait. The randomness is the cryptography library's own, which cannot be handed in.
    pub fn generate() -> Result<Self, KeyFault> {
        Self::of(KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyFault::Refused)?)
    }

    /// Reads PKCS#1 or PKCS#8 in PEM, with LF, CRLF or literal `\n` between the lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyFault> {
        let pair = match pem::read(text) {
            Some((pem::Label::Rsa, der)) => KeyPair::from_der(&der),
            Some((pem::Label::Any, der)) => KeyPair::from_pkcs8(&der),
            None => return Err(KeyFault::Unreadable),
        };
        Self::of(pair.map_err(|_| KeyFault::Unreadable)?)
    }

    /// Reads PKCS#8 in DER, as [`Self::to_pkcs8`] writes it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyFault> {
        Self::of(KeyPair::from_pkcs8(der).map_err(|_| KeyFault::Unreadable)?)
    }

    fn of(pair: KeyPair) -> Result<Self, KeyFault> {
        let public = PublicKey::from_der(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// PKCS#8 in DER: the form in which we store our own keys, sealed.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyFault> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| KeyFault::Refused)?;
        Ok(der.as_ref().to_vec())
    }

    /// PKCS#1 in PEM (`BEGIN RSA PRIVATE KEY`): the form that builders are given.
    pub fn to_pem(&self) -> Result<String, KeyFault> {
        let info = self.to_pkcs8()?;
        let pkcs1 = der::pkcs1_of_pkcs8(&info).map_err(|_| KeyFault::Refused)?;
        Ok(pem::write(pem::Label::Rsa, pkcs1))
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The RSASSA-PKCS1-v1_5 signature with SHA-256: 256 bytes for a key of 2,048 bits, about 0.3 ms.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyFault::Refused)?;
        Ok(signature)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.thumbprint())
    }
}

/// A public key that verifies RS256.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    der: Vec<u8>,
    jwk: Jwk,
}

impl PublicKey {
    /// Reads an `RSAPublicKey` (PKCS#1) in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyFault> {
        let (modulus, exponent) = der::public_numbers(der).map_err(|_| KeyFault::Unreadable)?;
        let jwk = Jwk::rs256(modulus, exponent);
        let parsed =
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(|_| KeyFault::Unreadable)?;
        Ok(Self { parsed, der: der.to_vec(), jwk })
    }

    /// The `RSAPublicKey` in DER, as [`Self::from_der`] reads it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The RFC 7638 thumbprint: 43 characters of base64url.
    pub fn thumbprint(&self) -> &str {
        &self.jwk.kid
    }

    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Whether the signature over `message` was made with the private half. About 20 µs.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_both_text_forms_and_still_signs() {
        let key = PrivateKey::generate().unwrap();
        let handed_out = key.to_pem().unwrap();
        assert!(handed_out.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        let pkcs8 = pem::write(pem::Label::Any, &key.to_pkcs8().unwrap());
        for text in [handed_out.clone(), handed_out.replace('\n', "\\n"), pkcs8.replace('\n', "\r\n")] {
            let read = PrivateKey::from_pem(&text).unwrap();
            assert_eq!(read.public().thumbprint(), key.public().thumbprint());
            assert!(key.public().verifies(b"nonce", &read.sign(b"nonce").unwrap()));
            assert!(!key.public().verifies(b"nonsense", &read.sign(b"nonce").unwrap()));
        }
    }

    #[test]
    fn a_damaged_key_is_unreadable() {
        let text = PrivateKey::generate().unwrap().to_pem().unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.remove(7);
        assert_eq!(PrivateKey::from_pem(&lines.join("\n")).unwrap_err(), KeyFault::Unreadable);
        assert_eq!(PrivateKey::from_pem("").unwrap_err(), KeyFault::Unreadable);
    }

    #[test]
    fn a_key_with_a_foreign_private_exponent_is_unreadable() {
        let (mine, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let (mut der, donor) = (mine.to_pkcs8().unwrap(), other.to_pkcs8().unwrap());
        // The modulus stays; half of what follows it comes from another key.
        let end = der.len();
        der[end - 400..].copy_from_slice(&donor[donor.len() - 400..]);
        assert_eq!(PrivateKey::from_pkcs8(&der).unwrap_err(), KeyFault::Unreadable);
    }

    #[test]
    fn debug_shows_no_private_part() {
        let key = PrivateKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("PrivateKey({})", key.public().thumbprint()));
    }
}
