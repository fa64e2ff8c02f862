//! Organizations, products and environments, and the canary of the master key. The named exception to the rule
//! that every call takes an [`kernel::Env`]: these rows are how an environment is found.
//!
//! Rows are written once, by `init`, under [`lock`].

use kernel::{EnvironmentId, OrganizationId, ProductId, Timestamp};
use model::platform::{Environment, Stage};
use sql::{Fault, Lock, Row, Tx, params, statements};

/// One installation has one product and two environments today; a list longer than this is a mistake.
const LIST_MAX: i64 = 200;

statements! {
    pub(crate) PUT_ORGANIZATION = "INSERT INTO organization (id, name, created_at) VALUES ($1, $2, $3)";
    pub(crate) PUT_PRODUCT = "INSERT INTO product (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4)";
    pub(crate) PUT_ENVIRONMENT = "INSERT INTO environment (id, product_id, stage, created_at) VALUES ($1, $2, $3, $4)";
    pub(crate) ORGANIZATION = "SELECT id, name FROM organization ORDER BY created_at, id LIMIT 1";
    pub(crate) PRODUCT = "SELECT id, organization_id, name FROM product WHERE id = $1";
    pub(crate) ENVIRONMENT = "SELECT e.id, e.product_id, p.organization_id, e.stage FROM environment e \
        JOIN product p ON p.id = e.product_id WHERE e.id = $1";
    pub(crate) ENVIRONMENTS = "SELECT e.id, e.product_id, p.organization_id, e.stage FROM environment e \
        JOIN product p ON p.id = e.product_id ORDER BY e.created_at, e.stage, e.id LIMIT $1";
    pub(crate) PUT_CANARY = "INSERT INTO master_key (key_id, canary, created_at) VALUES ($1, $2, $3) \
        ON CONFLICT (key_id) DO NOTHING";
    pub(crate) CANARY = "SELECT canary FROM master_key ORDER BY created_at DESC, key_id LIMIT 1";
}

/// The builder's company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
}

/// One product of the builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub organization: OrganizationId,
    pub name: String,
}

/// Guards the rows of the whole installation.
pub fn lock() -> Lock {
    Lock::new("platform", &[])
}

/// Under [`lock`].
pub fn put_organization(tx: &mut Tx<'_>, organization: &Organization, now: Timestamp) -> Result<(), Fault> {
    tx.holds(&lock())?;
    tx.execute(&PUT_ORGANIZATION, params![&organization.id.to_string(), &organization.name, now])
}

/// Under [`lock`].
pub fn put_product(tx: &mut Tx<'_>, product: &Product, now: Timestamp) -> Result<(), Fault> {
    tx.holds(&lock())?;
    tx.execute(
        &PUT_PRODUCT,
        params![&product.id.to_string(), &product.organization.to_string(), &product.name, now],
    )
}

/// Under [`lock`].
pub fn put_environment(tx: &mut Tx<'_>, environment: &Environment, now: Timestamp) -> Result<(), Fault> {
    tx.holds(&lock())?;
    tx.execute(
        &PUT_ENVIRONMENT,
        params![
            &environment.id.to_string(),
            &environment.product.to_string(),
            environment.stage.short(),
            now
        ],
    )
}

/// The organization of this installation; `None` before `init`.
pub fn organization(tx: &mut Tx<'_>) -> Result<Option<Organization>, Fault> {
    tx.query_opt(&ORGANIZATION, params![], |row| Ok(Organization { id: row.parse(0)?, name: row.get(1)? }))
}

pub fn product(tx: &mut Tx<'_>, id: ProductId) -> Result<Option<Product>, Fault> {
    tx.query_opt(&PRODUCT, params![&id.to_string()], |row| {
        Ok(Product { id: row.parse(0)?, organization: row.parse(1)?, name: row.get(2)? })
    })
}

pub fn environment(tx: &mut Tx<'_>, id: EnvironmentId) -> Result<Option<Environment>, Fault> {
    tx.query_opt(&ENVIRONMENT, params![&id.to_string()], environment_of)
}

/// All environments, oldest first.
pub fn environments(tx: &mut Tx<'_>) -> Result<Vec<Environment>, Fault> {
    tx.query(&ENVIRONMENTS, params![LIST_MAX], environment_of)
}

/// Keeps the first canary of a master key. Under [`lock`].
pub fn plant_canary(tx: &mut Tx<'_>, key_id: &str, canary: &[u8], now: Timestamp) -> Result<(), Fault> {
    tx.holds(&lock())?;
    tx.execute(&PUT_CANARY, params![key_id, canary, now])
}

/// The newest canary; `None` before `init`.
pub fn canary(tx: &mut Tx<'_>) -> Result<Option<Vec<u8>>, Fault> {
    tx.query_opt(&CANARY, params![], |row| row.get(0))
}

fn environment_of(row: &Row<'_>) -> Result<Environment, Fault> {
    Ok(Environment {
        id: row.parse(0)?,
        product: row.parse(1)?,
        organization: row.parse(2)?,
        stage: row.parse::<Stage>(3)?,
    })
}
