//! What an event says about people, accounts and who belongs to which (domain 2.3, 2.4, 5.1; D12, D26).
//!
//! Each of [`Person`], [`Account`] and [`Membership`] is what is known from some set of events, and merges
//! with another in any order and any number of times. One event is the smallest such set: [`facts`].

use super::{
    record::Origin,
    time,
    traits::{Stamp, Traits},
};
use crate::event::{Call, Event};
use kernel::Timestamp;
use serde_json::{Map, Value};

/// What is known of a person or of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// A person: the earliest `identify` or `signed_up`. An account: the earliest `group`, `account_created` or
    /// `account_added_user`.
    pub identified_at: Option<Timestamp>,
    /// A person: the earliest date that identify gave for the account's creation. An account: the earliest
    /// `account_created`. See [`Known::created_at`].
    pub registered_at: Option<Timestamp>,
    /// What the builder told.
    pub traits: Traits,
    /// What enrichment found; it fills what the builder did not tell (5.2).
    pub enriched: Traits,
}

/// A person by the builder's `user_id`. One that was never identified is an anonymous visitor still.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub user_id: String,
    pub known: Known,
}

/// An account by the builder's id (`group_id`), or by `ts_tenant_id` until a house event has joined both.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub account_id: String,
    pub known: Known,
}

/// A person in an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    pub account_id: String,
    pub user_id: String,
    /// The earliest event that told of it; `None` where only a removal is known.
    pub joined_at: Option<Timestamp>,
    pub active: bool,
    /// When `active` was last said.
    pub active_since: Stamp,
    pub role: Option<(String, Stamp)>,
}

/// Two ids of one account, by the house's own word: the tenant is known to the builder as `group_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub tenant_id: String,
    pub group_id: String,
}

/// Everything that one event says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    pub person: Option<Person>,
    pub account: Option<Account>,
    pub membership: Option<Membership>,
    pub link: Option<Link>,
}

/// Reads one event at its sequence number.
pub fn facts(origin: Origin, event: &Event, seq: u64) -> Facts {
    let stamp = Stamp(event.occurred_at, seq);
    let account_id = event.group_id.as_ref().or(event.tenant_id.as_ref());
    let link = match (origin, &event.tenant_id, &event.group_id) {
        (Origin::House, Some(tenant), Some(group)) if tenant != group => {
            Some(Link { tenant_id: tenant.clone(), group_id: group.clone() })
        }
        _ => None,
    };
    let membership = match (account_id, &event.user_id) {
        (Some(account), Some(user)) => membership(origin, account, user, event, stamp),
        _ => None,
    };
    Facts {
        person: event.user_id.as_ref().map(|user| person(user, event, stamp)),
        account: account_id.map(|account| self::account(account, event, stamp)),
        membership,
        link,
    }
}

fn person(user_id: &str, event: &Event, stamp: Stamp) -> Person {
    let at = event.occurred_at;
    let mut known = Known::seen(at);
    match (event.call, event.name.as_str()) {
        (Call::Identify, _) => {
            // D12: the event's time is also the date on which the user's account was first created.
            known.traits = Traits::told(event.attributes.clone(), stamp);
            known.identified_at = Some(at);
            known.registered_at = Some(at);
        }
        (Call::Track, "signed_up") => {
            known.traits = Traits::told(of(&event.attributes, SIGNED_UP), stamp);
            known.identified_at = Some(at);
            known.registered_at = Some(at);
        }
        (Call::Track, "user_enriched") => known.enriched = Traits::told(event.attributes.clone(), stamp),
        _ => {}
    }
    Person { user_id: user_id.to_owned(), known }
}

fn account(account_id: &str, event: &Event, stamp: Stamp) -> Account {
    let at = event.occurred_at;
    let mut known = Known::seen(at);
    match (event.call, event.name.as_str()) {
        (Call::Group, _) => {
            known.traits = Traits::told(event.attributes.clone(), stamp);
            known.identified_at = Some(at);
        }
        (Call::Track, "account_created") => {
            known.traits = Traits::told(of(&event.attributes, ACCOUNT_NAMED), stamp);
            known.identified_at = Some(at);
            known.registered_at = Some(at);
        }
        (Call::Track, "account_added_user" | "user_added_to_account") => {
            known.traits = Traits::told(of(&event.attributes, ACCOUNT_NAMED), stamp);
            known.identified_at = Some(at);
        }
        (Call::Track, "group_enriched") => known.enriched = Traits::told(event.attributes.clone(), stamp),
        _ => {}
    }
    Account { account_id: account_id.to_owned(), known }
}

/// Belonging is told by the calls that link a user to a group; that a user acted in one is not enough.
fn membership(
    origin: Origin,
    account_id: &str,
    user_id: &str,
    event: &Event,
    stamp: Stamp,
) -> Option<Membership> {
    let active = match (event.call, event.name.as_str()) {
        (Call::Identify | Call::Group, _) => true,
        // Whoever signs up with us may wait for long: their account is there with the acknowledgement.
        (Call::Track, "signed_up") if origin == Origin::House => return None,
        (Call::Track, "signed_up" | "account_added_user" | "user_added_to_account") => true,
        (Call::Track, "account_removed_user") => false,
        _ => return None,
    };
    let told = Traits::told(event.attributes.clone(), stamp);
    let role = if event.call == Call::Track && active { told.text(&["user_role", "role"]) } else { None };
    Some(Membership {
        account_id: account_id.to_owned(),
        user_id: user_id.to_owned(),
        joined_at: active.then_some(event.occurred_at),
        active,
        active_since: stamp,
        role: role.map(|role| (role, stamp)),
    })
}

/// Properties of `signed_up` that describe the person.
const SIGNED_UP: &[&str] = &["user_email", "email", "user_name", "name", "first_name", "last_name"];
/// Properties of account events that describe the account.
const ACCOUNT_NAMED: &[&str] =
    &["account_name", "account_domain", "plan_name", "plan_id", "planName", "planId"];

fn of(attributes: &Map<String, Value>, keys: &[&str]) -> Vec<(String, Value)> {
    let wanted = attributes.iter().filter(|(key, _)| keys.contains(&key.as_str()));
    wanted.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (known, None) | (None, known) => known,
    }
}

impl Known {
    fn seen(at: Timestamp) -> Self {
        Self {
            first_seen_at: at,
            last_seen_at: at,
            identified_at: None,
            registered_at: None,
            traits: Traits::default(),
            enriched: Traits::default(),
        }
    }

    fn merge(&mut self, other: Self) {
        self.first_seen_at = self.first_seen_at.min(other.first_seen_at);
        self.last_seen_at = self.last_seen_at.max(other.last_seen_at);
        self.identified_at = earliest(self.identified_at, other.identified_at);
        self.registered_at = earliest(self.registered_at, other.registered_at);
        self.traits.merge(other.traits);
        self.enriched.merge(other.enriched);
    }

    /// When the user's account was first created, as far as anybody said: the trait `created_at` where it can be
    /// read (D12: it wins), else the registration.
    pub fn created_at(&self) -> Option<Timestamp> {
        let told = self.traits.text(&["created_at"]).and_then(|text| time::parse(&text).ok());
        told.or(self.registered_at)
    }
}

impl Person {
    pub fn merge(&mut self, other: Self) {
        self.known.merge(other.known);
    }

    /// What names them in a list: the address, else the name, else the id.
    pub fn title(&self) -> String {
        self.email().or_else(|| self.name()).unwrap_or_else(|| self.user_id.clone())
    }

    pub fn email(&self) -> Option<String> {
        self.known.traits.text(&["user_email", "email"])
    }

    /// The name, else first and last name, else what enrichment found.
    pub fn name(&self) -> Option<String> {
        let parts = [self.known.traits.text(&["first_name"]), self.known.traits.text(&["last_name"])];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.known
            .traits
            .text(&["user_name", "name", "full_name"])
            .or_else(|| (!joined.is_empty()).then_some(joined))
            .or_else(|| self.known.enriched.text(&["enrichment_full_name"]))
    }
}

impl Account {
    /// Also joins two accounts that turned out to be one: `self` keeps its id.
    pub fn merge(&mut self, other: Self) {
        self.known.merge(other.known);
    }

    /// What names it in a list: the name, else the id.
    pub fn title(&self) -> String {
        self.name().unwrap_or_else(|| self.account_id.clone())
    }

    pub fn name(&self) -> Option<String> {
        let told = self.known.traits.text(&["account_name", "name"]);
        told.or_else(|| self.known.enriched.text(&["name", "enrichment_name"]))
    }

    pub fn domain(&self) -> Option<String> {
        let told = self.known.traits.text(&["account_domain", "domain"]);
        told.or_else(|| self.known.enriched.text(&["enrichment_domain"]))
    }

    pub fn plan(&self) -> Option<String> {
        let told = self.known.traits.text(&["plan_name", "planName", "plan"]);
        told.or_else(|| self.known.enriched.text(&["planName"]))
    }
}

impl Membership {
    pub fn merge(&mut self, other: Self) {
        self.joined_at = earliest(self.joined_at, other.joined_at);
        if other.active_since > self.active_since {
            (self.active, self.active_since) = (other.active, other.active_since);
        }
        let later = |role: &(String, Stamp)| self.role.as_ref().is_none_or(|known| known.1 < role.1);
        if let Some(role) = other.role.filter(later) {
            self.role = Some(role);
        }
    }
}

#[cfg(test)]
mod tests;
