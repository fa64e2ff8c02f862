//! Workflow definitions: a workflow and its immutable versions.

use kernel::{Env, Timestamp, WorkflowId};
use model::workflow::Definition;
use sql::{Fault, Tx, params, statements};

statements! {
    INSERT = "INSERT INTO workflow (environment_id, id, name, published_version, created_at) VALUES ($1, $2, $3, $4, $5)";
    INSERT_VERSION = "INSERT INTO workflow_version (environment_id, workflow_id, version, definition, published_at)
                      VALUES ($1, $2, $3, $4, $5)";
    PUBLISHED = "SELECT v.definition FROM workflow w JOIN workflow_version v
                 ON v.environment_id = w.environment_id AND v.workflow_id = w.id AND v.version = w.published_version
                 WHERE w.environment_id = $1 AND w.id = $2";
    VERSION = "SELECT definition FROM workflow_version WHERE environment_id = $1 AND workflow_id = $2 AND version = $3";
    VERSIONS = "SELECT version, published_at FROM workflow_version WHERE environment_id = $1 AND workflow_id = $2
                ORDER BY version DESC LIMIT 20";
    LIST = "SELECT v.definition FROM workflow w JOIN workflow_version v
            ON v.environment_id = w.environment_id AND v.workflow_id = w.id AND v.version = w.published_version
            WHERE w.environment_id = $1 ORDER BY w.created_at, w.id LIMIT 100";
}

/// Publishes the first version of a new workflow.
pub fn create(tx: &mut Tx<'_>, env: Env, definition: &Definition, now: Timestamp) -> Result<(), Fault> {
    let (env, id) = (env.to_string(), definition.workflow.to_string());
    tx.execute(&INSERT, params![&env, &id, &definition.name, definition.version, now])?;
    let text = serde_json::to_string(definition).map_err(crate::encoding)?;
    tx.execute(&INSERT_VERSION, params![&env, &id, definition.version, &text, now])
}

/// The published version, if the environment has such a workflow.
pub fn published(tx: &mut Tx<'_>, env: Env, workflow: WorkflowId) -> Result<Option<Definition>, Fault> {
    tx.query_opt(&PUBLISHED, params![&env.to_string(), &workflow.to_string()], |row| crate::json(row, 0))
}

/// The version that a run keeps.
pub fn version(
    tx: &mut Tx<'_>,
    env: Env,
    workflow: WorkflowId,
    version: u32,
) -> Result<Option<Definition>, Fault> {
    tx.query_opt(&VERSION, params![&env.to_string(), &workflow.to_string(), version], |row| {
        crate::json(row, 0)
    })
}

/// A version that runs keep, and when it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub number: u32,
    pub published_at: Timestamp,
}

/// The versions of a workflow, the newest first; at most 20.
pub fn versions(tx: &mut Tx<'_>, env: Env, workflow: WorkflowId) -> Result<Vec<Version>, Fault> {
    tx.query(&VERSIONS, params![&env.to_string(), &workflow.to_string()], |row| {
        let number: i64 = row.get(0)?;
        Ok(Version { number: u32::try_from(number).unwrap_or(0), published_at: row.get(1)? })
    })
}

/// The published versions of an environment's workflows, oldest workflow first; at most 100.
pub fn list(tx: &mut Tx<'_>, env: Env) -> Result<Vec<Definition>, Fault> {
    tx.query(&LIST, params![&env.to_string()], |row| crate::json(row, 0))
}
