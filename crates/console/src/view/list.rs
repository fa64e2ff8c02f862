//! A list as every room draws it: a search, filters that read as a sentence, columns to choose, an order, pages.

use super::{frame::Frame, run::Pill};
use crate::words::When;
use askama::Template;

/// The page of a room that is a list.
pub trait Listing: Template {
    /// The list alone.
    fn rows(&self) -> impl Template;
}

/// A room that has nothing beside its list.
#[derive(Debug, Template)]
#[template(path = "operator/listing.html", blocks = ["list"])]
pub struct ListPage {
    pub frame: Frame,
    /// `12 runs so far`
    pub sub: String,
    pub list: List,
}

impl Listing for ListPage {
    fn rows(&self) -> impl Template {
        self.as_list()
    }
}

/// One list with the page of it that is shown.
#[derive(Debug, Clone)]
pub struct List {
    /// The list as it is without any filter; also where its forms go.
    pub href: String,
    pub search: String,
    pub placeholder: &'static str,
    /// Filters and order: what a search keeps.
    pub keep: Vec<(&'static str, String)>,
    /// `People who`, in front of the filters.
    pub who: &'static str,
    pub chips: Vec<Chip>,
    /// Filters that are not set.
    pub more: Vec<Menu>,
    pub columns: Vec<ColumnChoice>,
    pub heads: Vec<Head>,
    pub rows: Vec<Row>,
    /// `newest first`
    pub order: &'static str,
    /// `Rows 1–50 of 1,284`
    pub shown: String,
    pub first: Option<String>,
    pub next: Option<String>,
    /// Where a list that is live hears of news.
    pub tail: Option<String>,
    /// There is nothing at all, filter or not.
    pub nothing: Option<Nothing>,
}

impl List {
    /// `name, mail or id`
    pub fn looks_at(&self) -> &str {
        self.placeholder.trim_start_matches("Search ")
    }
}

/// What an empty room teaches.
#[derive(Debug, Clone)]
pub struct Nothing {
    pub title: String,
    pub text: String,
    /// What to paste next.
    pub snippet: String,
}

/// A filter that is set: `signed up` **in the last 7 days**.
#[derive(Debug, Clone)]
pub struct Chip {
    pub lead: &'static str,
    pub value: &'static str,
    /// Stands behind another.
    pub joined: bool,
    pub choices: Vec<Choice>,
    /// The list without it.
    pub remove: String,
}

/// A filter that can be set.
#[derive(Debug, Clone)]
pub struct Menu {
    pub title: &'static str,
    pub choices: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub words: String,
    /// How many rows have it, where that is known anyhow.
    pub count: Option<String>,
    pub href: String,
    pub current: bool,
}

#[derive(Debug, Clone)]
pub struct ColumnChoice {
    pub name: &'static str,
    pub title: &'static str,
    pub shown: bool,
}

/// A head of the table. One that sorts is a link.
#[derive(Debug, Clone)]
pub struct Head {
    pub title: &'static str,
    pub class: &'static str,
    pub href: Option<String>,
    pub sorted: Sorted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorted {
    Not,
    Up,
    Down,
}

impl Sorted {
    /// What `aria-sort` says.
    pub const fn aria(self) -> &'static str {
        match self {
            Self::Not => "none",
            Self::Up => "ascending",
            Self::Down => "descending",
        }
    }

    /// Its icon; nothing where the list is not sorted by it.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Not => "",
            Self::Up => "arrow-up",
            Self::Down => "arrow-down",
        }
    }
}

/// One row: what it is about, and a cell for each column that is shown.
#[derive(Debug, Clone)]
pub struct Row {
    /// Unique in the list, and the same at every look: what the news of a list replaces. Empty where none come.
    pub id: String,
    /// What a box in front of the row ticks, for the form `ticked`.
    pub pick: Option<String>,
    pub href: String,
    pub initials: String,
    pub name: String,
    pub line: String,
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub struct Cell {
    /// That of its column.
    pub class: &'static str,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Text(String),
    /// Less important than its neighbours.
    Quiet(String),
    Code(String),
    Number(String),
    When(When),
    Pill(Pill),
    Nothing,
}

impl Content {
    /// A dash where there is nothing to say.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    pub fn when(when: Option<When>) -> Self {
        when.map_or(Self::Nothing, Self::When)
    }
}
