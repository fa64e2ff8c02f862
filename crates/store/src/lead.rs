//! Leads of the built-in CRM.

use kernel::{Env, LeadId, RunId, Timestamp};
use model::run::Run;
use sql::{Fault, Tx, params, statements};

/// One lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub id: LeadId,
    pub email: String,
    pub account_name: String,
    pub plan_name: String,
    pub role_name: String,
    pub created_at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO lead (environment_id, id, run_id, end_user_id, tenant_id, email, account_name, plan_name, role_name, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (environment_id, run_id) DO NOTHING";
    OF_RUN = "SELECT id, email, account_name, plan_name, role_name, created_at FROM lead WHERE environment_id = $1 AND run_id = $2";
    FORGET = "DELETE FROM lead WHERE environment_id = $1 AND run_id = $2";
}

/// The lead of a run, once.
pub fn insert(tx: &mut Tx<'_>, env: Env, id: LeadId, run: &Run, now: Timestamp) -> Result<(), Fault> {
    tx.execute(
        &INSERT,
        params![
            &env.to_string(),
            &id.to_string(),
            &run.id.to_string(),
            &run.end_user.to_string(),
            &run.tenant.to_string(),
            run.email.as_str(),
            &run.account_name,
            run.plan.as_ref().map_or("", |plan| plan.name.as_str()),
            run.applied_role.as_ref().map_or("", |role| role.name.as_str()),
            now
        ],
    )
}

pub fn of_run(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<Option<Lead>, Fault> {
    tx.query_opt(&OF_RUN, params![&env.to_string(), &run.to_string()], |row| {
        Ok(Lead {
            id: row.parse(0)?,
            email: row.get(1)?,
            account_name: row.get(2)?,
            plan_name: row.get(3)?,
            role_name: row.get(4)?,
            created_at: row.get(5)?,
        })
    })
}

/// The lead of a run is no more.
pub fn forget(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<(), Fault> {
    tx.execute(&FORGET, params![&env.to_string(), &run.to_string()])
}
