//! Protocol pieces around signed tokens: RSA keys and their text forms, JSON Web Keys, and RS256 signatures
//! in the compact form. Usable alone: it knows no table, no product and no HTTP.
//!
//! Only RS256 is spoken (RFC 7518, section 3.3), because the tokens of the domain are RS256 and an algorithm
//! that a token's header could choose is the best known way to forge one (RFC 8725, section 2.1).

mod der;
mod jwk;
mod jws;
mod key;
mod pem;

pub use jwk::{Jwk, JwkSet};
pub use jws::{Expect, Header, Token, TokenFault, sign};
pub use key::{KeyFault, PrivateKey, PublicKey};
