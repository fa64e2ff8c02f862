//! The guide: a page, a search, a block of code.

use askama::Template;

/// What surrounds every page.
#[derive(Debug)]
pub struct Frame {
    pub groups: Vec<Group>,
    /// What was searched for.
    pub asked: String,
}

/// A part of the contents.
#[derive(Debug)]
pub struct Group {
    pub title: &'static str,
    pub items: Vec<Item>,
}

#[derive(Debug)]
pub struct Item {
    pub title: String,
    pub href: String,
    pub current: bool,
}

/// The page before or after this one.
#[derive(Debug)]
pub struct Neighbour {
    pub title: String,
    pub href: String,
}

/// A heading below the title.
#[derive(Debug, Clone)]
pub struct Heading {
    /// Of a heading within another one.
    pub deep: bool,
    pub text: String,
    pub anchor: String,
}

#[derive(Debug, Template)]
#[template(path = "guide/page.html")]
pub struct Page<'a> {
    pub frame: Frame,
    pub title: String,
    /// Rendered from a file of ours.
    pub html: &'a str,
    pub headings: &'a [Heading],
    pub before: Option<Neighbour>,
    pub after: Option<Neighbour>,
}

#[derive(Debug, Template)]
#[template(path = "guide/search.html")]
pub struct Search {
    pub frame: Frame,
    /// Somebody wanted a page that is not there.
    pub missed: bool,
    pub hits: Vec<Hit>,
}

/// A section that was found.
#[derive(Debug)]
pub struct Hit {
    pub title: String,
    pub heading: Option<String>,
    pub href: String,
    pub pieces: Vec<Piece>,
}

#[derive(Debug)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

#[derive(Debug, Template)]
#[template(path = "guide/code.html")]
pub struct Code<'a> {
    pub id: String,
    pub file: Option<&'a str>,
    pub is_answer: bool,
    pub text: &'a str,
}

impl Search {
    pub fn count(&self) -> String {
        crate::words::counted(self.hits.len() as u64, "section", "sections")
    }
}
