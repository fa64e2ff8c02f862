//! *Waitlist*: who waits, whom to admit, and how far a long admission has come.

use super::{
    frame::Frame,
    list::{List, Listing},
};
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "operator/waitlist.html", blocks = ["list"])]
pub struct Waitlist {
    pub frame: Frame,
    pub sub: String,
    /// How many places are free, in words.
    pub places: String,
    /// Where their number is set.
    pub setting: String,
    pub admit: String,
    /// How many of the longest waiting the form offers, and the most that it takes.
    pub oldest: String,
    pub most: String,
    pub list: List,
}

impl Listing for Waitlist {
    fn rows(&self) -> impl Template {
        self.as_list()
    }
}

/// Whom to admit, and what that means for them.
#[derive(Debug, Template)]
#[template(path = "operator/waitlist_admit.html")]
pub struct Admit {
    pub frame: Frame,
    pub title: String,
    /// The first of them.
    pub names: Vec<String>,
    /// `12 others`
    pub others: Option<String>,
    /// What says whom, hidden in the form.
    pub fields: Vec<(&'static str, String)>,
    /// Why it may not be as it was meant.
    pub fault: Option<String>,
    pub possible: bool,
    pub action: String,
    pub back: String,
}

/// Many are admitted in parts.
#[derive(Debug, Template)]
#[template(path = "operator/waitlist_going.html")]
pub struct Going {
    pub frame: Frame,
    pub said: String,
    pub done: usize,
    pub of: usize,
    pub fields: Vec<(&'static str, String)>,
    pub action: String,
    pub back: String,
}
