//! *Words of hosted pages and mails*: what end users read, written beside a preview of the page.

use super::frame::Frame;
use askama::Template;

/// One text: what is typed, and what stands there while nothing is.
#[derive(Debug, Clone)]
pub struct Text {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub built_in: &'static str,
    pub fault: Option<String>,
    /// What somebody else saved meanwhile, where it differs.
    pub theirs: Option<String>,
    /// In characters.
    pub max: usize,
    /// What is special about it, below the field.
    pub hint: Option<String>,
    /// More than one line.
    pub long: bool,
}

/// The texts of one page.
#[derive(Debug, Clone)]
pub struct Group {
    /// How the preview calls the page.
    pub page: &'static str,
    pub title: &'static str,
    pub when: &'static str,
    pub texts: Vec<Text>,
}

#[derive(Debug, Template)]
#[template(path = "operator/wording.html")]
pub struct Wording {
    pub frame: Frame,
    pub version: i64,
    pub groups: Vec<Group>,
    /// The first text with a fault gets the focus.
    pub focus: String,
}
