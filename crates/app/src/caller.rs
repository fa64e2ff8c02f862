//! Who stands behind a credential (decision D15).
//!
//! Opaque keys are found by their SHA-256, tokens verify by the key set of the environment that signed them. A verified
//! credential is remembered by its hash until it ends, or until anything was revoked: every process compares the revision
//! of the credentials at least once a second while it is asked, and never while it is idle. A credential that proves
//! nothing is not remembered, so nobody can push good ones out.
//!
//! Guarantees: a revoked key and its tokens end within one second, in every process, and at once in the one that revoked.
//! Not promised: an exact `last_used_at`; it is written at most every ten minutes for a key.

mod cache;
mod revision;

use crate::{digest::sha256, token::EXPIRY_MAX};
use cache::{Cache, Entry, Fingerprint};
use kernel::{Category, Clock, Env, KeyId, Timestamp};
use model::caller::{Caller, CallerKind, KeyKind, Presented, Scope};
use oidc::{Expect, PublicKey, Token};
use revision::Revision;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sql::Database;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::key::{ApiKey, SigningKey};

/// The type of the tokens that open our APIs. Session tokens have another (decision D30).
pub const ACCESS_TOKEN: &str = "JWT";
/// How long the key set still names a retired key: a token lives for a day at most, and clocks differ.
pub const RETIRED_FOR: Duration = Duration::from_secs(EXPIRY_MAX.unsigned_abs() + 3_600);

/// Longer texts are not credentials of ours.
const CREDENTIAL_BYTES_MAX: usize = 8 * 1_024;
/// How far the clocks of the processes that sign and verify may differ.
const LEEWAY: Duration = Duration::from_secs(5);
const TOUCH_EVERY: Duration = Duration::from_secs(600);
/// Environments have one signing key and those retired within a day: far fewer.
const SIGNING_KEYS_MAX: usize = 256;
const TOUCHED_MAX: usize = 10_000;

/// Why a credential was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CallerFault {
    /// One text for all three, so that nobody learns which keys exist.
    #[error("the API key is unknown, expired or revoked")]
    Key,
    #[error("{0}")]
    Token(#[from] oidc::TokenFault),
    #[error("the token was signed by a key that is not ours")]
    Signer,
    #[error("tokens are not taken from the query or the body")]
    Place,
    #[error("credential store")]
    Store(#[from] sql::Fault),
    #[error("a stored key is unreadable")]
    Stored(#[from] oidc::KeyFault),
}

impl CallerFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Key | Self::Token(_) | Self::Signer | Self::Place => Category::Unauthenticated,
            Self::Store(fault) => fault.category(),
            Self::Stored(_) => Category::Fault,
        }
    }
}

/// The claims of an access token that say what it opens. `aud` is one scope or several (decision D5).
#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    environment_id: String,
    client_id: KeyId,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn scopes(&self) -> Vec<Scope> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        };
        names.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

/// A signing key's public half, parsed, with what belongs to it.
struct Verifier {
    key: PublicKey,
    row: SigningKey,
}

/// Signing keys by name, as of one revision: a later one may have retired a key.
#[derive(Default)]
struct Verifiers {
    revision: i64,
    by_kid: HashMap<String, Arc<Verifier>>,
}

/// Verifies credentials. One for the process, held by the services.
pub struct Callers {
    db: Database,
    clock: Arc<dyn Clock>,
    issuer: String,
    revision: Revision,
    cache: Mutex<Cache>,
    verifiers: Mutex<Verifiers>,
    /// When each key's use was last written.
    touched: Mutex<HashMap<KeyId, Timestamp>>,
}

impl Callers {
    pub fn new(db: Database, clock: Arc<dyn Clock>, issuer: impl Into<String>) -> Self {
        Self {
            db,
            clock,
            issuer: issuer.into(),
            revision: Revision::default(),
            cache: Mutex::default(),
            verifiers: Mutex::default(),
            touched: Mutex::default(),
        }
    }

    /// The caller behind what a request presented.
    pub async fn verify(&self, presented: &Presented) -> Result<Arc<Caller>, CallerFault> {
        let credential = presented.credential.expose();
        if credential.is_empty() || credential.len() > CREDENTIAL_BYTES_MAX {
            return Err(CallerFault::Key);
        }
        let is_token = credential.bytes().filter(|byte| *byte == b'.').count() == 2;
        if is_token && !presented.form.takes_tokens() {
            return Err(CallerFault::Place);
        }
        let revision = self.revision.current(&self.db, &*self.clock).await?;
        let fingerprint: Fingerprint = Sha256::digest(credential).into();
        let known = locked(&self.cache).get(&fingerprint, revision, self.db.now());
        let caller = match known {
            Some(caller) => caller,
            None => {
                let entry = match is_token {
                    true => self.by_token(credential, revision).await?,
                    false => self.by_key(credential).await?,
                };
                self.remember(fingerprint, entry)
            }
        };
        self.touch(caller.key).await;
        Ok(caller)
    }

    /// Takes over the revision that a command of this process has just written, so that it counts here at once.
    pub fn note_revision(&self, revision: i64) {
        self.revision.raise(revision);
    }

    async fn by_key(&self, credential: &str) -> Result<Entry, CallerFault> {
        let hash = sha256(credential);
        let (found, revision) = self
            .db
            .read(move |tx| Ok::<_, sql::Fault>((store::key::by_hash(tx, &hash)?, store::key::revision(tx)?)))
            .await?;
        let key = found.filter(|key| good(key, self.db.now())).ok_or(CallerFault::Key)?;
        let kind = match key.kind {
            KeyKind::Project => CallerKind::ProjectKey,
            KeyKind::Private => CallerKind::PrivateKey,
            // An RSA key has no hash to be found by.
            KeyKind::Rsa => return Err(CallerFault::Key),
        };
        self.note(&key);
        Ok(Entry {
            ends_at: key.expires_at,
            caller: Arc::new(caller(&key, kind, key.scopes.clone())),
            revision,
        })
    }

    /// Verifying takes about 20 µs, less than a turn of the blocking pool: it runs where it stands.
    async fn by_token(&self, text: &str, revision: i64) -> Result<Entry, CallerFault> {
        let token = Token::parse(text, ACCESS_TOKEN)?;
        let now = self.db.now();
        let verifier = self.verifier(token.kid(), revision).await?;
        if verifier.row.retired_at.is_some_and(|retired| now.since(retired) > RETIRED_FOR) {
            return Err(CallerFault::Signer);
        }
        let expect = Expect { issuer: &self.issuer, now, leeway: LEEWAY };
        let (header, claims) = token.verify::<Claims>(&verifier.key, &expect)?;
        if claims.environment_id != verifier.row.environment.to_string()
            || header.id != Some(claims.client_id.to_string())
        {
            return Err(CallerFault::Signer);
        }
        let id = claims.client_id;
        let (found, revision) = self
            .db
            .read(move |tx| Ok::<_, sql::Fault>((store::key::find(tx, id)?, store::key::revision(tx)?)))
            .await?;
        let key = found
            .filter(|key| good(key, now) && key.environment == verifier.row.environment)
            .ok_or(CallerFault::Key)?;
        let granted = claims.aud.scopes().into_iter().filter(|scope| key.scopes.contains(scope)).collect();
        // The cache lets a token live no longer than the check above does: until its end and the leeway.
        let ends = Timestamp::from_seconds(claims.exp).plus(LEEWAY);
        self.note(&key);
        Ok(Entry {
            ends_at: Some(key.expires_at.map_or(ends, |expires| expires.min(ends))),
            caller: Arc::new(caller(&key, CallerKind::Token, granted)),
            revision,
        })
    }

    /// The signing key of this name, parsed once. Names that nobody has are looked up each time and not kept.
    async fn verifier(&self, kid: &str, revision: i64) -> Result<Arc<Verifier>, CallerFault> {
        if let Some(verifier) = self.verifiers(revision).by_kid.get(kid) {
            return Ok(Arc::clone(verifier));
        }
        let name = kid.to_owned();
        let row = self.db.read(move |tx| store::key::signing(tx, &name)).await?.ok_or(CallerFault::Signer)?;
        let verifier = Arc::new(Verifier { key: PublicKey::from_der(&row.public_key)?, row });
        self.verifiers(revision).by_kid.insert(kid.to_owned(), Arc::clone(&verifier));
        Ok(verifier)
    }

    /// The parsed keys, emptied when something changed since or when there are too many.
    fn verifiers(&self, revision: i64) -> MutexGuard<'_, Verifiers> {
        let mut verifiers = locked(&self.verifiers);
        if verifiers.revision != revision || verifiers.by_kid.len() >= SIGNING_KEYS_MAX {
            *verifiers = Verifiers { revision, by_kid: HashMap::new() };
        }
        verifiers
    }

    fn remember(&self, fingerprint: Fingerprint, entry: Entry) -> Arc<Caller> {
        let caller = Arc::clone(&entry.caller);
        self.revision.raise(entry.revision);
        locked(&self.cache).put(fingerprint, entry);
        caller
    }

    /// Takes over what the row says of its last use, so that a restart writes nothing anew.
    fn note(&self, key: &ApiKey) {
        if let Some(used_at) = key.last_used_at {
            locked(&self.touched).entry(key.id).or_insert(used_at);
        }
    }

    /// Writes the use of a key where that is due. A use that could not be written is no reason to refuse a caller.
    pub(crate) async fn touch(&self, key: KeyId) {
        let now = self.db.now();
        if !self.touch_is_due(key, now) {
            return;
        }
        let written = self.db.write(sql::Locks::none(), move |tx| store::key::touch(tx, key, now)).await;
        if let Err(fault) = written {
            tracing::warn!(key.id = %key, error = %kernel::chain(&fault), "the last use of a key was not noted");
        }
    }

    fn touch_is_due(&self, key: KeyId, now: Timestamp) -> bool {
        let mut touched = locked(&self.touched);
        if touched.get(&key).is_some_and(|at| now.since(*at) < TOUCH_EVERY) {
            return false;
        }
        if touched.len() >= TOUCHED_MAX {
            touched.clear();
        }
        touched.insert(key, now);
        true
    }
}

/// Whether the key may be used now.
pub(crate) fn good(key: &ApiKey, now: Timestamp) -> bool {
    key.revoked_at.is_none() && key.expires_at.is_none_or(|expires| expires > now)
}

fn caller(key: &ApiKey, kind: CallerKind, scopes: Vec<Scope>) -> Caller {
    // Signing in is what this function ends: the row was found by a credential that was proven.
    Caller { env: Env::vouched(key.environment), kind, key: key.id, scopes }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
