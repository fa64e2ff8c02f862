//! *Users* and *Accounts*: the lists, and one person or account with what happened and what is known.

use super::{
    frame::Frame,
    run::{Fact, Pill},
};
use crate::words::When;
use askama::Template;

/// One person or account in a list.
#[derive(Debug, Clone)]
pub struct Row {
    pub href: String,
    pub initials: String,
    pub name: String,
    pub line: String,
    /// Of a person, their account; of an account, its domain.
    pub other: String,
    pub state: Pill,
    pub seen: When,
    pub since: When,
}

/// What a list says of itself.
#[derive(Debug, Clone)]
pub struct Words {
    pub title: &'static str,
    pub one: &'static str,
    pub search: &'static str,
    pub other: &'static str,
    pub empty: &'static str,
}

#[derive(Debug, Template)]
#[template(path = "operator/profiles.html", blocks = ["list"])]
pub struct Profiles {
    pub frame: Frame,
    pub words: Words,
    /// This list without any filter.
    pub href: String,
    pub sub: String,
    pub search: String,
    pub rows: Vec<Row>,
    pub shown: String,
    pub first: Option<String>,
    pub next: Option<String>,
    pub empty: bool,
    pub snippet: String,
}

/// One event of the timeline.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub name: String,
    /// Which call, from where, about whom.
    pub line: String,
    pub at: When,
    /// Traits or properties as markup; empty where there are none.
    pub html: String,
}

/// One trait with where it comes from.
#[derive(Debug, Clone)]
pub struct Trait {
    pub name: String,
    pub value: String,
    pub told: When,
    pub found: bool,
}

/// One membership, from the side of the other.
#[derive(Debug, Clone)]
pub struct Link {
    pub href: String,
    pub name: String,
    pub line: String,
    pub active: bool,
}

#[derive(Debug, Template)]
#[template(path = "operator/profile.html")]
pub struct Profile {
    pub frame: Frame,
    pub words: Words,
    /// The list it belongs to.
    pub list: String,
    pub name: String,
    pub id: String,
    pub state: Pill,
    pub since: When,
    pub seen: When,
    pub events: Vec<Event>,
    /// Why the events are missing, where they could not be read.
    pub no_events: Option<String>,
    pub newest: Option<String>,
    pub older: Option<String>,
    pub facts: Vec<Fact>,
    pub links_title: &'static str,
    pub links: Vec<Link>,
    pub traits: Vec<Trait>,
    /// Runs of this person.
    pub runs: Option<String>,
}
