//! *Try a signup*: in Development an operator plays the builder's backend.

use super::{Trigger, TriggerFault, Triggered, ViewFault, trigger};
use crate::App;
use crate::operator::Actor;
use crate::setting;
use kernel::{Category, Env, WorkflowId};
use model::email::Email;
use model::platform::Stage;
use model::run::UserId;
use model::workflow::Definition;
use store::definition::Version;

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum TryFault {
    #[error("signups can be tried only in Development")]
    Production,
    #[error("not an e-mail address")]
    Email,
    #[error("the user id must not be empty nor longer than 1,024 bytes")]
    UserId,
    #[error("this environment has no workflow")]
    NoWorkflow,
    #[error("trigger")]
    Trigger(#[from] TriggerFault),
    #[error("workflow store")]
    Store(#[from] sql::Fault),
}

impl TryFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Production => Category::Forbidden,
            Self::Email | Self::UserId => Category::Invalid,
            Self::NoWorkflow => Category::Absent,
            Self::Trigger(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Runs the real trigger of the oldest workflow, with the operator in the place of a key.
pub async fn try_signup(
    app: &App,
    actor: &Actor,
    env: Env,
    email: &str,
    user_id: &str,
) -> Result<Triggered, TryFault> {
    let current = setting::current(app, env).await.map_err(TriggerFault::from)?;
    if current.environment.stage == Stage::Production {
        return Err(TryFault::Production);
    }
    let email: Email = email.trim().parse().map_err(|_| TryFault::Email)?;
    let user_id = UserId::new(user_id.trim()).map_err(|_| TryFault::UserId)?;
    let workflow = workflows(app, env).await?.into_iter().next().ok_or(TryFault::NoWorkflow)?.workflow;
    tracing::info!(operator.id = %actor.id, "an operator tries a signup");
    let request = Trigger {
        user_id,
        email,
        role: None,
        workflow: workflow.to_string(),
        address: None,
        idempotency: None,
    };
    Ok(trigger(app, env, request).await?)
}

/// The published workflows of an environment, the oldest first.
pub async fn workflows(app: &App, env: Env) -> Result<Vec<Definition>, sql::Fault> {
    app.db.read(move |tx| store::definition::list(tx, env)).await
}

/// The versions of a workflow, the newest first.
pub async fn versions(app: &App, env: Env, workflow: WorkflowId) -> Result<Vec<Version>, ViewFault> {
    Ok(app.db.read(move |tx| store::definition::versions(tx, env, workflow)).await?)
}

/// The workflow that a first signup would go through.
pub async fn first_workflow(app: &App, env: Env) -> Result<Option<WorkflowId>, ViewFault> {
    Ok(workflows(app, env).await?.first().map(|definition| definition.workflow))
}
