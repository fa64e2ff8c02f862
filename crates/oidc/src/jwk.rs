//! JSON Web Keys (RFC 7517) of public RSA keys, and their thumbprints (RFC 7638).

use crate::key::{KeyFault, PublicKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A public RSA key for verifying RS256 signatures. `kid` is its thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    pub kty: String,
    #[serde(rename = "use")]
    pub purpose: String,
    pub alg: String,
    pub kid: String,
    /// The modulus, big-endian, base64url.
    pub n: String,
    /// The exponent, big-endian, base64url.
    pub e: String,
}

impl Jwk {
    pub(crate) fn rs256(modulus: &[u8], exponent: &[u8]) -> Self {
        let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
        Self {
            kty: "RSA".to_owned(),
            purpose: "sig".to_owned(),
            alg: "RS256".to_owned(),
            kid: thumbprint(&n, &e),
            n,
            e,
        }
    }

    /// The key itself, for someone who fetched the set. `kid` is not believed: it is computed again.
    pub fn to_key(&self) -> Result<PublicKey, KeyFault> {
        if self.kty != "RSA" {
            return Err(KeyFault::Unreadable);
        }
        let modulus = URL_SAFE_NO_PAD.decode(&self.n).map_err(|_| KeyFault::Unreadable)?;
        let exponent = URL_SAFE_NO_PAD.decode(&self.e).map_err(|_| KeyFault::Unreadable)?;
        PublicKey::from_der(&crate::der::rsa_public_key(&modulus, &exponent))
    }
}

/// The keys that one issuer publishes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JwkSet {
    pub keys: Vec<Jwk>,
}

/// SHA-256 over the required members in lexicographic order without whitespace (RFC 7638, section 3).
fn thumbprint(n: &str, e: &str) -> String {
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateKey;

    /// The example of RFC 7638, section 3.1.
    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        let n = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs",
            "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI",
            "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        );
        assert_eq!(thumbprint(n, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_published_key_verifies() {
        let key = PrivateKey::generate().unwrap();
        let text = serde_json::to_string(&JwkSet { keys: vec![key.public().jwk().clone()] }).unwrap();
        let set: JwkSet = serde_json::from_str(&text).unwrap();
        let public = set.keys[0].to_key().unwrap();
        assert_eq!(public.thumbprint(), key.public().thumbprint());
        assert!(public.verifies(b"x", &key.sign(b"x").unwrap()));
        assert_eq!(set.keys[0].e, "AQAB");
    }
}
