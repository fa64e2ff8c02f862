//! *Runs*: the list, and one run as a timeline.

use super::{
    frame::{Frame, Tone},
    list::Row,
};
use crate::words::When;
use askama::Template;

/// A state in words.
#[derive(Debug, Clone)]
pub struct Pill {
    pub tone: Tone,
    pub words: String,
}

/// What happened since a page of the list was drawn: how many are new, and the rows that moved.
#[derive(Debug, Template)]
#[template(path = "operator/tail.html")]
pub struct Tail {
    /// Where to ask next.
    pub tail: String,
    /// `3 new`
    pub news: Option<String>,
    /// The list with them.
    pub href: String,
    pub rows: Vec<Row>,
}

/// A request or an answer of an attempt. JSON is indented.
#[derive(Debug, Clone)]
pub struct Wire {
    pub title: String,
    pub id: String,
    /// Marked up already: keys and head lines, everything else escaped.
    pub html: String,
}

#[derive(Debug, Clone)]
pub struct Attempt {
    /// Unique on the page and the same at every look, so that what is open stays open.
    pub id: String,
    pub at: When,
    pub status: String,
    pub good: bool,
    pub words: String,
    pub wires: Vec<Wire>,
}

#[derive(Debug, Clone)]
pub struct Node {
    /// `done`, `wait`, `bad`, `off` or `todo`: the shape of the knot.
    pub knot: &'static str,
    pub label: String,
    pub note: String,
    pub when: Option<When>,
    pub attempts: Vec<Attempt>,
}

impl Node {
    pub fn icon(&self) -> &'static str {
        match self.knot {
            "done" => "check",
            "wait" => "clock",
            "bad" => "x",
            _ => "minus",
        }
    }
}

/// Something that can be done now, with a page that says what will happen.
#[derive(Debug, Clone)]
pub struct Act {
    pub words: String,
    pub href: String,
    pub class: &'static str,
}

#[derive(Debug, Clone)]
pub struct Fact {
    pub name: String,
    pub value: String,
    pub code: bool,
}

impl Fact {
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), code: false }
    }

    pub fn code(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), code: true }
    }

    /// As much of an id as fits on one line; the whole of it is on hover and in the copy.
    pub fn short(&self) -> String {
        match self.value.char_indices().nth(17) {
            Some((end, _)) => format!("{}…", &self.value[..end]),
            None => self.value.clone(),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
    pub at: When,
    pub href: String,
    pub state: Pill,
}

#[derive(Debug, Template)]
#[template(path = "operator/run.html", blocks = ["live"])]
pub struct Show {
    pub frame: Frame,
    /// This page, which asks for its own news.
    pub href: String,
    pub id: String,
    pub name: String,
    pub workflow: String,
    pub state: Pill,
    pub started: When,
    pub clock: When,
    pub progress: String,
    pub incident: Option<String>,
    pub acts: Vec<Act>,
    pub nodes: Vec<Node>,
    pub user: Vec<Fact>,
    pub account: Vec<Fact>,
    pub lead: Vec<Fact>,
    pub mails: Vec<Mail>,
    /// Still moving: the page asks for news.
    pub live: bool,
}
