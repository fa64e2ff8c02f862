//! *Mails*: the list, and one mail as it was written.

use super::{frame::Frame, list::List, run::Pill};
use crate::words::When;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "operator/mails.html", blocks = ["list"])]
pub struct Mails {
    pub frame: Frame,
    pub sub: String,
    pub list: List,
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
