//! The keys that sign an environment's tokens (decision D4): one in use, retired ones published until their last token
//! has ended.

use crate::pool::{EACH_CORE, Pool, PoolFault};
use kernel::{Category, Clock, Env, EnvironmentId, Monotonic};
use oidc::{JwkSet, KeyFault, PrivateKey, PublicKey};
use serde::Serialize;
use sql::Database;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{
    key::SigningKey,
    seal::{Place, SealFault, Sealer},
};

/// How long an opened key signs before the row is read again. Another process may have put a new one in its place,
/// which is no hurry: what the old one signs verifies for as long as it is published.
const REOPEN_AFTER: Duration = Duration::from_secs(60);
/// Environments whose keys are kept open.
const OPEN_MAX: usize = 256;
/// Requests that may wait for RSA: about 100 ms of work for two cores.
const WAITING_MAX: usize = 128;
/// New keys that are made at once, some 20 to 300 ms each, and operators who may wait for theirs. One core stays free.
const MAKING_MAX: usize = 1;
const MAKING_WAITING_MAX: usize = 4;

/// Why a token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignFault {
    #[error("the environment has no signing key")]
    Missing,
    #[error(transparent)]
    Pool(#[from] PoolFault),
    #[error("a signing key")]
    Seal(#[from] SealFault),
    #[error("a signing key")]
    Key(#[from] KeyFault),
    #[error("signing key store")]
    Store(#[from] sql::Fault),
}

impl SignFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Pool(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
            _ => Category::Fault,
        }
    }
}

/// Signs for all environments. One for the process, held by the services.
pub struct Signers {
    db: Database,
    clock: Arc<dyn Clock>,
    seal: Arc<Sealer>,
    open: Mutex<HashMap<Env, (Monotonic, Arc<PrivateKey>)>>,
    pub(super) pool: Pool,
    making: Pool,
}

impl Signers {
    pub fn new(db: Database, clock: Arc<dyn Clock>, seal: Arc<Sealer>) -> Self {
        let pool = Pool::new(EACH_CORE, WAITING_MAX);
        let making = Pool::new(MAKING_MAX, MAKING_WAITING_MAX);
        Self { db, clock, seal, open: Mutex::default(), pool, making }
    }

    /// A token of type `typ` over `claims`, signed by the environment's key. `id` goes into the header.
    pub async fn sign<C>(
        &self,
        env: Env,
        typ: &'static str,
        id: Option<String>,
        claims: C,
    ) -> Result<String, SignFault>
    where
        C: Serialize + Send + 'static,
    {
        let key = self.key(env).await?;
        Ok(self.pool.run(move || oidc::sign(&key, typ, id.as_deref(), &claims)).await??)
    }

    async fn key(&self, env: Env) -> Result<Arc<PrivateKey>, SignFault> {
        let now = self.clock.monotonic();
        if let Some((opened_at, key)) = self.opened().get(&env)
            && now.since(*opened_at) < REOPEN_AFTER
        {
            return Ok(Arc::clone(key));
        }
        let row =
            self.db.read(move |tx| store::key::current_signing(tx, env)).await?.ok_or(SignFault::Missing)?;
        let key = Arc::new(open(&self.seal, &row)?);
        let mut opened = self.opened();
        if opened.len() >= OPEN_MAX {
            opened.clear();
        }
        opened.insert(env, (now, Arc::clone(&key)));
        Ok(key)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<Env, (Monotonic, Arc<PrivateKey>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new RSA key, made where nobody else has to wait for it.
    pub async fn generate(&self) -> Result<Result<PrivateKey, KeyFault>, PoolFault> {
        self.making.run(PrivateKey::generate).await
    }

    /// The key set that an environment publishes; `None` when there is no such environment.
    pub async fn published(&self, environment: EnvironmentId) -> Result<Option<JwkSet>, SignFault> {
        let since = self.db.now().minus(crate::caller::RETIRED_FOR);
        let found = self
            .db
            .read(move |tx| match store::platform::environment(tx, environment)? {
                Some(_) => store::key::published(tx, environment, since).map(Some),
                None => Ok::<_, sql::Fault>(None),
            })
            .await?;
        let Some(rows) = found else { return Ok(None) };
        let mut set = JwkSet::default();
        for der in rows {
            set.keys.push(PublicKey::from_der(&der)?.jwk().clone());
        }
        Ok(Some(set))
    }
}

/// A new signing key of an environment, sealed for its row.
pub fn seal(
    sealer: &Sealer,
    rng: &dyn kernel::Rng,
    environment: EnvironmentId,
    key: &PrivateKey,
    now: kernel::Timestamp,
) -> Result<SigningKey, SignFault> {
    let kid = key.public().thumbprint().to_owned();
    let sealed = sealer.seal(rng, place(&kid), &key.to_pkcs8()?)?;
    let public_key = key.public().der().to_vec();
    Ok(SigningKey { kid, environment, public_key, sealed, created_at: now, retired_at: None })
}

fn open(sealer: &Sealer, row: &SigningKey) -> Result<PrivateKey, SignFault> {
    let der = sealer.open(place(&row.kid), &row.sealed)?;
    Ok(PrivateKey::from_pkcs8(der.expose())?)
}

fn place(kid: &str) -> Place<'_> {
    Place { table: "signing_key", row: kid }
}
