//! The first rows of an installation: organization, operator, product, two environments with the published Prosumer
//! workflow, and what a builder needs to start in Development (keys, webhook secret).
//!
//! The workflow has one id in both environments: a backend that goes into production changes its key and nothing else.
//!
//! Everything is written in one transaction, so an installation is there or it is not. The secrets are given once.

use crate::{
    key::{self, Created, KeyFault, NewKey},
    operator::NewLink,
    setting::{NewSecret, SettingFault},
    token::{SignFault, seal},
};
use kernel::{
    Bounded, BoundedFault, Category, Env, EnvironmentId, KeyId, OperatorId, OrganizationId, ProductId, Rng,
    Secret, Timestamp, WorkflowId,
};
use model::{
    caller::{KeyKind, Scope},
    email::{Email, EmailFault},
    platform::{Environment, Stage},
    setting::{
        Settings,
        address::{AddressFault, web_address},
    },
    workflow::{Definition, DefinitionFault},
};
use oidc::PrivateKey;
use serde::{Serialize, Serializer};
use sql::{Database, Lock, Tx};
use std::thread;
use store::{
    key::{ApiKey, SigningKey},
    operator::Operator,
    platform::{Organization, Product},
    seal::{SealFault, Sealer},
};
use url::Url;

/// What the command line says. URLs and limit are those of Development.
#[derive(Debug, Clone)]
pub struct Plan {
    pub product: String,
    pub email: String,
    pub public_url: Url,
    pub webhook_url: Option<Url>,
    pub onboarding_url: Option<Url>,
    pub success_url: Option<Url>,
    pub waitlist_limit: Option<u32>,
}

/// The RSA keys of a new installation. Making them is by far the slowest part, so they come ready.
#[derive(Debug)]
pub struct Pairs {
    pub development: PrivateKey,
    pub production: PrivateKey,
    pub api_key: PrivateKey,
}

impl Pairs {
    /// Makes all three at once, each on a thread of its own: some 100 to 600 ms. Not on a thread that serves requests.
    pub fn generate() -> Result<Self, oidc::KeyFault> {
        thread::scope(|scope| {
            let development = scope.spawn(PrivateKey::generate);
            let production = scope.spawn(PrivateKey::generate);
            Ok(Self {
                api_key: PrivateKey::generate()?,
                development: development.join().unwrap_or(Err(oidc::KeyFault::Refused))?,
                production: production.join().unwrap_or(Err(oidc::KeyFault::Refused))?,
            })
        })
    }
}

/// Where the installation is made.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub db: &'a Database,
    pub sealer: &'a Sealer,
    pub rng: &'a dyn Rng,
}

/// What `init` prints, secrets included, once. The keys of the JSON are a contract.
#[derive(Debug, Serialize)]
pub struct Initialised {
    pub product_id: ProductId,
    /// Development's.
    pub environment_id: EnvironmentId,
    pub environments: Environments,
    pub operator: FirstOperator,
    pub api_key: FirstKey,
    #[serde(serialize_with = "exposed")]
    pub project_key: Secret<String>,
    #[serde(serialize_with = "exposed")]
    pub private_api_key: Secret<String>,
    #[serde(serialize_with = "exposed")]
    pub webhook_secret: Secret<String>,
    pub workflows: Workflows,
}

#[derive(Debug, Serialize)]
pub struct Environments {
    pub development: EnvironmentId,
    pub production: EnvironmentId,
}

#[derive(Debug, Serialize)]
pub struct FirstOperator {
    pub email: String,
    /// A one-time link; it holds a secret.
    #[serde(serialize_with = "exposed")]
    pub setup_url: Secret<String>,
}

#[derive(Debug, Serialize)]
pub struct FirstKey {
    pub key_id: KeyId,
    #[serde(serialize_with = "exposed")]
    pub private_key: Secret<String>,
    pub scopes: Vec<Scope>,
}

#[derive(Debug, Serialize)]
pub struct Workflows {
    pub prosumer: WorkflowId,
}

/// Why nothing was initialised.
#[derive(Debug, thiserror::Error)]
pub enum InitFault {
    #[error("the state database is already initialised")]
    Already,
    #[error("the first workflow")]
    Workflow(#[from] DefinitionFault),
    #[error("the product's name {0}")]
    Product(#[source] BoundedFault),
    #[error("{what}")]
    Address { what: &'static str, source: AddressFault },
    #[error("the operator's address")]
    Operator(#[from] EmailFault),
    #[error("the first API keys")]
    Key(#[from] KeyFault),
    #[error("the signing keys")]
    Sign(#[from] SignFault),
    #[error("the webhook secret")]
    Setting(#[from] SettingFault),
    #[error("the master key")]
    Seal(#[from] SealFault),
    #[error("state database")]
    Store(#[from] sql::Fault),
}

impl InitFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Already => Category::Conflict,
            Self::Product(_) | Self::Address { .. } | Self::Operator(_) => Category::Invalid,
            Self::Workflow(_) => Category::Fault,
            Self::Key(fault) => fault.category(),
            Self::Sign(fault) => fault.category(),
            Self::Setting(fault) => fault.category(),
            Self::Seal(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Initialises an empty, migrated database.
pub async fn run(site: Site<'_>, plan: &Plan, pairs: &Pairs) -> Result<Initialised, InitFault> {
    let now = site.db.now();
    let (rows, initialised) = prepare(site, plan, pairs, now)?;
    site.db.write(rows.locks(), move |tx| rows.write(tx, now)).await?;
    Ok(initialised)
}

/// One environment's rows.
struct EnvironmentRows {
    env: Env,
    environment: Environment,
    settings: Settings,
    secret: NewSecret,
    signing: SigningKey,
}

/// Everything that is written.
struct Rows {
    organization: Organization,
    product: Product,
    environments: [EnvironmentRows; 2],
    operator: Operator,
    link: NewLink,
    keys: [ApiKey; 3],
    workflow: Definition,
    master_key: String,
    canary: Vec<u8>,
}

fn prepare(
    site: Site<'_>,
    plan: &Plan,
    pairs: &Pairs,
    now: Timestamp,
) -> Result<(Rows, Initialised), InitFault> {
    let Site { sealer, rng, .. } = site;
    check_urls(plan)?;
    let name = Bounded::<100>::new(plan.product.trim()).map_err(InitFault::Product)?.into_string();
    let organization = Organization { id: OrganizationId::ordered(now, rng), name: name.clone() };
    let product = Product { id: ProductId::ordered(now, rng), organization: organization.id, name };
    let development = environment_rows(site, &product, Stage::Development, plan, &pairs.development, now)?;
    let production = environment_rows(site, &product, Stage::Production, plan, &pairs.production, now)?;
    let operator = Operator {
        id: OperatorId::ordered(now, rng),
        organization: organization.id,
        email: Email::folded(&plan.email)?.into(),
        password_hash: None,
        created_at: now,
    };
    let link = NewLink::make(rng, now);
    let env = development.env;
    let api_key = key::rsa(env, new_key("First RSA key", KeyKind::Rsa), &pairs.api_key, rng, now)?;
    let project = key::opaque(env, new_key("Project key", KeyKind::Project), rng, now)?;
    let private = key::opaque(env, new_key("First private API key", KeyKind::Private), rng, now)?;
    let workflow = Definition::prosumer(WorkflowId::ordered(now, rng));
    workflow.validate()?;
    let initialised = Initialised {
        product_id: product.id,
        environment_id: env.id(),
        environments: Environments { development: env.id(), production: production.env.id() },
        operator: FirstOperator {
            email: operator.email.clone(),
            setup_url: setup_url(&plan.public_url, &link),
        },
        api_key: first_key(&api_key),
        project_key: project.secret,
        private_api_key: private.secret,
        webhook_secret: development.secret.plain.clone(),
        workflows: Workflows { prosumer: workflow.workflow },
    };
    let rows = Rows {
        organization,
        product,
        environments: [development, production],
        operator,
        link,
        keys: [api_key.key, project.key, private.key],
        workflow,
        master_key: sealer.key_id(),
        canary: sealer.canary(rng)?,
    };
    Ok((rows, initialised))
}

fn environment_rows(
    site: Site<'_>,
    product: &Product,
    stage: Stage,
    plan: &Plan,
    pair: &PrivateKey,
    now: Timestamp,
) -> Result<EnvironmentRows, InitFault> {
    let id = EnvironmentId::ordered(now, site.rng);
    // The command line is whose environment this becomes.
    let env = Env::vouched(id);
    Ok(EnvironmentRows {
        env,
        environment: Environment { id, product: product.id, organization: product.organization, stage },
        settings: settings(&product.name, stage, plan),
        secret: NewSecret::make(site.rng, site.sealer, env, now)?,
        signing: seal(site.sealer, site.rng, id, pair, now)?,
    })
}

fn settings(product: &str, stage: Stage, plan: &Plan) -> Settings {
    let mut settings = Settings::new(product);
    if stage == Stage::Development {
        settings.webhook.url = plan.webhook_url.clone();
        settings.onboarding_url = plan.onboarding_url.clone();
        settings.success_url = plan.success_url.clone();
        settings.waitlist_limit = plan.waitlist_limit;
    }
    settings
}

impl Rows {
    fn locks(&self) -> Vec<Lock> {
        let mut locks = vec![
            store::platform::lock(),
            store::key::revision_lock(),
            store::operator::email_lock(&self.operator.email),
            store::operator::lock(self.operator.id),
        ];
        for EnvironmentRows { env, .. } in &self.environments {
            locks.extend([store::key::lock(*env), store::setting::lock(*env)]);
        }
        locks
    }

    fn write(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), InitFault> {
        if store::platform::organization(tx)?.is_some() {
            return Err(InitFault::Already);
        }
        store::platform::put_organization(tx, &self.organization, now)?;
        store::platform::put_product(tx, &self.product, now)?;
        for rows in &self.environments {
            store::platform::put_environment(tx, &rows.environment, now)?;
            store::setting::create(tx, rows.env, &rows.settings, now)?;
            store::setting::rotate_secret(tx, rows.env, &rows.secret.row, now)?;
            store::key::put_signing(tx, rows.env, &rows.signing)?;
            store::definition::create(tx, rows.env, &self.workflow, now)?;
        }
        store::operator::create(tx, &self.operator)?;
        store::operator::put_link(tx, self.operator.id, &self.link.hash, self.link.expires_at)?;
        let development = self.environments[0].env;
        for key in &self.keys {
            store::key::insert(tx, development, key)?;
        }
        store::platform::plant_canary(tx, &self.master_key, &self.canary, now)?;
        Ok(())
    }
}

/// The URLs are those of Development, and ours is judged as leniently.
fn check_urls(plan: &Plan) -> Result<(), InitFault> {
    let urls = [
        ("the webhook URL", plan.webhook_url.as_ref()),
        ("the onboarding URL", plan.onboarding_url.as_ref()),
        ("the success URL", plan.success_url.as_ref()),
        ("the public URL", Some(&plan.public_url)),
    ];
    for (what, url) in urls {
        if let Some(url) = url {
            web_address(url.as_str(), Stage::Development)
                .map_err(|source| InitFault::Address { what, source })?;
        }
    }
    Ok(())
}

fn new_key(name: &str, kind: KeyKind) -> NewKey {
    NewKey {
        name: key::Name::new(name).expect("the names above are neither empty nor long"),
        kind,
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        rotate_days: None,
    }
}

fn first_key(created: &Created) -> FirstKey {
    FirstKey {
        key_id: created.key.id,
        private_key: created.secret.clone(),
        scopes: created.key.scopes.clone(),
    }
}

fn setup_url(public_url: &Url, link: &NewLink) -> Secret<String> {
    Secret::new(format!("{}{}", public_url.as_str().trim_end_matches('/'), link.path()))
}

fn exposed<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(test)]
pub(crate) mod tests;
