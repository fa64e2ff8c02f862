//! The platform's side of an account.

use kernel::{Env, TenantId, Timestamp};
use model::run::{BuilderTenant, Run};
use sql::{Fault, Tx, params, statements};

statements! {
    INSERT = "INSERT INTO tenant (environment_id, id, run_id, account_name, plan_id, plan_name, role_id, role_name, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (environment_id, id) DO UPDATE
              SET run_id = $3, account_name = $4, plan_id = $5, plan_name = $6, role_id = $7, role_name = $8
              WHERE tenant.acked_at IS NULL";
    BIND = "UPDATE tenant SET builder_tenant_id = $3, builder_tenant_name = $4, account_name = $5, acked_at = $6
            WHERE environment_id = $1 AND id = $2";
    FORGET = "DELETE FROM tenant WHERE environment_id = $1 AND id = $2";
    COUNT = "SELECT COUNT(*) FROM tenant WHERE environment_id = $1";
    ACKED = "SELECT id FROM tenant WHERE environment_id = $1 AND acked_at IS NOT NULL LIMIT 1";
    GET = "SELECT run_id, account_name, builder_tenant_id, acked_at FROM tenant WHERE environment_id = $1 AND id = $2";
}

/// What is stored of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub run: kernel::RunId,
    pub account_name: String,
    pub builder_tenant_id: Option<String>,
    pub acked_at: Option<Timestamp>,
}

/// The tenant of `run`, with the plan and role that it has. A run started again after a
/// cancellation keeps its tenant, under its own plan and role; an acknowledged tenant stays as it is.
pub fn create(tx: &mut Tx<'_>, env: Env, run: &Run, now: Timestamp) -> Result<(), Fault> {
    let (plan, role) = (run.plan.as_ref(), run.applied_role.as_ref());
    tx.execute(
        &INSERT,
        params![
            &env.to_string(),
            &run.tenant.to_string(),
            &run.id.to_string(),
            &run.account_name,
            plan.map_or("", |plan| plan.id.as_str()),
            plan.map_or("", |plan| plan.name.as_str()),
            role.map_or("", |role| role.id.as_str()),
            role.map_or("", |role| role.name.as_str()),
            now
        ],
    )
}

/// The builder's ids, from the acknowledgement.
pub fn bind(
    tx: &mut Tx<'_>,
    env: Env,
    id: TenantId,
    account_name: &str,
    builder: &BuilderTenant,
    now: Timestamp,
) -> Result<(), Fault> {
    let (environment, id) = (env.to_string(), id.to_string());
    let (theirs, name) = (builder.id.as_deref(), builder.name.as_deref());
    tx.execute(&BIND, params![&environment, &id, theirs, name, account_name, now])
}

pub fn get(tx: &mut Tx<'_>, env: Env, id: TenantId) -> Result<Option<Tenant>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), &id.to_string()], |row| {
        Ok(Tenant {
            run: row.parse(0)?,
            account_name: row.get(1)?,
            builder_tenant_id: row.get(2)?,
            acked_at: row.get(3)?,
        })
    })
}

/// Whether any tenant was ever acknowledged.
pub fn any_acked(tx: &mut Tx<'_>, env: Env) -> Result<bool, Fault> {
    Ok(tx.query_opt(&ACKED, params![&env.to_string()], |row| row.get::<String>(0))?.is_some())
}

pub fn count(tx: &mut Tx<'_>, env: Env) -> Result<i64, Fault> {
    tx.query_one(&COUNT, params![&env.to_string()], |row| row.get(0))
}

/// The tenant is no more on our side; what the builder made of it is theirs.
pub fn forget(tx: &mut Tx<'_>, env: Env, id: TenantId) -> Result<(), Fault> {
    tx.execute(&FORGET, params![&env.to_string(), &id.to_string()])
}
