//! Search: what was found, in groups.

use super::{frame::Frame, run::Pill};
use askama::Template;

/// Everything of one kind.
#[derive(Debug, Clone)]
pub struct Group {
    pub title: &'static str,
    pub hits: Vec<Hit>,
}

/// Something that has a page.
#[derive(Debug, Clone)]
pub struct Hit {
    pub href: String,
    /// Initials; a room has an icon instead.
    pub mark: Option<String>,
    pub icon: &'static str,
    pub name: String,
    pub line: String,
    pub state: Option<Pill>,
}

#[derive(Debug, Template)]
#[template(path = "operator/search.html", blocks = ["hits"])]
pub struct Search {
    pub frame: Frame,
    /// This page without a text.
    pub here: String,
    pub text: String,
    pub groups: Vec<Group>,
    /// The page that says what is known of a request of this id, where the text is one.
    pub look_up: Option<String>,
}
