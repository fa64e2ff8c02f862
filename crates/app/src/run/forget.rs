//! *Reset this user*: somebody who signed up in Development may sign up again as if they had never come.
//!
//! Open runs are cancelled. What the workflow stored for the person is forgotten: leads, tenants, whether they were
//! admitted, and that they ever came. What happened stays: runs, mails, webhooks, and the events in the journal, from
//! which their profile is made. Production has no such act.
//!
//! It goes in commands of bounded size and may be interrupted anywhere: sent again it goes on. The last command alone makes
//! the person new, so that a trigger in between finds either all of the past or nothing of it.

use super::{ActFault, cancel, try_out::workflows};
use crate::{
    App,
    operator::Actor,
    setting::{self, SettingFault},
};
use kernel::{Category, Env, RunId, WorkflowId};
use model::{platform::Stage, run::Run};
use sql::Lock;
use store::run::{Filter, Which, subject_lock};

/// Runs of one command.
const PART: usize = 50;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Runs that were open and are cancelled now.
    pub cancelled: usize,
}

/// Why nobody was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetFault {
    #[error("only Development forgets people")]
    Production,
    #[error("a trigger came in between")]
    CameAgain,
    #[error("cancel a run")]
    Act(#[from] ActFault),
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("run store")]
    Store(#[from] sql::Fault),
}

impl ForgetFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Production => Category::Forbidden,
            Self::CameAgain => Category::Conflict,
            Self::Act(fault) => fault.category(),
            Self::Setting(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Makes the person of this `user_id` new to every workflow of the environment, which must be Development.
pub async fn forget_user(
    app: &App,
    actor: &Actor,
    env: Env,
    user_id: &str,
) -> Result<Forgotten, ForgetFault> {
    if setting::current(app, env).await?.environment.stage != Stage::Development {
        return Err(ForgetFault::Production);
    }
    tracing::info!(operator.id = %actor.id, environment.id = %env, "an operator resets a user");
    let mut done = Forgotten::default();
    let mut after = None;
    loop {
        let filter = Filter {
            which: Which::Of(user_id.to_owned()),
            oldest_first: true,
            after: after.take(),
            limit: PART,
            ..Filter::default()
        };
        let runs = app.db.read(move |tx| store::run::list(tx, env, &filter)).await?;
        for run in runs.iter().filter(|run| !run.state.is_over()) {
            match cancel(app, actor, env, run.id).await {
                Ok(_) => done.cancelled += 1,
                // It has ended by itself.
                Err(ActFault::Refused(_) | ActFault::Unknown) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        let last = runs.last().map(Run::place);
        let more = runs.len() == PART;
        forget_results(app, env, user_id, runs).await?;
        if !more {
            break;
        }
        after = last;
    }
    forget_person(app, env, user_id).await?;
    Ok(done)
}

/// What these runs stored of the person.
async fn forget_results(app: &App, env: Env, user_id: &str, runs: Vec<Run>) -> Result<(), ForgetFault> {
    let workflows: Vec<WorkflowId> = runs.iter().map(|run| run.workflow).collect();
    app.db
        .write(subjects(env, user_id, &workflows), move |tx| {
            for run in &runs {
                store::lead::forget(tx, env, run.id)?;
                store::tenant::forget(tx, env, run.tenant)?;
            }
            Ok::<_, ForgetFault>(())
        })
        .await
}

/// That the person ever came, in one command.
async fn forget_person(app: &App, env: Env, user_id: &str) -> Result<(), ForgetFault> {
    let workflows: Vec<_> = workflows(app, env).await?.iter().map(|one| one.workflow).collect();
    let mut locks = subjects(env, user_id, &workflows);
    locks.push(store::end_user::waitlist_lock(env));
    let user_id = user_id.to_owned();
    app.db
        .write(locks, move |tx| {
            let mut known = Vec::new();
            for workflow in &workflows {
                let Some(subject) = store::run::subject(tx, env, *workflow, &user_id)? else { continue };
                if store::run::get(tx, env, subject.run)?.is_some_and(|run| !run.state.is_over()) {
                    return Err(ForgetFault::CameAgain);
                }
                known.push((*workflow, subject));
            }
            for (workflow, mut subject) in known {
                // The row stays: the numbers of its outbox messages go on.
                subject.run = RunId::NIL;
                store::run::save_subject(tx, env, workflow, &user_id, &subject)?;
            }
            Ok(store::end_user::forget(tx, env, &user_id)?)
        })
        .await
}

fn subjects(env: Env, user_id: &str, workflows: &[WorkflowId]) -> Vec<Lock> {
    workflows.iter().map(|workflow| subject_lock(env, *workflow, user_id)).collect()
}
