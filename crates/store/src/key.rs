//! API keys, the keys that sign tokens, and the revision by which caches notice revocations.
//!
//! A credential is how an environment is found, so the lookups by what a credential says ([`find`], [`by_hash`],
//! [`signing`]) take no [`Env`]: like `platform`, they come before one can be vouched for. Neither does what counts for
//! a key or for the installation whatever its environment: [`touch`] and [`revision`].

use kernel::{Env, EnvironmentId, KeyId, OperatorId, Timestamp};
use model::caller::{KeyKind, Scope};
use sql::{Fault, Lock, Row, Tx, params, statements};

/// The most keys that a list shows and that may be good at once in an environment.
pub const KEYS_MAX: i64 = 200;

statements! {
    pub(crate) INSERT = "INSERT INTO api_key (id, environment_id, kind, name, scopes, public_key, thumbprint, hash, hint, \
        created_at, created_by, expires_at, rotate_days) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    pub(crate) FIND = "SELECT id, environment_id, kind, name, scopes, public_key, thumbprint, hash, hint, created_at, created_by, \
        expires_at, rotate_days, revoked_at, last_used_at FROM api_key WHERE id = $1";
    pub(crate) BY_HASH = "SELECT id, environment_id, kind, name, scopes, public_key, thumbprint, hash, hint, created_at, created_by, \
        expires_at, rotate_days, revoked_at, last_used_at FROM api_key WHERE hash = $1";
    pub(crate) LIST = "SELECT id, environment_id, kind, name, scopes, public_key, thumbprint, hash, hint, created_at, created_by, \
        expires_at, rotate_days, revoked_at, last_used_at FROM api_key WHERE environment_id = $1 \
        ORDER BY CASE WHEN revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) THEN 0 ELSE 1 END, \
        created_at DESC, id DESC LIMIT $3";
    pub(crate) GOOD = "SELECT COUNT(*) FROM api_key WHERE environment_id = $1 AND revoked_at IS NULL \
        AND (expires_at IS NULL OR expires_at > $2)";
    pub(crate) REVOKE = "UPDATE api_key SET revoked_at = $3 WHERE environment_id = $1 AND id = $2 AND revoked_at IS NULL \
        RETURNING id";
    pub(crate) TOUCH = "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

    pub(crate) REVISION = "SELECT revision FROM credential_revision WHERE id = 1";
    pub(crate) RISE = "UPDATE credential_revision SET revision = revision + 1 WHERE id = 1 RETURNING revision";

    pub(crate) INSERT_SIGNING = "INSERT INTO signing_key (kid, environment_id, public_key, sealed, created_at) \
        VALUES ($1, $2, $3, $4, $5)";
    pub(crate) SIGNING = "SELECT kid, environment_id, public_key, sealed, created_at, retired_at FROM signing_key WHERE kid = $1";
    pub(crate) CURRENT_SIGNING = "SELECT kid, environment_id, public_key, sealed, created_at, retired_at FROM signing_key \
        WHERE environment_id = $1 AND retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 1";
    pub(crate) PUBLISHED = "SELECT public_key FROM signing_key WHERE environment_id = $1 \
        AND (retired_at IS NULL OR retired_at > $2) ORDER BY created_at DESC, kid LIMIT $3";
    pub(crate) RETIRE = "UPDATE signing_key SET retired_at = $3 WHERE environment_id = $1 AND kid <> $2 AND retired_at IS NULL";
}

/// What proves that somebody holds a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The public half: `RSAPublicKey` in DER, and its RFC 7638 thumbprint.
    Rsa { public_key: Vec<u8>, thumbprint: String },
    /// SHA-256 of an opaque key in hex, and its last characters, by which people tell keys apart.
    Opaque { hash: String, hint: String },
}

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: KeyId,
    pub environment: EnvironmentId,
    pub kind: KeyKind,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub proof: Proof,
    pub created_at: Timestamp,
    /// `None` when it came with the installation.
    pub created_by: Option<OperatorId>,
    pub expires_at: Option<Timestamp>,
    pub rotate_days: Option<u32>,
    pub revoked_at: Option<Timestamp>,
    /// Coarse: written at most every ten minutes or so.
    pub last_used_at: Option<Timestamp>,
}

/// A key that signs tokens of one environment. `sealed` is PKCS#8 in DER, sealed under (`signing_key`, `kid`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub kid: String,
    pub environment: EnvironmentId,
    pub public_key: Vec<u8>,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub retired_at: Option<Timestamp>,
}

/// Guards the keys of one environment: how many there are, and which of them are revoked or retired.
pub fn lock(env: Env) -> Lock {
    Lock::new("key", &[&env.to_string()])
}

/// Guards the revision, which every revocation of every environment writes.
pub fn revision_lock() -> Lock {
    Lock::new("credential_revision", &[])
}

/// Writes a new key of this environment. Under [`lock`].
pub fn insert(tx: &mut Tx<'_>, env: Env, key: &ApiKey) -> Result<(), Fault> {
    tx.holds(&lock(env))?;
    let (public_key, thumbprint, hash, hint) = match &key.proof {
        Proof::Rsa { public_key, thumbprint } => (Some(public_key), Some(thumbprint), None, None),
        Proof::Opaque { hash, hint } => (None, None, Some(hash), Some(hint)),
    };
    let created_by = key.created_by.map(|id| id.to_string());
    tx.execute(
        &INSERT,
        params![
            &key.id.to_string(),
            &env.to_string(),
            key.kind.name(),
            &key.name,
            &names(&key.scopes),
            public_key,
            thumbprint,
            hash,
            hint,
            key.created_at,
            created_by.as_ref(),
            key.expires_at,
            key.rotate_days,
        ],
    )
}

/// The key of this id, in whichever environment it is.
pub fn find(tx: &mut Tx<'_>, id: KeyId) -> Result<Option<ApiKey>, Fault> {
    tx.query_opt(&FIND, params![&id.to_string()], api_key)
}

/// The opaque key whose SHA-256 in hex this is.
pub fn by_hash(tx: &mut Tx<'_>, hash: &str) -> Result<Option<ApiKey>, Fault> {
    tx.query_opt(&BY_HASH, params![hash], api_key)
}

/// The keys of an environment: first those that are good at `now`, then those that expired or were revoked, the newest
/// of each first; at most [`KEYS_MAX`].
pub fn list(tx: &mut Tx<'_>, env: Env, now: Timestamp) -> Result<Vec<ApiKey>, Fault> {
    tx.query(&LIST, params![&env.to_string(), now, KEYS_MAX], api_key)
}

/// How many keys of an environment are good at `now`.
pub fn count_good(tx: &mut Tx<'_>, env: Env, now: Timestamp) -> Result<i64, Fault> {
    tx.query_one(&GOOD, params![&env.to_string(), now], |row| row.get(0))
}

/// Revokes a key and tells the revision that this made; `None` when there is no such key that was still good. Under
/// [`lock`] and [`revision_lock`].
pub fn revoke(tx: &mut Tx<'_>, env: Env, id: KeyId, now: Timestamp) -> Result<Option<i64>, Fault> {
    tx.holds(&lock(env))?;
    tx.holds(&revision_lock())?;
    let revoked =
        tx.query_opt(&REVOKE, params![&env.to_string(), &id.to_string(), now], |row| row.parse::<KeyId>(0))?;
    match revoked {
        Some(_) => rise(tx).map(Some),
        None => Ok(None),
    }
}

/// Notes that a key was used. Needs no lock: only ever moves later.
pub fn touch(tx: &mut Tx<'_>, id: KeyId, at: Timestamp) -> Result<(), Fault> {
    tx.execute(&TOUCH, params![&id.to_string(), at])
}

/// How often anything was revoked, in all environments.
pub fn revision(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    tx.query_one(&REVISION, params![], |row| row.get(0))
}

/// Makes `key` the one that signs and tells the new revision; earlier ones are retired and stay published for a
/// while. Under [`lock`] and
/// [`revision_lock`].
pub fn put_signing(tx: &mut Tx<'_>, env: Env, key: &SigningKey) -> Result<i64, Fault> {
    tx.holds(&lock(env))?;
    tx.holds(&revision_lock())?;
    let environment = env.to_string();
    tx.execute(
        &INSERT_SIGNING,
        params![&key.kid, &environment, &key.public_key, &key.sealed, key.created_at],
    )?;
    tx.execute(&RETIRE, params![&environment, &key.kid, key.created_at])?;
    rise(tx)
}

fn rise(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    tx.query_one(&RISE, params![], |row| row.get(0))
}

/// The signing key of this name, retired or not.
pub fn signing(tx: &mut Tx<'_>, kid: &str) -> Result<Option<SigningKey>, Fault> {
    tx.query_opt(&SIGNING, params![kid], signing_key)
}

/// The key that signs for an environment now.
pub fn current_signing(tx: &mut Tx<'_>, env: Env) -> Result<Option<SigningKey>, Fault> {
    tx.query_opt(&CURRENT_SIGNING, params![&env.to_string()], signing_key)
}

/// The public keys (`RSAPublicKey` in DER) by which an environment's tokens verify: those that sign, and those
/// retired after `since`, whose last tokens may still be good. Public, so the environment needs no vouching.
pub fn published(
    tx: &mut Tx<'_>,
    environment: EnvironmentId,
    since: Timestamp,
) -> Result<Vec<Vec<u8>>, Fault> {
    tx.query(&PUBLISHED, params![&environment.to_string(), since, KEYS_MAX], |row| row.get(0))
}

fn api_key(row: &Row<'_>) -> Result<ApiKey, Fault> {
    Ok(ApiKey {
        id: row.parse(0)?,
        environment: row.parse(1)?,
        kind: row.parse(2)?,
        name: row.get(3)?,
        scopes: row.get::<String>(4)?.split_whitespace().filter_map(|name| name.parse().ok()).collect(),
        proof: proof(row)?,
        created_at: row.get(9)?,
        created_by: row.parse_opt(10)?,
        expires_at: row.get(11)?,
        rotate_days: row.get(12)?,
        revoked_at: row.get(13)?,
        last_used_at: row.get(14)?,
    })
}

fn proof(row: &Row<'_>) -> Result<Proof, Fault> {
    match (row.get(5)?, row.get(7)?) {
        (Some(public_key), _) => Ok(Proof::Rsa { public_key, thumbprint: row.get(6)? }),
        (None, Some(hash)) => Ok(Proof::Opaque { hash, hint: row.get(8)? }),
        (None, None) => Err(Fault::Column { index: 5, wanted: "a public key or a hash" }),
    }
}

fn signing_key(row: &Row<'_>) -> Result<SigningKey, Fault> {
    Ok(SigningKey {
        kid: row.get(0)?,
        environment: row.parse(1)?,
        public_key: row.get(2)?,
        sealed: row.get(3)?,
        created_at: row.get(4)?,
        retired_at: row.get(5)?,
    })
}

fn names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
}
