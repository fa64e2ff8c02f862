//! The pages outside the frame: sign-in, one-time link, a question before an act, an error.

use super::{
    frame::{Frame, Notice},
    setting::Field,
};
use crate::words::When;
use askama::Template;

/// Address and password.
#[derive(Debug, Template)]
#[template(path = "operator/sign_in.html")]
pub struct SignIn {
    pub csrf: String,
    pub email: String,
    /// Where one wanted to go.
    pub next: String,
    pub notice: Option<Notice>,
    /// Nobody has a password yet: only a link from the command line helps.
    pub first: bool,
}

/// A one-time link: choose a password, or come in with the one that is there.
#[derive(Debug, Template)]
#[template(path = "operator/setup.html")]
pub struct Setup {
    pub csrf: String,
    pub link: String,
    pub email: String,
    pub has_password: bool,
    /// How long a password may be.
    pub chars_min: usize,
    pub chars_max: usize,
    pub fault: Option<String>,
}

/// A card with a message and one way on.
#[derive(Debug, Template)]
#[template(path = "operator/message.html")]
pub struct Message {
    pub title: String,
    pub text: String,
    pub href: String,
    pub way_on: String,
    /// Shown so that it can be told to whoever operates this.
    pub request_id: Option<String>,
    /// Where an operator finds it again.
    pub request_href: Option<String>,
    /// Where the guide explains what went wrong; empty where the text says all there is.
    pub help: String,
}

/// A session in the operator's list.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub agent: String,
    pub address: String,
    pub seen: When,
    pub opened: When,
    pub this: bool,
}

/// The operator's own page.
#[derive(Debug, Template)]
#[template(path = "operator/account.html")]
pub struct Account {
    pub frame: Frame,
    pub sessions: Vec<SessionRow>,
    /// How long a session lives without use, and in any case.
    pub idle: String,
    pub whole: String,
}

/// What will happen to whom, before it happens.
#[derive(Debug, Template)]
#[template(path = "operator/confirm.html")]
pub struct Confirm {
    pub frame: Frame,
    pub title: String,
    pub lead: String,
    pub consequences: Vec<String>,
    pub action: String,
    pub button: String,
    pub danger: bool,
    pub back: String,
    /// Where the act cannot be undone.
    pub word: Option<Word>,
}

/// A name that has to be typed before an act.
#[derive(Debug, Clone)]
pub struct Word {
    /// What it is a name of, as it stands in a sentence: *the key's name*.
    pub what: &'static str,
    pub name: String,
    pub field: Field,
}

impl Word {
    pub fn label(&self) -> String {
        format!("Type {} to confirm", self.name)
    }

    pub fn help(&self) -> String {
        format!("That is {}.", self.what)
    }
}

/// An error inside the frame.
#[derive(Debug, Template)]
#[template(path = "operator/trouble.html")]
pub struct Trouble {
    pub frame: Frame,
    pub title: String,
    pub text: String,
    pub request_id: String,
    /// Where it is found again.
    pub request_href: String,
}

impl Account {
    pub fn count(&self) -> String {
        crate::words::counted(self.sessions.len() as u64, "session", "sessions")
    }
}
