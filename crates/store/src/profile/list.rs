//! Lists of people and accounts in several orders, each with its index, and the people of an account.
//!
//! A page begins behind a row by comparing pairs, `(key, id) < ($2, $3)`: both engines look that up in the index, whereas
//! the same condition written with OR reads everything before the page.

use super::{MEMBERS_MAX, known, membership_of};
use kernel::{Cursor, Env, Key, Timestamp};
use model::run::{RunState, WaitingFor};
use model::telemetry::profile::{Account, Membership, Person};
use sql::{Fault, Row, Statement, Tx, Value, params, statements};

/// The most rows of one page.
pub const LIST_MAX: usize = 200;
/// The most characters of a name or address that a list is sorted by: an index has room for no more.
const KEY_CHARS: usize = 200;

/// What a filter asks of people; `$5` to `$8` of each statement, `$2` to `$5` where they are counted.
macro_rules! of_people {
    ($search:literal, $since:literal, $seen:literal, $state:literal) => {
        concat!(
            " AND (CAST(", $search, " AS TEXT) IS NULL OR strpos(LOWER(user_id), ", $search, ") > 0
               OR strpos(LOWER(email), ", $search, ") > 0 OR strpos(LOWER(name), ", $search, ") > 0)
             AND (CAST(", $since, " AS BIGINT) IS NULL OR created_at >= ", $since, ")
             AND (CAST(", $seen, " AS BIGINT) IS NULL OR last_seen_at >= ", $seen, ")
             AND CASE COALESCE(CAST(", $state, " AS TEXT), '') WHEN '' THEN true
                 WHEN 'member' THEN EXISTS (SELECT 1 FROM profile_membership AS m
                      WHERE m.environment_id = p.environment_id AND m.user_id = p.user_id AND m.active)
                 WHEN 'known' THEN identified_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM profile_membership AS m
                      WHERE m.environment_id = p.environment_id AND m.user_id = p.user_id AND m.active)
                 WHEN 'anonymous' THEN identified_at IS NULL
                 ELSE EXISTS (SELECT 1 FROM run AS r WHERE r.environment_id = p.environment_id AND r.user_id = p.user_id
                      AND (r.waiting_for = ", $state, " OR r.state = ", $state, ")) END"
        )
    };
}

macro_rules! people {
    ($key:literal, $compare:literal, $direction:literal) => {
        concat!(
            "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched,
             (SELECT r.state FROM run AS r WHERE r.environment_id = p.environment_id AND r.user_id = p.user_id
              ORDER BY r.created_at DESC, r.id DESC LIMIT 1),
             (SELECT r.waiting_for FROM run AS r WHERE r.environment_id = p.environment_id AND r.user_id = p.user_id
              ORDER BY r.created_at DESC, r.id DESC LIMIT 1)
             FROM profile_user AS p WHERE environment_id = $1 AND (", $key, ", user_id) ", $compare, " ($2, $3)",
            of_people!("$5", "$6", "$7", "$8"),
            " ORDER BY ", $key, " ", $direction, ", user_id ", $direction, " LIMIT $4"
        )
    };
}

macro_rules! of_accounts {
    ($search:literal, $since:literal, $seen:literal, $state:literal) => {
        concat!(
            " AND (CAST(",
            $search,
            " AS TEXT) IS NULL OR strpos(LOWER(account_id), ",
            $search,
            ") > 0
               OR strpos(LOWER(domain), ",
            $search,
            ") > 0 OR strpos(LOWER(name), ",
            $search,
            ") > 0)
             AND (CAST(",
            $since,
            " AS BIGINT) IS NULL OR created_at >= ",
            $since,
            ")
             AND (CAST(",
            $seen,
            " AS BIGINT) IS NULL OR last_seen_at >= ",
            $seen,
            ")
             AND CASE COALESCE(CAST(",
            $state,
            " AS TEXT), '') WHEN '' THEN true
                 WHEN 'created' THEN registered_at IS NOT NULL
                 WHEN 'told' THEN registered_at IS NULL
                 WHEN 'alone' THEN members = 1
                 WHEN 'team' THEN members > 1
                 ELSE members = 0 END"
        )
    };
}

macro_rules! accounts {
    ($key:literal, $compare:literal, $direction:literal) => {
        concat!(
            "SELECT account_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched, members
             FROM profile_account WHERE environment_id = $1 AND (", $key, ", account_id) ", $compare, " ($2, $3)",
            of_accounts!("$5", "$6", "$7", "$8"),
            " ORDER BY ", $key, " ", $direction, ", account_id ", $direction, " LIMIT $4"
        )
    };
}

statements! {
    USERS_NEWEST = people!("first_seen_at", "<", "DESC");
    USERS_OLDEST = people!("first_seen_at", ">", "ASC");
    USERS_SEEN = people!("last_seen_at", "<", "DESC");
    USERS_AWAY = people!("last_seen_at", ">", "ASC");
    USERS_A_TO_Z = people!("title_key", ">", "ASC");
    USERS_Z_TO_A = people!("title_key", "<", "DESC");
    COUNT_USERS = "SELECT COUNT(*) FROM profile_user WHERE environment_id = $1";
    COUNT_FOUND_USERS = concat!("SELECT COUNT(*) FROM profile_user AS p WHERE environment_id = $1",
        of_people!("$2", "$3", "$4", "$5"));
    ACCOUNTS_NEWEST = accounts!("first_seen_at", "<", "DESC");
    ACCOUNTS_OLDEST = accounts!("first_seen_at", ">", "ASC");
    ACCOUNTS_SEEN = accounts!("last_seen_at", "<", "DESC");
    ACCOUNTS_AWAY = accounts!("last_seen_at", ">", "ASC");
    ACCOUNTS_A_TO_Z = accounts!("title_key", ">", "ASC");
    ACCOUNTS_Z_TO_A = accounts!("title_key", "<", "DESC");
    ACCOUNTS_LARGEST = accounts!("members", "<", "DESC");
    ACCOUNTS_SMALLEST = accounts!("members", ">", "ASC");
    COUNT_ACCOUNTS = "SELECT COUNT(*) FROM profile_account WHERE environment_id = $1";
    COUNT_FOUND_ACCOUNTS = concat!("SELECT COUNT(*) FROM profile_account WHERE environment_id = $1",
        of_accounts!("$2", "$3", "$4", "$5"));
    USERS_BY_TITLE = "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_user WHERE environment_id = $1 AND title_key >= $2 AND title_key < $3
             ORDER BY title_key, user_id LIMIT $4";
    USERS_BY_NAME = "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_user WHERE environment_id = $1 AND name_key >= $2 AND name_key < $3
             ORDER BY name_key, user_id LIMIT $4";
    ACCOUNTS_BY_TITLE = "SELECT account_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched
             FROM profile_account WHERE environment_id = $1 AND title_key >= $2 AND title_key < $3
             ORDER BY title_key, account_id LIMIT $4";
    ACCOUNTS_OF = "SELECT account_id, user_id, joined_at, active, active_at, active_sequence, role, role_at,
             role_sequence FROM profile_membership
             WHERE environment_id = $1 AND user_id = $2 ORDER BY account_id LIMIT $3";
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// Naturally the newest first.
    #[default]
    FirstSeen,
    /// Naturally the latest first.
    LastSeen,
    /// What names the row, naturally from A to Z.
    Title,
    /// How many people an account has, naturally the most first. People are sorted by [`By::FirstSeen`] instead.
    Members,
}

/// Which rows a list shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub only: Only,
    pub by: By,
    /// Against the natural order.
    pub turned: bool,
    /// Behind this row. A cursor of another order begins at the front.
    pub after: Option<Cursor>,
    /// At most [`LIST_MAX`].
    pub limit: usize,
}

/// What all rows of a list have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Part of the id, the name, and a person's address or an account's domain.
    pub search: Option<String>,
    pub created_since: Option<Timestamp>,
    pub seen_since: Option<Timestamp>,
    /// Of people: `member`, `known`, `anonymous`, or a state or wait of one of their runs; of accounts: `created`, `told`,
    /// `alone`, `team`, `empty`.
    pub state: Option<&'static str>,
}

/// A person with the newest of their runs, as far as a list tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedUser {
    pub person: Person,
    pub run: Option<(RunState, Option<WaitingFor>)>,
}

/// An account with how many people belong to it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedAccount {
    pub account: Account,
    pub members: u64,
}

/// What names a person in a list, as it is sorted.
pub fn person_key(person: &Person) -> String {
    key(&person.title())
}

/// What names an account in a list, as it is sorted.
pub fn account_key(account: &Account) -> String {
    key(&account.title())
}

/// A text as lists sort by it and as a search for its beginning compares it.
pub fn key(text: &str) -> String {
    text.to_lowercase().chars().take(KEY_CHARS).collect()
}

/// People.
pub fn users(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<Vec<ListedUser>, Fault> {
    let statement = match (wanted.by, wanted.turned) {
        (By::FirstSeen | By::Members, false) => &USERS_NEWEST,
        (By::FirstSeen | By::Members, true) => &USERS_OLDEST,
        (By::LastSeen, false) => &USERS_SEEN,
        (By::LastSeen, true) => &USERS_AWAY,
        (By::Title, false) => &USERS_A_TO_Z,
        (By::Title, true) => &USERS_Z_TO_A,
    };
    page(tx, env, wanted, statement, |row| {
        let run = match row.parse_opt::<RunState>(7)? {
            Some(state) => Some((state, row.parse_opt(8)?)),
            None => None,
        };
        Ok(ListedUser { person: Person { user_id: row.get(0)?, known: known(row)? }, run })
    })
}

/// Accounts under the id of their row.
pub fn accounts(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<Vec<ListedAccount>, Fault> {
    let statement = match (wanted.by, wanted.turned) {
        (By::FirstSeen, false) => &ACCOUNTS_NEWEST,
        (By::FirstSeen, true) => &ACCOUNTS_OLDEST,
        (By::LastSeen, false) => &ACCOUNTS_SEEN,
        (By::LastSeen, true) => &ACCOUNTS_AWAY,
        (By::Title, false) => &ACCOUNTS_A_TO_Z,
        (By::Title, true) => &ACCOUNTS_Z_TO_A,
        (By::Members, false) => &ACCOUNTS_LARGEST,
        (By::Members, true) => &ACCOUNTS_SMALLEST,
    };
    page(tx, env, wanted, statement, |row| {
        let members: i64 = row.get(7)?;
        let account = Account { account_id: row.get(0)?, known: known(row)? };
        Ok(ListedAccount { account, members: u64::try_from(members).unwrap_or(0) })
    })
}

fn page<T: Send + 'static>(
    tx: &mut Tx<'_>,
    env: Env,
    wanted: &Wanted,
    statement: &'static Statement,
    row: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let (env, only) = (env.to_string(), &wanted.only);
    let (key, id) = front(wanted);
    let limit = i64::try_from(wanted.limit.min(LIST_MAX)).unwrap_or(0);
    let words = only.search.as_deref().map(crate::folded);
    let bounds =
        params![&env, key, id, limit, words.as_deref(), only.created_since, only.seen_since, only.state];
    tx.query(statement, bounds, row)
}

/// Behind what a page begins: the row that the cursor names, or before all others.
fn front(wanted: &Wanted) -> (Value<'_>, &str) {
    let text = wanted.by == By::Title;
    match &wanted.after {
        Some(Cursor { key: Key::Text(key), id }) if text => (Value::from(key), id),
        Some(Cursor { key: Key::Number(key), id }) if !text => (Value::from(*key), id),
        _ => match (text, wanted.turned) {
            (true, false) => (Value::from(""), ""),
            (true, true) => (Value::from("\u{10ffff}"), ""),
            (false, false) => (Value::from(i64::MAX), ""),
            (false, true) => (Value::from(i64::MIN), ""),
        },
    }
}

/// How many people the environment has; with a filter, how many it leaves.
pub fn count_users(tx: &mut Tx<'_>, env: Env, only: &Only) -> Result<u64, Fault> {
    count(tx, env, only, [&COUNT_USERS, &COUNT_FOUND_USERS])
}

/// How many accounts the environment has; with a filter, how many it leaves.
pub fn count_accounts(tx: &mut Tx<'_>, env: Env, only: &Only) -> Result<u64, Fault> {
    count(tx, env, only, [&COUNT_ACCOUNTS, &COUNT_FOUND_ACCOUNTS])
}

/// People whose address, name or id begins with `text`, whatever the case: those found by what names them in lists first.
pub fn people_beginning(tx: &mut Tx<'_>, env: Env, text: &str, limit: usize) -> Result<Vec<Person>, Fault> {
    let person = |row: &Row<'_>| Ok(Person { user_id: row.get(0)?, known: known(row)? });
    let mut people = beginning(tx, env, &USERS_BY_TITLE, text, limit, person)?;
    for named in beginning(tx, env, &USERS_BY_NAME, text, limit, person)? {
        if people.len() < limit && !people.iter().any(|known| known.user_id == named.user_id) {
            people.push(named);
        }
    }
    Ok(people)
}

/// Accounts whose name, or else id, begins with `text`, whatever the case.
pub fn accounts_beginning(
    tx: &mut Tx<'_>,
    env: Env,
    text: &str,
    limit: usize,
) -> Result<Vec<Account>, Fault> {
    beginning(tx, env, &ACCOUNTS_BY_TITLE, text, limit, |row| {
        Ok(Account { account_id: row.get(0)?, known: known(row)? })
    })
}

fn beginning<T: Send + 'static>(
    tx: &mut Tx<'_>,
    env: Env,
    statement: &'static Statement,
    text: &str,
    limit: usize,
    row: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let from = key(text);
    let upto = format!("{from}\u{10ffff}");
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    tx.query(statement, params![&env.to_string(), &from, &upto, limit], row)
}

/// The person's memberships, also ended ones, by account id.
pub fn accounts_of(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Vec<Membership>, Fault> {
    tx.query(&ACCOUNTS_OF, params![&env.to_string(), user_id, MEMBERS_MAX], membership_of)
}

fn count(
    tx: &mut Tx<'_>,
    env: Env,
    only: &Only,
    [all, found]: [&'static Statement; 2],
) -> Result<u64, Fault> {
    let env = env.to_string();
    let count: i64 = if *only == Only::default() {
        tx.query_one(all, params![&env], |row| row.get(0))?
    } else {
        let words = only.search.as_deref().map(crate::folded);
        let bounds = params![&env, words.as_deref(), only.created_since, only.seen_since, only.state];
        tx.query_one(found, bounds, |row| row.get(0))?
    };
    Ok(u64::try_from(count).unwrap_or(0))
}
