//! *Refused requests*: the list, one of them, and an id under which nothing is kept.

use super::{
    frame::Frame,
    list::{List, Listing},
    run::Pill,
};
use crate::words::When;
use app::request::Detail;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "operator/requests.html", blocks = ["list"])]
pub struct Requests {
    pub frame: Frame,
    pub sub: String,
    /// `412` that found no place since the server began, if any.
    pub dropped: Option<String>,
    pub list: List,
}

impl Listing for Requests {
    fn rows(&self) -> impl Template {
        self.as_list()
    }
}

/// Something that a request was about, with its page if it has one.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: &'static str,
    pub words: String,
    pub href: Option<String>,
    /// An id, to be copied.
    pub id: Option<String>,
}

/// An earlier answer under the same id.
#[derive(Debug, Clone)]
pub struct Earlier {
    pub at: When,
    pub what: String,
    pub code: String,
}

#[derive(Debug, Template)]
#[template(path = "operator/request.html")]
pub struct Request {
    pub frame: Frame,
    pub id: String,
    /// `POST /trigger`
    pub title: String,
    pub state: Pill,
    pub ago: When,
    pub clock: When,
    /// One sentence: what was answered, and how soon.
    pub said: String,
    /// As it was answered.
    pub message: String,
    /// Field by field, where that was answered too.
    pub details: Vec<Detail>,
    pub code: String,
    /// The guide's section of the code, in HTML of ours; the rest of the guide is behind `help`.
    pub explained: Option<&'static str>,
    pub help: String,
    pub subjects: Vec<Subject>,
    pub earlier: Vec<Earlier>,
}

#[derive(Debug, Template)]
#[template(path = "operator/request_unknown.html")]
pub struct Unknown {
    pub frame: Frame,
    pub id: String,
    /// The other environment has it: its title, and the page there.
    pub elsewhere: Option<(&'static str, String)>,
}
