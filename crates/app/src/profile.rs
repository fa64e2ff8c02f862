//! People and accounts as operators read them: what the journal's events told, a moment ago or earlier.

pub use model::telemetry::{
    profile::{Account, Known, Membership, Person},
    traits::Traits,
};
pub use store::profile::MEMBERS_MAX;

use crate::App;
use kernel::{Category, Cursor, Env};
use sql::{Fault, Tx};
use store::profile::{self, list::LIST_MAX, list::Wanted};

/// Why people or accounts could not be shown.
#[derive(Debug, thiserror::Error)]
#[error("profile store")]
pub struct ProfileFault(#[from] Fault);

impl ProfileFault {
    pub fn category(&self) -> Category {
        self.0.category()
    }
}

/// Which rows a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the id, the name, and a person's address or an account's domain.
    pub search: Option<String>,
    pub after: Option<Cursor>,
    /// 1 to 199: one more row is read, which tells whether there is another page.
    pub limit: usize,
}

/// One page of a list, those first seen last before the others.
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

/// An account, its people, and every id it goes by.
#[derive(Debug, Clone)]
pub struct AccountDetail {
    pub account: Account,
    pub ids: Vec<String>,
    /// At most [`MEMBERS_MAX`], also those whose membership ended.
    pub members: Vec<Member>,
}

/// One membership with what names its person.
#[derive(Debug, Clone)]
pub struct Member {
    pub membership: Membership,
    pub email: Option<String>,
}

/// People.
pub async fn users(app: &App, env: Env, filter: Filter) -> Result<Listed<User>, ProfileFault> {
    let wanted = wanted(filter);
    let page = app.db.read(move |tx| {
        let mut people = profile::list::users(tx, env, &wanted)?;
        let next = next(&mut people, &wanted, |one| (one.known.first_seen_at, one.user_id.clone()));
        let mut rows = Vec::with_capacity(people.len());
        for person in people {
            rows.push(User { accounts: belongings(tx, env, &person.user_id)?, person });
        }
        let (total, all) = totals(&wanted, |search| profile::list::count_users(tx, env, search))?;
        Ok::<_, Fault>(Listed { rows, next, total, all })
    });
    Ok(page.await?)
}

/// One person; `None` when no event of the environment named them.
pub async fn user(app: &App, env: Env, user_id: &str) -> Result<Option<User>, ProfileFault> {
    let user_id = user_id.to_owned();
    let found = app.db.read(move |tx| {
        let Some(person) = profile::person(tx, env, &user_id)? else { return Ok(None) };
        Ok::<_, Fault>(Some(User { accounts: belongings(tx, env, &user_id)?, person }))
    });
    Ok(found.await?)
}

/// Accounts.
pub async fn accounts(app: &App, env: Env, filter: Filter) -> Result<Listed<AccountRow>, ProfileFault> {
    let wanted = wanted(filter);
    let page = app.db.read(move |tx| {
        let mut accounts = profile::list::accounts(tx, env, &wanted)?;
        let next = next(&mut accounts, &wanted, |one| (one.known.first_seen_at, one.account_id.clone()));
        let mut rows = Vec::with_capacity(accounts.len());
        for account in accounts {
            rows.push(AccountRow {
                members: profile::list::count_members(tx, env, &account.account_id)?,
                account,
            });
        }
        let (total, all) = totals(&wanted, |search| profile::list::count_accounts(tx, env, search))?;
        Ok::<_, Fault>(Listed { rows, next, total, all })
    });
    Ok(page.await?)
}

/// The account that goes by this id, the builder's or ours; `None` when no event of the environment named it.
pub async fn account(app: &App, env: Env, any_id: &str) -> Result<Option<AccountDetail>, ProfileFault> {
    let any_id = any_id.to_owned();
    let found = app.db.read(move |tx| {
        let Some(account) = profile::account(tx, env, &any_id)? else { return Ok(None) };
        let mut members = Vec::new();
        for membership in profile::members(tx, env, &any_id)? {
            let person = profile::person(tx, env, &membership.user_id)?;
            members.push(Member { membership, email: person.and_then(|person| person.email()) });
        }
        Ok::<_, Fault>(Some(AccountDetail { ids: profile::ids(tx, env, &any_id)?, account, members }))
    });
    Ok(found.await?)
}

fn wanted(filter: Filter) -> Wanted {
    Wanted {
        search: filter.search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        after: filter.after,
        limit: filter.limit.clamp(1, LIST_MAX - 1) + 1,
    }
}

/// Takes the row off that only tells of another page, and says where that begins.
fn next<T>(
    rows: &mut Vec<T>,
    wanted: &Wanted,
    place: impl Fn(&T) -> (kernel::Timestamp, String),
) -> Option<Cursor> {
    let more = rows.len() >= wanted.limit;
    rows.truncate(wanted.limit - 1);
    let (at, id) = place(rows.last().filter(|_| more)?);
    Some(Cursor { at, id })
}

fn totals(
    wanted: &Wanted,
    mut count: impl FnMut(Option<&str>) -> Result<u64, Fault>,
) -> Result<(u64, u64), Fault> {
    let all = count(None)?;
    let total = match &wanted.search {
        Some(search) => count(Some(search))?,
        None => all,
    };
    Ok((total, all))
}

fn belongings(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Vec<Belonging>, Fault> {
    let mut belongings = Vec::new();
    for membership in profile::list::accounts_of(tx, env, user_id)? {
        let account = profile::account(tx, env, &membership.account_id)?;
        belongings.push(Belonging { membership, account_name: account.and_then(|account| account.name()) });
    }
    Ok(belongings)
}
