//! *Home*: how many came, and a way to be the first.

use super::{frame::Frame, mail::Inside};
use crate::chart::Chart;
use askama::Template;

/// One number that explains itself.
#[derive(Debug, Clone)]
pub struct Tile {
    pub name: String,
    pub value: String,
    /// The difference in words, and what it is against.
    pub change: String,
    pub change_class: &'static str,
    pub against: String,
    /// What the number is made of, where that is not plain.
    pub note: String,
    /// Where the number can be looked into.
    pub href: Option<String>,
}

/// A row of the table behind the chart.
#[derive(Debug, Clone)]
pub struct DayRow {
    pub iso: String,
    pub day: String,
    pub signups: String,
    pub accounts: String,
    pub joined: String,
}

/// The form that plays a signup, in Development alone.
#[derive(Debug, Clone, Default)]
pub struct Try {
    pub email: String,
    pub user_id: String,
    pub fault: Option<String>,
    /// What is not set yet, with the place in *Settings*.
    pub missing: Vec<(String, String)>,
}

/// The way to the first signup.
#[derive(Debug, Clone)]
pub struct First {
    /// How far the integration has come.
    pub integration: String,
    /// What to paste.
    pub snippet: String,
}

#[derive(Debug, Template)]
#[template(path = "operator/home.html")]
pub struct Home {
    pub frame: Frame,
    /// `24 Oct to 20 Nov, up to 12:06 today`
    pub period: String,
    pub tiles: Vec<Tile>,
    /// The same for wide and for narrow windows; one is shown.
    pub chart: Chart,
    pub narrow: Chart,
    pub summary: String,
    pub days: Vec<DayRow>,
    /// Instead of numbers, where nobody has signed up yet.
    pub first: Option<First>,
    pub trial: Option<Try>,
    /// Why mails do not leave, if they do not.
    pub inside: Option<Inside>,
}

/// Leaves for the page that the end user sees. A form's answer may not redirect to the builder's app
/// (`form-action` follows redirects), a page that goes on by itself may.
#[derive(Debug, Template)]
#[template(path = "operator/tried.html")]
pub struct Tried {
    pub frame: Frame,
    pub url: String,
    pub run: String,
    pub message: String,
}
