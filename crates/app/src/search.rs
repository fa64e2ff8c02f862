//! One search over everything that has a page: people and accounts by how they begin, and whatever has an id by all of it.
//!
//! Each look is one row or one range of an index, so it costs the same with a million people; nothing is searched in the
//! middle of a word. The lists do that.

use crate::{App, profile::ProfileFault, request};
use kernel::{DeliveryId, Env, MailId, RequestId, RunId};
use model::{
    request::Refused,
    run::Run,
    telemetry::profile::{Account, Person},
};
use sql::{Fault, Tx};
use store::{mail::Mail, profile, run::Which};

/// The most hits of one kind.
pub const HITS_MAX: usize = 6;
/// The longest text that is looked for.
const CHARS_MAX: usize = 200;
/// People whose newest run is shown as well.
const RUNS_OF: usize = 3;

/// What was found, by kind.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    pub people: Vec<Person>,
    pub accounts: Vec<Account>,
    /// The run of that id, or the newest ones of the first people.
    pub runs: Vec<Run>,
    pub mails: Vec<Mail>,
    /// The webhook of that id, with its run; a test has none.
    pub webhook: Option<(DeliveryId, Option<Run>)>,
    /// What was refused last under that id, of this environment or of nobody.
    pub refused: Option<Refused>,
}

/// Whatever `text` is the id of or begins the name or the address of; at most [`HITS_MAX`] of each kind.
pub async fn search(app: &App, env: Env, text: &str) -> Result<Hits, ProfileFault> {
    let text: String = text.trim().chars().filter(|c| *c != '\0').take(CHARS_MAX).collect();
    if text.is_empty() {
        return Ok(Hits::default());
    }
    let asked = text.parse::<RequestId>().ok();
    let waiting = asked.map(|id| app.requests.waiting(id, env)).unwrap_or_default();
    let found = app.db.read(move |tx| {
        let mut hits = Hits { people: people(tx, env, &text)?, ..Hits::default() };
        hits.accounts = accounts(tx, env, &text)?;
        by_id(tx, env, &text, &mut hits)?;
        if let Some(id) = asked {
            hits.refused = request::answers(tx, env, id, &waiting)?.into_iter().next();
        }
        for person in hits.people.iter().take(RUNS_OF) {
            let which = Which::Of(person.user_id.clone());
            let newest = store::run::Filter { which, limit: 1, ..Default::default() };
            add_runs(&mut hits.runs, store::run::list(tx, env, &newest)?);
        }
        Ok::<_, Fault>(hits)
    });
    Ok(found.await?)
}

fn people(tx: &mut Tx<'_>, env: Env, text: &str) -> Result<Vec<Person>, Fault> {
    let mut people: Vec<Person> = profile::person(tx, env, text)?.into_iter().collect();
    let begin = profile::list::people_beginning(tx, env, text, HITS_MAX)?;
    for person in begin {
        if !people.iter().any(|known| known.user_id == person.user_id) {
            people.push(person);
        }
    }
    people.truncate(HITS_MAX);
    Ok(people)
}

fn accounts(tx: &mut Tx<'_>, env: Env, text: &str) -> Result<Vec<Account>, Fault> {
    let mut accounts: Vec<Account> = profile::account(tx, env, text)?.into_iter().collect();
    for account in profile::list::accounts_beginning(tx, env, text, HITS_MAX)? {
        if !accounts.iter().any(|known| known.account_id == account.account_id) {
            accounts.push(account);
        }
    }
    accounts.truncate(HITS_MAX);
    Ok(accounts)
}

/// A run, a mail or a webhook.
fn by_id(tx: &mut Tx<'_>, env: Env, text: &str, hits: &mut Hits) -> Result<(), Fault> {
    if let Ok(id) = text.parse::<RunId>() {
        hits.runs.extend(store::run::get(tx, env, id)?);
    }
    if let Ok(id) = text.parse::<MailId>() {
        hits.mails.extend(store::mail::get(tx, env, id)?);
    }
    if let Ok(id) = text.parse::<DeliveryId>()
        && let Some(delivery) = store::delivery::get(tx, env, id)?
    {
        let run = match delivery.run {
            Some(run) => store::run::get(tx, env, run)?,
            None => None,
        };
        hits.webhook = Some((id, run));
    }
    Ok(())
}

fn add_runs(runs: &mut Vec<Run>, more: Vec<Run>) {
    for run in more {
        if runs.len() < HITS_MAX && !runs.iter().any(|known| known.id == run.id) {
            runs.push(run);
        }
    }
}
