//! People, accounts and memberships as the journal's events tell them. The consumer "profiles" is their only
//! writer.
//!
//! A `save_*` merges what it is given into what is there (`model::telemetry::profile`), in any order and any
//! number of times; so building the tables again from the journal gives the same bytes.
//!
//! An account has one row under one id. Its other ids are rows of `profile_alias`, made by [`link`] alone.

pub mod list;

use kernel::{Env, Timestamp};
use model::telemetry::profile::{Account, Known, Link, Membership, Person};
use model::telemetry::traits::{Stamp, Traits};
use sql::{Fault, Lock, Row, Statement, Tx, params, statements};

/// Most memberships that one answer holds.
pub const MEMBERS_MAX: i64 = 1_000;
/// Most other ids of one account that are looked at.
pub const ALIASES_MAX: i64 = 1_000;
/// Most rows that the links of one command move: for [`link`]'s `room`.
pub const MOVED_MAX: usize = 200;

statements! {
    pub(crate) USER = "SELECT user_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, enriched \
        FROM profile_user WHERE environment_id = $1 AND user_id = $2";
    // What names a row beside another: no reading of all traits.
    pub(crate) EMAIL = "SELECT email FROM profile_user WHERE environment_id = $1 AND user_id = $2";
    pub(crate) ACCOUNT_NAME = "SELECT name FROM profile_account WHERE environment_id = $1 AND account_id = $2";
    pub(crate) PUT_USER = "INSERT INTO profile_user (environment_id, user_id, first_seen_at, last_seen_at, \
        identified_at, registered_at, created_at, email, name, traits, enriched, title_key, name_key) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        ON CONFLICT (environment_id, user_id) DO UPDATE SET \
        first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, \
        identified_at = excluded.identified_at, registered_at = excluded.registered_at, \
        created_at = excluded.created_at, email = excluded.email, name = excluded.name, \
        traits = excluded.traits, enriched = excluded.enriched, title_key = excluded.title_key, \
        name_key = excluded.name_key";
    pub(crate) SEE_USER = "UPDATE profile_user SET \
        first_seen_at = CASE WHEN first_seen_at > $3 THEN $3 ELSE first_seen_at END, \
        last_seen_at = CASE WHEN last_seen_at < $4 THEN $4 ELSE last_seen_at END \
        WHERE environment_id = $1 AND user_id = $2 RETURNING user_id";
    pub(crate) ACCOUNT = "SELECT account_id, first_seen_at, last_seen_at, identified_at, registered_at, traits, \
        enriched FROM profile_account WHERE environment_id = $1 AND account_id = $2";
    pub(crate) PUT_ACCOUNT = "INSERT INTO profile_account (environment_id, account_id, first_seen_at, last_seen_at, \
        identified_at, registered_at, created_at, name, domain, plan, traits, enriched, title_key, members) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
        ON CONFLICT (environment_id, account_id) DO UPDATE SET \
        first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, \
        identified_at = excluded.identified_at, registered_at = excluded.registered_at, \
        created_at = excluded.created_at, name = excluded.name, domain = excluded.domain, plan = excluded.plan, \
        traits = excluded.traits, enriched = excluded.enriched, title_key = excluded.title_key";
    pub(crate) SEE_ACCOUNT = "UPDATE profile_account SET \
        first_seen_at = CASE WHEN first_seen_at > $3 THEN $3 ELSE first_seen_at END, \
        last_seen_at = CASE WHEN last_seen_at < $4 THEN $4 ELSE last_seen_at END \
        WHERE environment_id = $1 AND account_id = $2 RETURNING account_id";
    pub(crate) ACCOUNT_SIZE = "SELECT members FROM profile_account WHERE environment_id = $1 AND account_id = $2";
    // Counted, so that a list may be sorted by it.
    pub(crate) COUNT_MEMBERS = "SELECT COUNT(*) FROM profile_membership \
        WHERE environment_id = $1 AND account_id = $2 AND active";
    pub(crate) MORE_MEMBERS = "UPDATE profile_account SET members = members + $3 \
        WHERE environment_id = $1 AND account_id = $2";
    pub(crate) DROP_ACCOUNT = "DELETE FROM profile_account WHERE environment_id = $1 AND account_id = $2";
    pub(crate) ALIAS = "SELECT account_id FROM profile_alias WHERE environment_id = $1 AND alias_id = $2";
    pub(crate) ALIASES = "SELECT alias_id FROM profile_alias WHERE environment_id = $1 AND account_id = $2 \
        ORDER BY alias_id LIMIT $3";
    pub(crate) ADD_ALIAS = "INSERT INTO profile_alias (environment_id, alias_id, account_id) VALUES ($1, $2, $3)";
    pub(crate) MOVE_ALIASES = "UPDATE profile_alias SET account_id = $3 \
        WHERE environment_id = $1 AND account_id = $2 AND alias_id <= $4";
    pub(crate) MEMBERSHIP = "SELECT account_id, user_id, joined_at, active, active_at, active_sequence, role, \
        role_at, role_sequence FROM profile_membership \
        WHERE environment_id = $1 AND account_id = $2 AND user_id = $3";
    pub(crate) MEMBERS = "SELECT account_id, user_id, joined_at, active, active_at, active_sequence, role, \
        role_at, role_sequence FROM profile_membership \
        WHERE environment_id = $1 AND account_id = $2 ORDER BY user_id LIMIT $3";
    pub(crate) PUT_MEMBERSHIP = "INSERT INTO profile_membership (environment_id, account_id, user_id, joined_at, \
        active, active_at, active_sequence, role, role_at, role_sequence) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (environment_id, account_id, user_id) DO UPDATE SET joined_at = excluded.joined_at, \
        active = excluded.active, active_at = excluded.active_at, active_sequence = excluded.active_sequence, \
        role = excluded.role, role_at = excluded.role_at, role_sequence = excluded.role_sequence";
    pub(crate) DROP_MEMBERS = "DELETE FROM profile_membership \
        WHERE environment_id = $1 AND account_id = $2 AND user_id <= $3";
    pub(crate) ALL_USERS = "SELECT environment_id || ' ' || user_id, \
        CAST(first_seen_at AS TEXT) || ' ' || CAST(last_seen_at AS TEXT), CAST(identified_at AS TEXT), \
        CAST(registered_at AS TEXT), CAST(created_at AS TEXT), COALESCE(email, '-') || ' ' || title_key || ' ' || name_key, name, traits, enriched \
        FROM profile_user ORDER BY environment_id, user_id";
    pub(crate) ALL_ACCOUNTS = "SELECT environment_id || ' ' || account_id, \
        CAST(first_seen_at AS TEXT) || ' ' || CAST(last_seen_at AS TEXT), CAST(identified_at AS TEXT), \
        CAST(registered_at AS TEXT), CAST(created_at AS TEXT), COALESCE(name, '-') || ' ' || title_key || ' ' || CAST(members AS TEXT), \
        COALESCE(domain, '-') || ' ' || COALESCE(plan, '-'), traits, enriched \
        FROM profile_account ORDER BY environment_id, account_id";
    pub(crate) ALL_ALIASES = "SELECT environment_id || ' ' || alias_id, account_id, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL FROM profile_alias ORDER BY environment_id, alias_id";
    pub(crate) ALL_MEMBERS = "SELECT environment_id || ' ' || account_id, user_id, CAST(joined_at AS TEXT), \
        CASE WHEN active THEN 'active' ELSE 'ended' END, CAST(active_at AS TEXT), \
        CAST(active_sequence AS TEXT), role, CAST(role_at AS TEXT), CAST(role_sequence AS TEXT) \
        FROM profile_membership ORDER BY environment_id, account_id, user_id";
    pub(crate) CLEAR_USERS = "DELETE FROM profile_user";
    pub(crate) CLEAR_ACCOUNTS = "DELETE FROM profile_account";
    pub(crate) CLEAR_ALIASES = "DELETE FROM profile_alias";
    pub(crate) CLEAR_MEMBERS = "DELETE FROM profile_membership";
}

/// Guards all four tables: one consumer writes them.
pub fn lock() -> Lock {
    Lock::new("profile", &[])
}

/// Merges a person into what is known; how many bytes of traits were written. Under [`lock`].
pub fn save_person(tx: &mut Tx<'_>, env: Env, told: &Person) -> Result<usize, Fault> {
    tx.holds(&lock())?;
    if saw(tx, &SEE_USER, env, &told.user_id, &told.known)? {
        return Ok(0);
    }
    let known = person(tx, env, &told.user_id)?;
    let person = match known {
        Some(mut known) => {
            known.merge(told.clone());
            known
        }
        None => told.clone(),
    };
    let (traits, enriched) = (text(&person.known.traits)?, text(&person.known.enriched)?);
    tx.execute(
        &PUT_USER,
        params![
            &env.to_string(),
            &person.user_id,
            person.known.first_seen_at,
            person.known.last_seen_at,
            person.known.identified_at,
            person.known.registered_at,
            person.known.created_at(),
            person.email().as_deref(),
            person.name().as_deref(),
            &traits,
            &enriched,
            &list::person_key(&person),
            &list::key(person.name().as_deref().unwrap_or_default()),
        ],
    )?;
    Ok(traits.len() + enriched.len())
}

/// Notes that somebody known was seen. Most events tell no more, and traits may be large: they are neither read nor
/// written for that. False when there is more to say, or nobody was known.
fn saw(tx: &mut Tx<'_>, see: &'static Statement, env: Env, id: &str, told: &Known) -> Result<bool, Fault> {
    let tells = !told.traits.is_empty()
        || !told.enriched.is_empty()
        || told.identified_at.is_some()
        || told.registered_at.is_some();
    if tells {
        return Ok(false);
    }
    let seen =
        tx.query_opt(see, params![&env.to_string(), id, told.first_seen_at, told.last_seen_at], |_| Ok(()))?;
    Ok(seen.is_some())
}

/// Merges an account into what is known under any of its ids; how many bytes of traits were written. Under [`lock`].
pub fn save_account(tx: &mut Tx<'_>, env: Env, told: &Account) -> Result<usize, Fault> {
    tx.holds(&lock())?;
    let account_id = root(tx, env, &told.account_id)?;
    if saw(tx, &SEE_ACCOUNT, env, &account_id, &told.known)? {
        return Ok(0);
    }
    merge_account(tx, env, Account { account_id, ..told.clone() })
}

/// Merges a membership into what is known; its account may go by any of its ids. Under [`lock`].
pub fn save_membership(tx: &mut Tx<'_>, env: Env, told: &Membership) -> Result<(), Fault> {
    tx.holds(&lock())?;
    let account_id = root(tx, env, &told.account_id)?;
    merge_membership(tx, env, Membership { account_id, ..told.clone() })
}

/// How far [`link`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    Whole,
    /// The room was used up: the same link in another command goes on from there. Until it is whole, both ids are
    /// accounts of their own, and nothing else may be written.
    Partly,
}

/// Makes a tenant's id another id of the builder's account, and moves what was known under it there: at most `room`
/// members and aliases, which is less by as many then. A tenant that is linked already stays where it is: the first
/// word wins, as with the acknowledgement. Under [`lock`].
pub fn link(tx: &mut Tx<'_>, env: Env, link: &Link, room: &mut usize) -> Result<Linked, Fault> {
    tx.holds(&lock())?;
    let (environment, from) = (env.to_string(), link.tenant_id.as_str());
    let to = root(tx, env, &link.group_id)?;
    if to == from || alias(tx, env, from)?.is_some() {
        return Ok(Linked::Whole);
    }
    let aliases: Vec<String> =
        tx.query(&ALIASES, params![&environment, from, limit(*room)], |row| row.get(0))?;
    if let Some(last) = aliases.last() {
        tx.execute(&MOVE_ALIASES, params![&environment, from, &to, last])?;
    }
    if !fits(room, aliases.len()) || !move_members(tx, env, from, &to, room)? {
        return Ok(Linked::Partly);
    }
    if let Some(account) = stored_account(tx, env, from)? {
        tx.execute(&DROP_ACCOUNT, params![&environment, from])?;
        merge_account(tx, env, Account { account_id: to.clone(), ..account })?;
    }
    tx.execute(&ADD_ALIAS, params![&environment, from, &to])?;
    Ok(Linked::Whole)
}

/// Whether these were all: fewer came than there was room for.
fn move_members(tx: &mut Tx<'_>, env: Env, from: &str, to: &str, room: &mut usize) -> Result<bool, Fault> {
    let members = stored_members(tx, env, from, limit(*room))?;
    let count = members.len();
    if let Some(last) = members.last().map(|member| member.user_id.clone()) {
        let left = members.iter().filter(|member| member.active).count() as i64;
        for member in members {
            merge_membership(tx, env, Membership { account_id: to.to_owned(), ..member })?;
        }
        tx.execute(&DROP_MEMBERS, params![&env.to_string(), from, &last])?;
        tx.execute(&MORE_MEMBERS, params![&env.to_string(), from, -left])?;
    }
    Ok(fits(room, count))
}

/// Takes `moved` rows from the room; false when that left none, so that more rows may wait.
fn fits(room: &mut usize, moved: usize) -> bool {
    *room = room.saturating_sub(moved);
    *room > 0
}

fn limit(room: usize) -> i64 {
    i64::try_from(room).unwrap_or(i64::MAX)
}

/// Empties all four tables, of every environment. Under [`lock`].
pub fn clear(tx: &mut Tx<'_>) -> Result<(), Fault> {
    tx.holds(&lock())?;
    for statement in [&CLEAR_USERS, &CLEAR_ACCOUNTS, &CLEAR_ALIASES, &CLEAR_MEMBERS] {
        tx.execute(statement, params![])?;
    }
    Ok(())
}

/// The person of this `user_id`.
pub fn person(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Option<Person>, Fault> {
    tx.query_opt(&USER, params![&env.to_string(), user_id], |row| {
        Ok(Person { user_id: row.get(0)?, known: known(row)? })
    })
}

/// The person's address alone.
pub fn email(tx: &mut Tx<'_>, env: Env, user_id: &str) -> Result<Option<String>, Fault> {
    let email = tx.query_opt(&EMAIL, params![&env.to_string(), user_id], |row| row.get(0))?;
    Ok(email.flatten())
}

/// The name alone of the account that goes by this id.
pub fn account_name(tx: &mut Tx<'_>, env: Env, any_id: &str) -> Result<Option<String>, Fault> {
    let account_id = root(tx, env, any_id)?;
    let name = tx.query_opt(&ACCOUNT_NAME, params![&env.to_string(), &account_id], |row| row.get(0))?;
    Ok(name.flatten())
}

/// The account that goes by this id, the builder's or the platform's.
pub fn account(tx: &mut Tx<'_>, env: Env, any_id: &str) -> Result<Option<Account>, Fault> {
    let account_id = root(tx, env, any_id)?;
    stored_account(tx, env, &account_id)
}

/// Every id of the account that goes by `any_id`: the one of its row first.
pub fn ids(tx: &mut Tx<'_>, env: Env, any_id: &str) -> Result<Vec<String>, Fault> {
    let mut ids = vec![root(tx, env, any_id)?];
    let aliases = tx.query(&ALIASES, params![&env.to_string(), &ids[0], ALIASES_MAX], |row| row.get(0))?;
    ids.extend(aliases);
    Ok(ids)
}

/// The first memberships of the account by user id, also ended ones; at most [`MEMBERS_MAX`].
pub fn members(tx: &mut Tx<'_>, env: Env, any_id: &str, limit: usize) -> Result<Vec<Membership>, Fault> {
    let account_id = root(tx, env, any_id)?;
    let limit = i64::try_from(limit).unwrap_or(MEMBERS_MAX).min(MEMBERS_MAX);
    stored_members(tx, env, &account_id, limit)
}

/// How many people belong to the account now, as lists count them.
pub fn size(tx: &mut Tx<'_>, env: Env, any_id: &str) -> Result<u64, Fault> {
    let account_id = root(tx, env, any_id)?;
    let size =
        tx.query_opt(&ACCOUNT_SIZE, params![&env.to_string(), &account_id], |row| row.get::<i64>(0))?;
    Ok(size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
}

/// Every row of the four tables as text, for comparing what a rebuild made with what was there. Bounded as every
/// read is: small installations and tests.
pub fn rows(tx: &mut Tx<'_>) -> Result<Vec<String>, Fault> {
    let mut rows = Vec::new();
    for table in [&ALL_USERS, &ALL_ACCOUNTS, &ALL_ALIASES, &ALL_MEMBERS] {
        rows.extend(tx.query(table, params![], |row| {
            let columns = (0..9).map(|column| row.get::<Option<String>>(column));
            Ok(columns
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect::<Vec<_>>()
                .join("|"))
        })?);
    }
    Ok(rows)
}

/// The id under which the account has its row.
fn root(tx: &mut Tx<'_>, env: Env, id: &str) -> Result<String, Fault> {
    Ok(alias(tx, env, id)?.unwrap_or_else(|| id.to_owned()))
}

/// One step leads to the row: [`link`] moves whatever pointed to an id that becomes an alias itself.
fn alias(tx: &mut Tx<'_>, env: Env, id: &str) -> Result<Option<String>, Fault> {
    tx.query_opt(&ALIAS, params![&env.to_string(), id], |row| row.get(0))
}

fn stored_account(tx: &mut Tx<'_>, env: Env, account_id: &str) -> Result<Option<Account>, Fault> {
    tx.query_opt(&ACCOUNT, params![&env.to_string(), account_id], |row| {
        Ok(Account { account_id: row.get(0)?, known: known(row)? })
    })
}

/// What both kinds of rows hold behind their id.
fn known(row: &Row<'_>) -> Result<Known, Fault> {
    Ok(Known {
        first_seen_at: row.get(1)?,
        last_seen_at: row.get(2)?,
        identified_at: row.get(3)?,
        registered_at: row.get(4)?,
        traits: crate::json(row, 5)?,
        enriched: crate::json(row, 6)?,
    })
}

fn stored_members(tx: &mut Tx<'_>, env: Env, account_id: &str, limit: i64) -> Result<Vec<Membership>, Fault> {
    tx.query(&MEMBERS, params![&env.to_string(), account_id, limit], membership_of)
}

fn merge_account(tx: &mut Tx<'_>, env: Env, told: Account) -> Result<usize, Fault> {
    // Only a new row takes the count of those who were told of before their account.
    let (account, members) = match stored_account(tx, env, &told.account_id)? {
        Some(mut known) => {
            known.merge(told);
            (known, 0)
        }
        None => {
            let members = count_members(tx, env, &told.account_id)?;
            (told, members)
        }
    };
    let (traits, enriched) = (text(&account.known.traits)?, text(&account.known.enriched)?);
    tx.execute(
        &PUT_ACCOUNT,
        params![
            &env.to_string(),
            &account.account_id,
            account.known.first_seen_at,
            account.known.last_seen_at,
            account.known.identified_at,
            account.known.registered_at,
            account.known.created_at(),
            account.name().as_deref(),
            account.domain().as_deref(),
            account.plan().as_deref(),
            &traits,
            &enriched,
            &list::account_key(&account),
            members,
        ],
    )?;
    Ok(traits.len() + enriched.len())
}

/// How many people belong to the account whose row has this id.
fn count_members(tx: &mut Tx<'_>, env: Env, account_id: &str) -> Result<i64, Fault> {
    tx.query_one(&COUNT_MEMBERS, params![&env.to_string(), account_id], |row| row.get(0))
}

fn merge_membership(tx: &mut Tx<'_>, env: Env, told: Membership) -> Result<(), Fault> {
    let environment = env.to_string();
    let known =
        tx.query_opt(&MEMBERSHIP, params![&environment, &told.account_id, &told.user_id], membership_of)?;
    let belonged = known.as_ref().is_some_and(|known| known.active);
    let membership = match known {
        Some(mut known) => {
            known.merge(told);
            known
        }
        None => told,
    };
    let more = i64::from(membership.active) - i64::from(belonged);
    if more != 0 {
        tx.execute(&MORE_MEMBERS, params![&environment, &membership.account_id, more])?;
    }
    let role = membership.role.as_ref();
    tx.execute(
        &PUT_MEMBERSHIP,
        params![
            &environment,
            &membership.account_id,
            &membership.user_id,
            membership.joined_at,
            membership.active,
            membership.active_since.0,
            sequence(membership.active_since),
            role.map(|(role, _)| role),
            role.map(|(_, stamp)| stamp.0),
            role.map(|(_, stamp)| sequence(*stamp)),
        ],
    )
}

fn membership_of(row: &Row<'_>) -> Result<Membership, Fault> {
    let stamp = |at: Timestamp, sequence: i64| Stamp(at, u64::try_from(sequence).unwrap_or(0));
    let role: (Option<String>, Option<Timestamp>, Option<i64>) = (row.get(6)?, row.get(7)?, row.get(8)?);
    Ok(Membership {
        account_id: row.get(0)?,
        user_id: row.get(1)?,
        joined_at: row.get(2)?,
        active: row.get(3)?,
        active_since: stamp(row.get(4)?, row.get(5)?),
        role: match role {
            (Some(role), Some(at), Some(sequence)) => Some((role, stamp(at, sequence))),
            _ => None,
        },
    })
}

fn sequence(stamp: Stamp) -> i64 {
    i64::try_from(stamp.1).unwrap_or(i64::MAX)
}

fn text(traits: &Traits) -> Result<String, Fault> {
    serde_json::to_string(traits).map_err(crate::encoding)
}
