//! Lists of people and accounts, the newest first, and the people of an account.

use super::{MEMBERS_MAX, known, membership_of};
use kernel::{Cursor, Env, Timestamp};
use model::telemetry::profile::{Account, Membership, Person};
use sql::{Fault, Tx, Value, params, statements};

/// The most rows of one page.
pub const LIST_MAX: usize = 200;

statements! {
    USERS = "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_user WHERE environment_id = $1
             AND (first_seen_at < $2 OR (first_seen_at = $2 AND user_id < $3))
             ORDER BY first_seen_at DESC, user_id DESC LIMIT $4";
    FIND_USERS = "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_user WHERE environment_id = $1
             AND (first_seen_at < $2 OR (first_seen_at = $2 AND user_id < $3))
             AND (LOWER(user_id) LIKE $5 ESCAPE '!' OR LOWER(email) LIKE $5 ESCAPE '!' OR LOWER(name) LIKE $5 ESCAPE '!')
             ORDER BY first_seen_at DESC, user_id DESC LIMIT $4";
    COUNT_USERS = "SELECT COUNT(*) FROM profile_user WHERE environment_id = $1";
    COUNT_FOUND_USERS = "SELECT COUNT(*) FROM profile_user WHERE environment_id = $1
             AND (LOWER(user_id) LIKE $2 ESCAPE '!' OR LOWER(email) LIKE $2 ESCAPE '!' OR LOWER(name) LIKE $2 ESCAPE '!')";
    ACCOUNTS = "SELECT account_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_account WHERE environment_id = $1
             AND (first_seen_at < $2 OR (first_seen_at = $2 AND account_id < $3))
             ORDER BY first_seen_at DESC, account_id DESC LIMIT $4";
    FIND_ACCOUNTS = "SELECT account_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_account WHERE environment_id = $1
             AND (first_seen_at < $2 OR (first_seen_at = $2 AND account_id < $3))
             AND (LOWER(account_id) LIKE $5 ESCAPE '!' OR LOWER(domain) LIKE $5 ESCAPE '!' OR LOWER(name) LIKE $5 ESCAPE '!')
             ORDER BY first_seen_at DESC, account_id DESC LIMIT $4";
    COUNT_ACCOUNTS = "SELECT COUNT(*) FROM profile_account WHERE environment_id = $1";
    COUNT_FOUND_ACCOUNTS = "SELECT COUNT(*) FROM profile_account WHERE environment_id = $1
             AND (LOWER(account_id) LIKE $2 ESCAPE '!' OR LOWER(domain) LIKE $2 ESCAPE '!' OR LOWER(name) LIKE $2 ESCAPE '!')";
    COUNT_MEMBERS = "SELECT COUNT(*) FROM profile_membership WHERE environment_id = $1 AND account_id = $2 AND active";
    ACCOUNTS_OF = "SELECT account_id, user_id, joined_at, active, active_at, active_sequence, role, role_at,
             role_sequence FROM profile_membership
             WHERE environment_id = $1 AND user_id = $2 ORDER BY account_id LIMIT $3";
}

/// Which rows a list shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Part of the id, the name, and a person's address or an account's domain.
    pub search: Option<String>,
    /// Behind this row, by the time when it was first seen.
    pub after: Option<Cursor>,
    /// At most [`LIST_MAX`].
    pub limit: usize,
}

/// People, those first seen last before the others.
pub fn users(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<Vec<Person>, Fault> {
    let person = |row: &sql::Row<'_>| Ok(Person { user_id: row.get(0)?, known: known(row)? });
    let (env, bounds) = (env.to_string(), Bounds::of(wanted));
    match &bounds.pattern {
        None => tx.query(&USERS, &bounds.params(&env), person),
        Some(_) => tx.query(&FIND_USERS, &bounds.params(&env), person),
    }
}

/// How many people there are, or how many the search finds.
pub fn count_users(tx: &mut Tx<'_>, env: Env, search: Option<&str>) -> Result<u64, Fault> {
    count(tx, env, search, [&COUNT_USERS, &COUNT_FOUND_USERS])
}

/// Accounts under the id of their row, those first seen last before the others.
pub fn accounts(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<Vec<Account>, Fault> {
    let account = |row: &sql::Row<'_>| Ok(Account { account_id: row.get(0)?, known: known(row)? });
    let (env, bounds) = (env.to_string(), Bounds::of(wanted));
    match &bounds.pattern {
        None => tx.query(&ACCOUNTS, &bounds.params(&env), account),
        Some(_) => tx.query(&FIND_ACCOUNTS, &bounds.params(&env), account),
    }
}

/// How many accounts there are, or how many the search finds.
pub fn count_accounts(tx: &mut Tx<'_>, env: Env, search: Option<&str>) -> Result<u64, Fault> {
    count(tx, env, search, [&COUNT_ACCOUNTS, &COUNT_FOUND_ACCOUNTS])
}

/// How many people belong to the account whose row has this id.
pub fn count_members(tx: &mut Tx<'_>, env: Env, account_id: &str) -> Result<u64, Fault> {
    let count: i64 = tx.query_one(&COUNT_MEMBERS, params![&env.to_string(), account_id], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The person's memberships, also ended ones, by account id.
pub fn accounts_of(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Vec<Membership>, Fault> {
    tx.query(&ACCOUNTS_OF, params![&env.to_string(), user_id, MEMBERS_MAX], membership_of)
}

fn count(
    tx: &mut Tx<'_>,
    env: Env,
    search: Option<&str>,
    [all, found]: [&'static sql::Statement; 2],
) -> Result<u64, Fault> {
    let env = env.to_string();
    let count: i64 = match search {
        None => tx.query_one(all, params![&env], |row| row.get(0))?,
        Some(text) => tx.query_one(found, params![&env, &crate::like(text)], |row| row.get(0))?,
    };
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Where a page begins, how long it is, and what it searches for.
struct Bounds<'a> {
    at: Timestamp,
    id: &'a str,
    limit: i64,
    pattern: Option<String>,
}

impl<'a> Bounds<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        let (at, id) = match &wanted.after {
            Some(cursor) => (cursor.at, cursor.id.as_str()),
            None => (Timestamp::from_micros(i64::MAX), ""),
        };
        let limit = i64::try_from(wanted.limit.min(LIST_MAX)).unwrap_or(0);
        Self { at, id, limit, pattern: wanted.search.as_deref().map(crate::like) }
    }

    fn params<'p>(&'p self, env: &'p str) -> Vec<Value<'p>> {
        let mut params = vec![env.into(), self.at.into(), self.id.into(), self.limit.into()];
        params.extend(self.pattern.as_deref().map(Value::from));
        params
    }
}
