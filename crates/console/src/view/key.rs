//! *Keys*: the list, the form, and the one sight of a secret.

use super::{
    frame::{Frame, Notice},
    run::Pill,
    setting::Field,
};
use crate::words::When;
use askama::Template;

/// One key in the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: String,
    pub kind: &'static str,
    pub id: String,
    /// The last characters of an opaque key.
    pub hint: Option<String>,
    pub scopes: Vec<&'static str>,
    /// How it ended, where it has.
    pub ended: Option<Pill>,
    pub expires: Option<When>,
    pub rotate_by: Option<When>,
    /// Past its *rotate by*.
    pub overdue: bool,
    pub used: Option<When>,
    pub made: When,
    /// The page that asks before it is revoked; nothing where it has ended.
    pub revoke: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "operator/keys.html")]
pub struct Keys {
    pub frame: Frame,
    pub sub: String,
    pub rows: Vec<Row>,
    pub ended: Vec<Row>,
    /// How many have ended, in words.
    pub ended_said: String,
    /// What to paste next, where there is no key at all.
    pub snippet: Option<String>,
}

/// One of a few that exclude each other.
#[derive(Debug, Clone)]
pub struct Choice {
    pub name: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub checked: bool,
}

#[derive(Debug, Template)]
#[template(path = "operator/key_new.html")]
pub struct NewKey {
    pub frame: Frame,
    pub name: Field,
    pub kinds: Vec<Choice>,
    pub scopes: Vec<Choice>,
    pub scope_fault: Option<String>,
    pub expires: Field,
    pub today: String,
    pub rotations: Vec<Choice>,
    /// The first field with a fault gets the focus.
    pub focus: &'static str,
}

/// The only time that anyone sees the secret.
#[derive(Debug, Template)]
#[template(path = "operator/key_made.html")]
pub struct KeyMade {
    pub frame: Frame,
    pub notice: Notice,
    pub name: String,
    pub kind: &'static str,
    pub id: String,
    pub secret: String,
    /// What a program reads: the key with all that a token request needs.
    pub json: String,
    pub file: String,
    pub snippet: String,
}
