//! The locks of our aggregates, by the facts that name them.

use kernel::{Env, WorkflowId};
use sql::Lock;

/// All rows of one user's runs in one workflow: trigger, ack and every act of an operator take it.
pub fn subject(env: Env, workflow: WorkflowId, user_id: &str) -> Lock {
    Lock::new("subject", &[&env.to_string(), &workflow.to_string(), user_id])
}

/// The places of an environment's waitlist: whoever counts them and takes one, where a limit is set.
pub fn waitlist(env: Env) -> Lock {
    Lock::new("waitlist", &[&env.to_string()])
}
