//! *Mails*: the list, and one mail as it was written.

use super::{frame::Frame, run::Pill};
use crate::words::When;
use askama::Template;

/// One mail in the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub href: String,
    pub initials: String,
    pub recipient: String,
    pub subject: String,
    pub state: Pill,
    pub written: When,
}

#[derive(Debug, Template)]
#[template(path = "operator/mails.html", blocks = ["list"])]
pub struct Mails {
    pub frame: Frame,
    pub sub: String,
    pub search: String,
    pub rows: Vec<Row>,
    /// Which rows of how many.
    pub shown: String,
    pub first: Option<String>,
    pub next: Option<String>,
    /// There is none at all: search or not.
    pub empty: bool,
    pub snippet: String,
}

#[derive(Debug, Template)]
#[template(path = "operator/mail.html")]
pub struct Mail {
    pub frame: Frame,
    pub id: String,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    pub state: Pill,
    pub template: String,
    pub written: When,
    pub run: String,
    pub run_href: String,
}
