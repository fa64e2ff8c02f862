//! *Logo* of an environment: the one that is shown, and the form for another, beside a preview.

use super::{
    frame::{Frame, Notice},
    hosted::Picture,
};
use askama::Template;

/// The logo that is shown now.
#[derive(Debug, Clone)]
pub struct Shown {
    pub picture: Picture,
    /// Its sides and its weight.
    pub facts: String,
    /// Why mails do not carry it.
    pub absent_in_mails: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "operator/logo.html")]
pub struct Logo {
    pub frame: Frame,
    pub product: String,
    pub shown: Option<Shown>,
    /// That it was removed just now, and its hash: what brings it back.
    pub undo: Option<(Notice, String)>,
    /// Why the file that was sent is not taken.
    pub fault: Option<String>,
    /// The media types that the form offers.
    pub accept: &'static str,
    /// The pages that the preview can show: how it calls them, and their titles.
    pub pages: Vec<(&'static str, &'static str)>,
}
