//! Signed tokens in the compact form (RFC 7515, section 7.1; RFC 7519).
//!
//! Reading has two steps, so that a token cannot be believed by accident: [`Token::parse`] looks at the
//! form and the header and tells which key to find; [`Token::verify`] checks the signature and the claims,
//! and only it hands claims out.

use crate::key::{KeyFault, PrivateKey, PublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

/// What a token's header says. `id` is the original's way to name the API key (domain 3.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub typ: String,
    pub kid: String,
    /// Extensions that a verifier must understand (RFC 7515, section 4.1.11). We understand none.
    #[serde(default, skip_serializing)]
    crit: Option<serde::de::IgnoredAny>,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("not a signed token in compact form")]
    Malformed,
    #[error("the token's algorithm is not RS256")]
    Algorithm,
    #[error("the token is of another type")]
    Type,
    #[error("the token's signature does not verify")]
    Signature,
    #[error("the token's claims are not readable")]
    Claims,
    #[error("the token was issued by somebody else")]
    Issuer,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
}

/// What the verifier demands.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    pub issuer: &'a str,
    pub now: Timestamp,
    /// How far the clocks of issuer and verifier may differ.
    pub leeway: Duration,
}

/// The claims that every token of ours must have.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
}

/// Longer texts are not looked at: a token of ours is below 1.5 KiB.
const TEXT_BYTES_MAX: usize = 8 * 1_024;

/// A token whose form is good and whose signature nobody has looked at.
#[derive(Debug)]
pub struct Token<'a> {
    header: Header,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Splits the text and reads the header. Refuses any algorithm but RS256 and any type but `typ`.
    pub fn parse(text: &'a str, typ: &str) -> Result<Self, TokenFault> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(TokenFault::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenFault::Malformed)?;
        if header.alg != "RS256" {
            return Err(TokenFault::Algorithm);
        }
        if header.crit.is_some() {
            return Err(TokenFault::Malformed);
        }
        if header.typ != typ {
            return Err(TokenFault::Type);
        }
        Ok(Self { header, signed, payload, signature: decode(signature)? })
    }

    /// The key that is said to have signed. Nothing about it is proven yet.
    pub fn kid(&self) -> &str {
        &self.header.kid
    }

    /// Checks the signature, then issuer and times, and hands out what was signed.
    pub fn verify<C: DeserializeOwned>(
        self,
        key: &PublicKey,
        expect: &Expect<'_>,
    ) -> Result<(Header, C), TokenFault> {
        if self.kid() != key.thumbprint() || !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(TokenFault::Signature);
        }
        let payload = decode(self.payload)?;
        let registered: Registered = serde_json::from_slice(&payload).map_err(|_| TokenFault::Claims)?;
        check(&registered, expect)?;
        let claims = serde_json::from_slice(&payload).map_err(|_| TokenFault::Claims)?;
        Ok((self.header, claims))
    }
}

fn check(claims: &Registered, expect: &Expect<'_>) -> Result<(), TokenFault> {
    if claims.iss != expect.issuer {
        return Err(TokenFault::Issuer);
    }
    if Timestamp::from_seconds(claims.exp) <= expect.now.minus(expect.leeway) {
        return Err(TokenFault::Expired);
    }
    let starts = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    if Timestamp::from_seconds(starts) > expect.now.plus(expect.leeway) {
        return Err(TokenFault::Early);
    }
    Ok(())
}

/// Signs `claims` as a token of type `typ`; `id` goes into the header where it is given.
pub fn sign<C: Serialize>(
    key: &PrivateKey,
    typ: &str,
    id: Option<&str>,
    claims: &C,
) -> Result<String, KeyFault> {
    let header = Header {
        alg: "RS256".to_owned(),
        id: id.map(str::to_owned),
        typ: typ.to_owned(),
        kid: key.public().thumbprint().to_owned(),
        crit: None,
    };
    let mut token = format!("{}.{}", encode(&header)?, encode(claims)?);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn encode<T: Serialize>(part: &T) -> Result<String, KeyFault> {
    let json = serde_json::to_vec(part).map_err(|_| KeyFault::Refused)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)
}

#[cfg(test)]
mod tests;
