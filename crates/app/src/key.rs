//! API keys: made, listed, revoked (domain 3.1).
//!
//! Of an RSA key the private half is given once and only the public half is kept; of an opaque key (32 random bytes in
//! standard base64) only the SHA-256. Rotation is a reminder: a key past its *rotate by* still works, it is marked.

use crate::{App, caller::good, digest::sha256, operator::Actor, pool::PoolFault};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Category, Env, KeyId, OperatorId, Rng, Secret, Timestamp};
use model::caller::{KeyKind, PROJECT_SCOPES, Scope};
use oidc::{KeyFault as RsaFault, PrivateKey};
use sql::Database;
use std::time::Duration;
pub use store::key::{ApiKey, Proof};
use store::key::{KEYS_MAX, revision_lock};

/// Characters at the end of an opaque key by which people recognise it.
const HINT_CHARS: usize = 4;

/// The longest label of a key, in characters: people of every script may write as much.
pub const NAME_CHARS_MAX: usize = 100;

/// A key's label: not empty, at most [`NAME_CHARS_MAX`], without U+0000 (which PostgreSQL cannot store).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    #[error("must not be empty")]
    Empty,
    #[error("must be at most {NAME_CHARS_MAX} characters")]
    TooLong,
    #[error("must not contain U+0000")]
    Nul,
}

impl Name {
    pub fn new(text: impl Into<String>) -> Result<Self, NameFault> {
        let text = text.into();
        match () {
            () if text.is_empty() => Err(NameFault::Empty),
            () if text.chars().count() > NAME_CHARS_MAX => Err(NameFault::TooLong),
            () if text.contains('\0') => Err(NameFault::Nul),
            () => Ok(Self(text)),
        }
    }
}

/// What an operator says about a new key.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: Name,
    pub kind: KeyKind,
    /// Ignored for a project key, which has telemetry alone.
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Timestamp>,
    pub rotate_days: Option<u32>,
}

/// A key with the one sight of its secret.
#[derive(Debug)]
pub struct Created {
    pub key: ApiKey,
    /// PEM of the private half, or the opaque key itself.
    pub secret: Secret<String>,
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Active,
    Expired,
    Revoked,
}

/// Why a key was not made or not revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error("a key needs at least one scope")]
    NoScopes,
    #[error("the expiry date is in the past")]
    Past,
    #[error("an environment has at most {KEYS_MAX} valid keys at once")]
    TooMany,
    #[error("there is no such key, or it was revoked before")]
    Absent,
    #[error("making a key")]
    Rsa(#[from] RsaFault),
    #[error(transparent)]
    Pool(#[from] PoolFault),
    #[error("key store")]
    Store(#[from] sql::Fault),
}

impl KeyFault {
    pub fn category(&self) -> Category {
        match self {
            Self::NoScopes | Self::Past => Category::Invalid,
            Self::TooMany => Category::Conflict,
            Self::Absent => Category::Absent,
            Self::Pool(fault) => fault.category(),
            Self::Rsa(_) => Category::Fault,
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Makes a key and hands out its secret, once.
pub async fn create(app: &App, actor: &Actor, env: Env, new: NewKey) -> Result<Created, KeyFault> {
    check_expiry(&new, app.db.now())?;
    let pair = match new.kind {
        KeyKind::Rsa => Some(app.signers.generate().await??),
        KeyKind::Project | KeyKind::Private => None,
    };
    let created = create_from(&app.db, &*app.rng, env, new, pair, Some(actor.id)).await?;
    tracing::info!(key.id = %created.key.id, operator.id = %actor.id, environment.id = %env, "an operator made an API key");
    Ok(created)
}

/// The same for the command line, which works beside a running server and knows no operator.
pub async fn create_beside(db: &Database, rng: &dyn Rng, env: Env, new: NewKey) -> Result<Created, KeyFault> {
    check_expiry(&new, db.now())?;
    let pair = (new.kind == KeyKind::Rsa).then(PrivateKey::generate).transpose()?;
    create_from(db, rng, env, new, pair, None).await
}

fn check_expiry(new: &NewKey, now: Timestamp) -> Result<(), KeyFault> {
    if new.expires_at.is_some_and(|expires| expires <= now) { Err(KeyFault::Past) } else { Ok(()) }
}

/// A pair makes an RSA key, none an opaque one.
async fn create_from(
    db: &Database,
    rng: &dyn Rng,
    env: Env,
    new: NewKey,
    pair: Option<PrivateKey>,
    by: Option<OperatorId>,
) -> Result<Created, KeyFault> {
    let now = db.now();
    let mut created = match &pair {
        Some(pair) => rsa(env, new, pair, rng, now)?,
        None => opaque(env, new, rng, now)?,
    };
    created.key.created_by = by;
    keep(db, env, &created.key).await?;
    Ok(created)
}

async fn keep(db: &Database, env: Env, key: &ApiKey) -> Result<(), KeyFault> {
    let row = key.clone();
    db.write(store::key::lock(env), move |tx| {
        // Keys that ended stay in the list and take nobody's place: who rotates often would be locked out.
        if store::key::count_good(tx, env, row.created_at)? >= KEYS_MAX {
            return Err(KeyFault::TooMany);
        }
        Ok(store::key::insert(tx, env, &row)?)
    })
    .await
}

/// The keys of an environment: first those that are good, then those that ended, the newest of each first.
pub async fn list(db: &Database, env: Env) -> Result<Vec<ApiKey>, KeyFault> {
    let now = db.now();
    Ok(db.read(move |tx| store::key::list(tx, env, now)).await?)
}

/// Ends a key and its tokens: here at once, in other processes within a second.
pub async fn revoke(app: &App, actor: &Actor, env: Env, id: KeyId) -> Result<(), KeyFault> {
    let revision = revoke_beside(&app.db, env, id).await?;
    tracing::info!(key.id = %id, operator.id = %actor.id, environment.id = %env, "an operator revoked an API key");
    app.callers.note_revision(revision);
    Ok(())
}

/// The same for the command line; the running server notices within a second. Gives the new revision.
pub async fn revoke_beside(db: &Database, env: Env, id: KeyId) -> Result<i64, KeyFault> {
    let now = db.now();
    let locks = [store::key::lock(env), revision_lock()];
    db.write(locks, move |tx| store::key::revoke(tx, env, id, now)?.ok_or(KeyFault::Absent)).await
}

/// Where a key stands at `now`.
pub fn status(key: &ApiKey, now: Timestamp) -> Status {
    match key.revoked_at {
        Some(_) => Status::Revoked,
        None if good(key, now) => Status::Active,
        None => Status::Expired,
    }
}

/// When a key should be replaced; `None` where nobody asked to be reminded.
pub fn rotate_by(key: &ApiKey) -> Option<Timestamp> {
    let days = key.rotate_days?;
    Some(key.created_at.plus(Duration::from_secs(u64::from(days) * 86_400)))
}

/// An RSA key that stands in no database yet.
pub fn rsa(
    env: Env,
    new: NewKey,
    pair: &PrivateKey,
    rng: &dyn Rng,
    now: Timestamp,
) -> Result<Created, KeyFault> {
    let public = pair.public();
    let proof = Proof::Rsa { public_key: public.der().to_vec(), thumbprint: public.thumbprint().to_owned() };
    Ok(Created { secret: Secret::new(pair.to_pem()?), key: row(env, new, proof, rng, now)? })
}

/// An opaque key that stands in no database yet.
pub fn opaque(env: Env, new: NewKey, rng: &dyn Rng, now: Timestamp) -> Result<Created, KeyFault> {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    let secret = STANDARD.encode(bytes);
    // The padding says nothing: the hint stands before it.
    let visible = secret.trim_end_matches('=');
    let hint = visible[visible.len() - HINT_CHARS..].to_owned();
    let proof = Proof::Opaque { hash: sha256(&secret), hint };
    Ok(Created { secret: Secret::new(secret), key: row(env, new, proof, rng, now)? })
}

fn row(env: Env, new: NewKey, proof: Proof, rng: &dyn Rng, now: Timestamp) -> Result<ApiKey, KeyFault> {
    let mut scopes = match new.kind {
        KeyKind::Project => PROJECT_SCOPES.to_vec(),
        KeyKind::Rsa | KeyKind::Private => new.scopes,
    };
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(KeyFault::NoScopes);
    }
    Ok(ApiKey {
        // Random, not time-ordered: the id stands in tokens, and when a key was made is nobody's business.
        id: KeyId::random(rng),
        environment: env.id(),
        kind: new.kind,
        name: new.name.0,
        scopes,
        proof,
        created_at: now,
        created_by: None,
        expires_at: new.expires_at,
        rotate_days: new.rotate_days,
        revoked_at: None,
        last_used_at: None,
    })
}

#[cfg(test)]
mod tests;
