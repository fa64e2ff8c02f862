//! What Acme Notes knows, in memory: people, their sessions, workspaces with their notes, and what happened.

use super::{
    notebook::{DraftFault, Notebook},
    step::{Kind, Step},
};
use kernel::Timestamp;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// People and workspaces kept; a sample that runs for a year must not grow for a year.
const PEOPLE_MAX: usize = 10_000;
/// The newest steps kept, of everybody and of one person; a step is at most some ten kilobytes.
const STEPS_MAX: usize = 2_000;
const STEPS_EACH_MAX: usize = 40;
/// All notes together, in bytes.
const NOTES_BYTES_MAX: usize = 64 * 1024 * 1024;

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
    /// The key of what it began with; `None` until the person has answered the onboarding page.
    pub(super) template: Option<&'static str>,
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
    /// e-mail address → where thrivestack wants the browser after onboarding
    returns: HashMap<String, String>,
    /// by `webhook-id`: the same delivery again finds the workspace it made
    workspaces: HashMap<String, Workspace>,
    /// e-mail address → the `webhook-id` of the newest workspace: somebody whose run was cancelled or taken back comes again
    newest: HashMap<String, String>,
    /// by the workspace's id
    notebooks: HashMap<String, Notebook>,
    notes_bytes: usize,
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

    /// The person for whom a code stood. They may have been triggered from elsewhere, such as the console, and under
    /// another id than they had here: from now on it is theirs, so that what Acme tells of them joins that run.
    pub(super) fn recognise(&self, person: Person) -> Result<Person, Full> {
        let user_id = person.user_id.clone();
        let known = self.welcome(person)?;
        let mut books = self.books();
        match books.people.get_mut(&known.email) {
            Some(known) => {
                known.user_id = user_id;
                Ok(known.clone())
            }
            None => Ok(known),
        }
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

    pub(super) fn end_session(&self, token: &str) {
        self.books().sessions.remove(token);
    }

    pub(super) fn signed_in(&self, session: &str) -> Option<Person> {
        let books = self.books();
        books.people.get(books.sessions.get(session)?).cloned()
    }

    /// For people of this ledger alone, so as many as there are of them.
    pub(super) fn remember_return(&self, email: &str, url: String) {
        let mut books = self.books();
        if books.people.contains_key(email) {
            books.returns.insert(email.to_owned(), url);
        }
    }

    pub(super) fn return_of(&self, email: &str) -> Option<String> {
        self.books().returns.get(email).cloned()
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
        books.newest.insert(fresh.email.clone(), webhook_id.to_owned());
        books.notebooks.insert(fresh.id.clone(), Notebook::default());
        Ok((fresh, true))
    }

    pub(super) fn workspace_of(&self, email: &str) -> Option<Workspace> {
        let books = self.books();
        books.workspaces.get(books.newest.get(email)?).cloned()
    }

    /// Gives the workspace its name and, the first time, what it begins with. Tells whether it was the first time.
    pub(super) fn settle(&self, id: &str, name: &str, template: &'static str) -> bool {
        let mut books = self.books();
        let Some(workspace) = books.workspaces.values_mut().find(|workspace| workspace.id == id) else {
            return false;
        };
        name.clone_into(&mut workspace.name);
        let first = workspace.template.is_none();
        workspace.template.get_or_insert(template);
        first
    }

    /// Looks into a workspace's notes.
    pub(super) fn read<T>(&self, workspace_id: &str, look: impl FnOnce(&Notebook) -> T) -> Option<T> {
        self.books().notebooks.get(workspace_id).map(look)
    }

    /// Changes a workspace's notes; `coming` bytes must fit beside everybody's.
    pub(super) fn write<T>(
        &self,
        workspace_id: &str,
        coming: usize,
        change: impl FnOnce(&mut Notebook) -> Result<T, DraftFault>,
    ) -> Result<T, DraftFault> {
        let mut books = self.books();
        if coming > 0 && books.notes_bytes + coming > NOTES_BYTES_MAX {
            return Err(DraftFault::Full);
        }
        let notebook = books.notebooks.get_mut(workspace_id).ok_or(DraftFault::Gone)?;
        let before = notebook.bytes();
        let outcome = change(notebook);
        let after = notebook.bytes();
        books.notes_bytes = books.notes_bytes + after - before;
        outcome
    }

    /// Somebody who works for long keeps the steps of their signup: then the oldest news goes.
    pub(super) fn note(&self, step: Step) {
        let mut books = self.books();
        if books.steps.iter().filter(|kept| kept.email == step.email).count() >= STEPS_EACH_MAX {
            let of_theirs = |kept: &Step| kept.email == step.email;
            let news = books.steps.iter().position(|kept| of_theirs(kept) && kept.kind == Kind::Telemetry);
            let oldest = news.or_else(|| books.steps.iter().position(of_theirs));
            oldest.map(|place| books.steps.remove(place));
        } else if books.steps.len() >= STEPS_MAX {
            books.steps.pop_front();
        }
        books.steps.push_back(step);
    }

    /// When this first happened for one address and went as it should.
    pub(super) fn first(&self, email: &str, kind: Kind) -> Option<Timestamp> {
        let books = self.books();
        let good = |step: &&Step| step.good && step.kind == kind && step.email == email;
        books.steps.iter().find(good).map(|step| step.at)
    }

    /// What happened for one address, in the order in which it began: a call is written down when it has ended, and a webhook
    /// may come while the trigger is still being answered.
    pub(super) fn steps_of(&self, email: &str) -> Vec<Step> {
        let mut steps: Vec<Step> =
            self.books().steps.iter().filter(|step| step.email == email).cloned().collect();
        steps.sort_by_key(|step| step.at);
        steps
    }
}
