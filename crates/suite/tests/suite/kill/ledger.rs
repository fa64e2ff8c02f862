//! What the program has answered with 200, and must never lose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// A user whose trigger was answered.
#[derive(Debug, Clone, Default)]
pub struct Signup {
    pub run: String,
    /// The browser was sent on to the last redirect.
    pub handed_over: bool,
    /// The run of the trigger after that.
    pub login: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// By user.
    pub signups: BTreeMap<String, Signup>,
    /// Runs whose acknowledgement was answered.
    pub acked: BTreeSet<String>,
    /// Events by the mark that each carries.
    pub marks: BTreeSet<String>,
    /// What the latest identify of a person said.
    pub people: BTreeMap<String, String>,
}

#[derive(Default)]
pub struct Ledger(Mutex<Entries>);

impl Ledger {
    pub fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }

    pub fn summary(&self) -> String {
        let entries = self.entries();
        let (handed_over, logins) = entries.signups.values().fold((0, 0), |(handed_over, logins), one| {
            (handed_over + usize::from(one.handed_over), logins + usize::from(one.login.is_some()))
        });
        format!(
            "answered: {} signups ({handed_over} handed over, {logins} back as a login), {} acknowledged, \
             {} events, {} people",
            entries.signups.len(),
            entries.acked.len(),
            entries.marks.len(),
            entries.people.len()
        )
    }
}

/// The tenant that the builder makes for a run.
pub fn tenant(run: &str) -> String {
    format!("tenant-{run}")
}
