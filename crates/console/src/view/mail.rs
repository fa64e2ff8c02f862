//! *Mails*: the list, and one mail with what became of it.

use super::{
    frame::Frame,
    list::{List, Listing},
    run::Pill,
};
use crate::words::When;
use askama::Template;

/// Why mails of an environment do not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// No server is configured.
    NoServer,
    /// The environment keeps them.
    Kept,
}

impl Inside {
    /// After "Mails stay inside: ".
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoServer => "no mail server is connected",
            Self::Kept => "this environment keeps them",
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "operator/mails.html", blocks = ["list"])]
pub struct Mails {
    pub frame: Frame,
    pub sub: String,
    pub inside: Option<Inside>,
    pub list: List,
}

impl Listing for Mails {
    fn rows(&self) -> impl Template {
        self.as_list()
    }
}

/// One conversation with the mail server.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub state: Pill,
    pub at: When,
    /// `smtp.example.com:587, 1.2 s`
    pub where_and_long: String,
    pub answer: String,
    pub next: Option<When>,
}

#[derive(Debug, Template)]
#[template(path = "operator/mail.html")]
pub struct Mail {
    pub frame: Frame,
    pub href: String,
    /// On its way: the page asks itself for news.
    pub live: bool,
    pub id: String,
    pub from: String,
    pub recipient: String,
    pub reply_to: Option<String>,
    pub subject: String,
    pub body: String,
    /// Where the HTML is, if there is any.
    pub html: Option<String>,
    pub file: String,
    pub state: Pill,
    /// What the state means, where its word does not say it all.
    pub remark: String,
    pub template: String,
    pub message_id: String,
    pub written: When,
    pub run: String,
    pub run_href: String,
    pub attempts: Vec<Attempt>,
    /// The button that sends it, and where it leads.
    pub send: Option<(&'static str, String)>,
    pub inside: Option<Inside>,
}
