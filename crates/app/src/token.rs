//! The token API: whoever holds an RSA key gets a token with some of its scopes (decisions D3 to D5, D16).
//!
//! The caller posts the private half, as the domain wants it. Nothing that it contains is believed: it signs a nonce of
//! ours, and the public half that we stored with the key verifies that signature. The token is signed by the
//! environment's own key, so that anyone can verify it by the published key set.
//!
//! Requests are judged in one order: what they say (400), who asks (401), what they may have (403).

mod signer;

pub use signer::{SignFault, Signers, seal};

use crate::{
    App,
    caller::{ACCESS_TOKEN, good},
    pool::PoolFault,
};
use kernel::{Category, Env, KeyId, Rng, Secret, Timestamp, token};
use model::caller::Scope;
use oidc::{KeyFault, PrivateKey, PublicKey};
use serde::Serialize;
use std::time::Duration;
use store::key::{ApiKey, Proof};

/// The longest life of a token, in seconds (decision D3).
pub const EXPIRY_MAX: i64 = 86_400;
/// The life of a token whose request does not say one, in seconds.
pub const EXPIRY_DEFAULT: i64 = 3_600;
/// More names than this are no honest question: there are seven scopes.
const NAMES_MAX: usize = 64;

/// What a request of the token API says.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub key_id: String,
    /// PEM of the private half.
    pub private_key: Secret<String>,
    /// Each entry may hold several names, separated by commas or spaces.
    pub scopes: Vec<String>,
    /// Seconds; [`EXPIRY_DEFAULT`] where the request does not say.
    pub expiry: Option<i64>,
}

/// Why no token was given. The order of the variants is the order in which requests are judged.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    #[error("'scopes' must name at least one scope")]
    NoScopes,
    #[error("'scopes' names more than {NAMES_MAX} scopes")]
    TooManyScopes,
    #[error("'expiry' must be a whole number of seconds from 1 to {EXPIRY_MAX}")]
    Expiry,
    /// One text for an unknown key, an unreadable one and one that does not match, so that nobody learns which keys
    /// exist.
    #[error("key_id and private_key do not belong to a key of this installation")]
    Credentials,
    #[error("the API key has expired or was revoked")]
    Ended,
    #[error("the scope '{0}' is unknown or not granted to this key")]
    Scope(String),
    #[error(transparent)]
    Pool(#[from] PoolFault),
    #[error(transparent)]
    Sign(#[from] SignFault),
    #[error("key store")]
    Store(#[from] sql::Fault),
    #[error("a stored key is unreadable")]
    Stored(#[source] KeyFault),
}

impl TokenFault {
    pub fn category(&self) -> Category {
        match self {
            Self::NoScopes | Self::TooManyScopes | Self::Expiry => Category::Invalid,
            Self::Credentials | Self::Ended => Category::Unauthenticated,
            Self::Scope(_) => Category::Forbidden,
            Self::Pool(fault) => fault.category(),
            Self::Sign(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
            Self::Stored(_) => Category::Fault,
        }
    }
}

/// The claims of an access token, in the order of the domain's sample.
#[derive(Debug, Serialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    jti: String,
    iat: i64,
    iss: String,
    environment_id: String,
    client_id: String,
}

/// One scope as a string, several as an array (decision D5).
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Audience {
    One(&'static str),
    Many(Vec<&'static str>),
}

impl Audience {
    fn of(scopes: &[Scope]) -> Self {
        match scopes {
            [one] => Self::One(one.name()),
            many => Self::Many(many.iter().map(|scope| scope.name()).collect()),
        }
    }
}

/// Gives a token, or says why not.
pub async fn issue(app: &App, wanted: Wanted) -> Result<Secret<String>, TokenFault> {
    let desk = Desk { db: &app.db, signers: &app.signers, rng: &*app.rng, issuer: &app.options.issuer };
    let (key, token) = desk.issue(wanted).await?;
    app.callers.touch(key).await;
    Ok(token)
}

/// What giving a token takes.
struct Desk<'a> {
    db: &'a sql::Database,
    signers: &'a Signers,
    rng: &'a dyn Rng,
    issuer: &'a str,
}

impl Desk<'_> {
    /// The token, and the key that asked.
    async fn issue(&self, wanted: Wanted) -> Result<(KeyId, Secret<String>), TokenFault> {
        let names = names(&wanted.scopes)?;
        let life = life(wanted.expiry)?;
        let key = self.holder(&wanted.key_id, wanted.private_key).await?;
        let now = self.db.now();
        if !good(&key, now) {
            return Err(TokenFault::Ended);
        }
        let scopes = granted(&names, &key.scopes)?;
        let claims = self.claims(&key, &scopes, now, life);
        // Signing in ends here: the row belongs to whoever proved that they hold its key.
        let env = Env::vouched(key.environment);
        let signed = self.signers.sign(env, ACCESS_TOKEN, Some(key.id.to_string()), claims).await?;
        Ok((key.id, Secret::new(signed)))
    }

    /// The key, if the caller holds its private half.
    async fn holder(&self, key_id: &str, private_key: Secret<String>) -> Result<ApiKey, TokenFault> {
        let id: KeyId = key_id.parse().map_err(|_| TokenFault::Credentials)?;
        let key = self.db.read(move |tx| store::key::find(tx, id)).await?.ok_or(TokenFault::Credentials)?;
        let Proof::Rsa { public_key, .. } = &key.proof else { return Err(TokenFault::Credentials) };
        let public = PublicKey::from_der(public_key).map_err(TokenFault::Stored)?;
        let nonce = token::<32>(self.rng);
        let proven =
            self.signers.pool.run(move || possesses(&private_key, &public, nonce.as_bytes())).await?;
        if proven { Ok(key) } else { Err(TokenFault::Credentials) }
    }

    fn claims(&self, key: &ApiKey, scopes: &[Scope], now: Timestamp, life: Duration) -> Claims {
        Claims {
            aud: Audience::of(scopes),
            exp: ends(key, now, life).seconds(),
            jti: token::<16>(self.rng),
            iat: now.seconds(),
            iss: self.issuer.to_owned(),
            environment_id: key.environment.to_string(),
            client_id: key.id.to_string(),
        }
    }
}

/// A token ends with its key at the latest.
fn ends(key: &ApiKey, now: Timestamp, life: Duration) -> Timestamp {
    let wanted = now.plus(life);
    key.expires_at.map_or(wanted, |expires| expires.min(wanted))
}

/// Whether the PEM holds the private half of `public`: about 0.6 ms of one core. One that says to be of another public
/// half is refused before it costs a signature, which takes longer the larger the key is; the signature decides.
fn possesses(private_key: &Secret<String>, public: &PublicKey, nonce: &[u8]) -> bool {
    let Ok(key) = PrivateKey::from_pem(private_key.expose()) else { return false };
    key.public().thumbprint() == public.thumbprint()
        && key.sign(nonce).is_ok_and(|signature| public.verifies(nonce, &signature))
}

/// The names of scopes, each once, in the order of the request.
fn names(entries: &[String]) -> Result<Vec<&str>, TokenFault> {
    let mut names = Vec::new();
    for name in entries.iter().flat_map(|entry| entry.split([',', ' ', '\t', '\n'])) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
        if names.len() > NAMES_MAX {
            return Err(TokenFault::TooManyScopes);
        }
    }
    if names.is_empty() { Err(TokenFault::NoScopes) } else { Ok(names) }
}

fn life(expiry: Option<i64>) -> Result<Duration, TokenFault> {
    match expiry.unwrap_or(EXPIRY_DEFAULT) {
        seconds @ 1..=EXPIRY_MAX => Ok(Duration::from_secs(seconds.unsigned_abs())),
        _ => Err(TokenFault::Expiry),
    }
}

/// All of the names as scopes that the key has; nothing is dropped silently.
fn granted(names: &[&str], has: &[Scope]) -> Result<Vec<Scope>, TokenFault> {
    names
        .iter()
        .map(|name| {
            let scope = name.parse().ok().filter(|scope| has.contains(scope));
            // A name can be as long as the body: the message shows its beginning.
            scope.ok_or_else(|| TokenFault::Scope(name.chars().take(100).collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
