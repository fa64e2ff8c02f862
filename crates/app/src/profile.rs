//! People and accounts as operators read them: what the journal's events told, a moment ago or earlier.

pub use model::telemetry::{
    profile::{Account, Known, Membership, Person},
    traits::Traits,
};
pub use store::profile::list::{By, Only, Wanted as Filter};

use crate::{App, page};
use kernel::{Category, Cursor, Env, Key, TenantId};
use model::run::{Run, RunState, WaitingFor};
use sql::{Fault, Tx};
use store::profile::list::{self, LIST_MAX, ListedAccount, ListedUser, Wanted};
use store::{lead::Lead, profile, run::Which};

/// The most runs that a person's or an account's page lists.
pub const RUNS_MAX: usize = 10;
/// The most people that an account's page lists.
pub const MEMBERS_SHOWN: usize = 50;

/// Why people or accounts could not be shown.
#[derive(Debug, thiserror::Error)]
#[error("profile store")]
pub struct ProfileFault(#[from] Fault);

impl ProfileFault {
    pub fn category(&self) -> Category {
        self.0.category()
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub next: Option<Cursor>,
    /// All that the search finds, pages aside.
    pub total: u64,
    /// All of the environment.
    pub all: u64,
}

/// A person, and the accounts they belong to.
#[derive(Debug, Clone)]
pub struct User {
    pub person: Person,
    /// How the newest of their runs stands.
    pub run: Option<(RunState, Option<WaitingFor>)>,
    pub accounts: Vec<Belonging>,
}

/// One membership with what names its account.
#[derive(Debug, Clone)]
pub struct Belonging {
    pub membership: Membership,
    pub account_name: Option<String>,
}

/// An account with how many people belong to it.
#[derive(Debug, Clone)]
pub struct AccountRow {
    pub account: Account,
    pub members: u64,
}

/// A person with their runs.
#[derive(Debug, Clone)]
pub struct UserDetail {
    pub user: User,
    /// The newest, at most [`RUNS_MAX`].
    pub runs: Vec<Run>,
    /// All there are.
    pub run_count: u64,
    /// What the newest run that came so far has stored.
    pub lead: Option<Lead>,
}

/// An account, its people, and every id it goes by.
#[derive(Debug, Clone)]
pub struct AccountDetail {
    pub account: Account,
    /// The runs that made it, at most [`RUNS_MAX`].
    pub runs: Vec<Run>,
    pub ids: Vec<String>,
    /// The first by their ids, at most [`MEMBERS_SHOWN`], also those whose membership ended.
    pub members: Vec<Member>,
    /// All who belong to it now.
    pub size: u64,
    /// There are memberships that are not among these.
    pub more: bool,
}

/// One membership with what names its person.
#[derive(Debug, Clone)]
pub struct Member {
    pub membership: Membership,
    pub email: Option<String>,
}

/// People.
pub async fn users(app: &App, env: Env, wanted: Wanted) -> Result<Listed<User>, ProfileFault> {
    let wanted = one_more(wanted);
    let page = app.db.read(move |tx| {
        let mut people = profile::list::users(tx, env, &wanted)?;
        let next = page::cut(&mut people, wanted.limit - 1, |ListedUser { person, .. }| Cursor {
            key: place(&person.known, wanted.by, || list::person_key(person)),
            id: person.user_id.clone(),
        });
        let mut rows = Vec::with_capacity(people.len());
        for ListedUser { person, run } in people {
            rows.push(User { accounts: belongings(tx, env, &person.user_id)?, person, run });
        }
        let seen_all = page::seen_all(&rows, wanted.after.as_ref(), next.as_ref());
        let (total, all) = totals(&wanted, seen_all, |only| profile::list::count_users(tx, env, only))?;
        Ok::<_, Fault>(Listed { rows, next, total, all })
    });
    Ok(page.await?)
}

/// One person; `None` when no event of the environment named them.
pub async fn user(app: &App, env: Env, user_id: &str) -> Result<Option<UserDetail>, ProfileFault> {
    let user_id = user_id.to_owned();
    let found = app.db.read(move |tx| {
        let Some(person) = profile::person(tx, env, &user_id)? else { return Ok(None) };
        let filter =
            store::run::Filter { which: Which::Of(user_id.clone()), limit: RUNS_MAX, ..Default::default() };
        let runs = store::run::list(tx, env, &filter)?;
        let mut lead = None;
        for run in &runs {
            lead = store::lead::of_run(tx, env, run.id)?;
            if lead.is_some() {
                break;
            }
        }
        let run = runs.first().map(|run| (run.state, run.waiting_for));
        let accounts = belongings(tx, env, &user_id)?;
        let run_count = store::run::count(tx, env, &filter)?;
        Ok::<_, Fault>(Some(UserDetail { user: User { person, run, accounts }, runs, run_count, lead }))
    });
    Ok(found.await?)
}

/// Accounts.
pub async fn accounts(app: &App, env: Env, wanted: Wanted) -> Result<Listed<AccountRow>, ProfileFault> {
    let wanted = one_more(wanted);
    let page = app.db.read(move |tx| {
        let mut accounts = profile::list::accounts(tx, env, &wanted)?;
        let next = page::cut(&mut accounts, wanted.limit - 1, |ListedAccount { account, members }| Cursor {
            key: match wanted.by {
                By::Members => Key::Number(i64::try_from(*members).unwrap_or(i64::MAX)),
                by => place(&account.known, by, || list::account_key(account)),
            },
            id: account.account_id.clone(),
        });
        let row = |ListedAccount { account, members }| AccountRow { account, members };
        let rows: Vec<_> = accounts.into_iter().map(row).collect();
        let seen_all = page::seen_all(&rows, wanted.after.as_ref(), next.as_ref());
        let (total, all) = totals(&wanted, seen_all, |only| profile::list::count_accounts(tx, env, only))?;
        Ok::<_, Fault>(Listed { rows, next, total, all })
    });
    Ok(page.await?)
}

/// The account that goes by this id, the builder's or ours; `None` when no event of the environment named it.
pub async fn account(app: &App, env: Env, any_id: &str) -> Result<Option<AccountDetail>, ProfileFault> {
    let any_id = any_id.to_owned();
    let found = app.db.read(move |tx| {
        let Some(account) = profile::account(tx, env, &any_id)? else { return Ok(None) };
        let mut memberships = profile::members(tx, env, &any_id, MEMBERS_SHOWN + 1)?;
        let more = memberships.len() > MEMBERS_SHOWN;
        memberships.truncate(MEMBERS_SHOWN);
        let mut members = Vec::with_capacity(memberships.len());
        for membership in memberships {
            let email = profile::email(tx, env, &membership.user_id)?;
            members.push(Member { membership, email });
        }
        let size = profile::size(tx, env, &any_id)?;
        let ids = profile::ids(tx, env, &any_id)?;
        let runs = runs_of(tx, env, &ids)?;
        Ok::<_, Fault>(Some(AccountDetail { account, runs, ids, members, size, more }))
    });
    Ok(found.await?)
}

/// One row more than is asked for, of 1 to 199.
fn one_more(wanted: Wanted) -> Wanted {
    Wanted { limit: wanted.limit.clamp(1, LIST_MAX - 1) + 1, ..wanted }
}

/// What a row is sorted by.
fn place(known: &Known, by: By, title: impl FnOnce() -> String) -> Key {
    match by {
        By::FirstSeen | By::Members => Key::Number(known.first_seen_at.micros()),
        By::LastSeen => Key::Number(known.last_seen_at.micros()),
        By::Title => Key::Text(title()),
    }
}

/// How many the filter leaves, counted if that was not `seen`, and how many there are.
fn totals(
    wanted: &Wanted,
    seen: Option<u64>,
    mut count: impl FnMut(&Only) -> Result<u64, Fault>,
) -> Result<(u64, u64), Fault> {
    let all = count(&Only::default())?;
    let total = match seen {
        Some(total) => total,
        None if wanted.only == Only::default() => all,
        None => count(&wanted.only)?,
    };
    Ok((total, all))
}

/// The runs that made the tenants among these ids.
fn runs_of(tx: &mut Tx<'_>, env: Env, ids: &[String]) -> Result<Vec<Run>, Fault> {
    let mut runs = Vec::new();
    for id in ids.iter().filter_map(|id| id.parse::<TenantId>().ok()).take(RUNS_MAX) {
        let Some(tenant) = store::tenant::get(tx, env, id)? else { continue };
        runs.extend(store::run::get(tx, env, tenant.run)?);
    }
    Ok(runs)
}

fn belongings(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Vec<Belonging>, Fault> {
    let mut belongings = Vec::new();
    for membership in profile::list::accounts_of(tx, env, user_id)? {
        let account_name = profile::account_name(tx, env, &membership.account_id)?;
        belongings.push(Belonging { membership, account_name });
    }
    Ok(belongings)
}
