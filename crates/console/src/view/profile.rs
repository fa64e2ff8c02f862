//! *Users* and *Accounts*: the lists, and one person or account with what happened and what is known.

use super::{
    frame::Frame,
    run::{Fact, Pill},
};
use crate::words::When;
use askama::Template;

/// What a room calls itself and each of its rows.
#[derive(Debug, Clone)]
pub struct Words {
    pub title: &'static str,
    pub one: &'static str,
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

/// One run, from the page of its person or account.
#[derive(Debug, Clone)]
pub struct RunLink {
    pub href: String,
    /// Whom it is for, where the page does not say so.
    pub name: String,
    pub state: Pill,
    pub started: When,
}

#[derive(Debug, Template)]
#[template(path = "operator/profile.html")]
pub struct Profile {
    pub frame: Frame,
    pub words: Words,
    /// The list it belongs to.
    pub up: String,
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
    /// How many there are, also of those that are not named.
    pub link_count: String,
    /// How many others there are, where not all are named.
    pub more_links: Option<String>,
    pub traits: Vec<Trait>,
    /// How far a person has come, and what is stored of them as a lead; empty for an account.
    pub lead: Vec<Fact>,
    /// The newest runs of a person, or those that made an account.
    pub runs: Vec<RunLink>,
    /// Where all of them are, when there are more.
    pub all_runs: Option<String>,
    /// Where a person is made new, in Development.
    pub reset: Option<String>,
}
