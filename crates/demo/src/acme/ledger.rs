//! What Acme Notes knows, in memory: people, their sessions, workspaces, and what happened.

use kernel::Timestamp;
use serde::Serialize;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// People and workspaces kept; a sample that runs for a year must not grow for a year.
const PEOPLE_MAX: usize = 10_000;
/// The newest steps kept.
const STEPS_MAX: usize = 2_000;

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) name: String,
}

/// What Acme provisions for a tenant.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    /// Acme's own id, which the acknowledgement tells.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) ts_tenant_id: String,
    pub(super) run_id: String,
    pub(super) template: Option<String>,
}

/// One thing that happened between Acme and thrivestack.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub at: Timestamp,
    pub email: String,
    pub step: &'static str,
    pub detail: String,
}

/// There is no room for another person or workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this sample keeps {PEOPLE_MAX} people and workspaces at most")]
pub(super) struct Full;

#[derive(Default)]
pub(super) struct Ledger(Mutex<Books>);

#[derive(Default)]
struct Books {
    /// by e-mail address
    people: HashMap<String, Person>,
    /// session token → e-mail address
    sessions: HashMap<String, String>,
    /// by `webhook-id`: the same delivery again finds the workspace it made
    workspaces: HashMap<String, Workspace>,
    steps: VecDeque<Step>,
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The person of this address: the one who is there, or `person`.
    pub(super) fn welcome(&self, person: Person) -> Result<Person, Full> {
        let mut books = self.books();
        if let Some(known) = books.people.get(&person.email) {
            return Ok(known.clone());
        }
        if books.people.len() >= PEOPLE_MAX {
            return Err(Full);
        }
        books.people.insert(person.email.clone(), person.clone());
        Ok(person)
    }

    pub(super) fn person(&self, email: &str) -> Option<Person> {
        self.books().people.get(email).cloned()
    }

    pub(super) fn begin_session(&self, token: String, email: &str) {
        let mut books = self.books();
        if books.sessions.len() >= PEOPLE_MAX {
            books.sessions.clear();
        }
        books.sessions.insert(token, email.to_owned());
    }

    pub(super) fn signed_in(&self, session: &str) -> Option<Person> {
        let books = self.books();
        books.people.get(books.sessions.get(session)?).cloned()
    }

    /// The workspace of this delivery: the one an earlier attempt made, or `fresh`. Tells which.
    pub(super) fn provision(&self, webhook_id: &str, fresh: Workspace) -> Result<(Workspace, bool), Full> {
        let mut books = self.books();
        if let Some(made) = books.workspaces.get(webhook_id) {
            return Ok((made.clone(), false));
        }
        if books.workspaces.len() >= PEOPLE_MAX {
            return Err(Full);
        }
        books.workspaces.insert(webhook_id.to_owned(), fresh.clone());
        Ok((fresh, true))
    }

    pub(super) fn workspace_of(&self, email: &str) -> Option<Workspace> {
        self.books().workspaces.values().find(|workspace| workspace.email == email).cloned()
    }

    pub(super) fn choose_template(&self, email: &str, template: &str) {
        let mut books = self.books();
        for workspace in books.workspaces.values_mut().filter(|workspace| workspace.email == email) {
            workspace.template = Some(template.to_owned());
        }
    }

    pub(super) fn note(&self, step: Step) {
        let mut books = self.books();
        if books.steps.len() >= STEPS_MAX {
            books.steps.pop_front();
        }
        books.steps.push_back(step);
    }

    /// What happened for one address, oldest first.
    pub(super) fn steps_of(&self, email: &str) -> Vec<Step> {
        self.books().steps.iter().filter(|step| step.email == email).cloned().collect()
    }
}
