//! *Integration*: what is done, and what completes the rest.

use super::frame::Frame;
use askama::Template;

/// One step, with what completes or proves it.
#[derive(Debug, Clone)]
pub struct Step {
    /// `done`, `todo` or `bad`: the shape of the knot.
    pub knot: &'static str,
    pub title: &'static str,
    pub note: String,
    /// Where it is done, in words and as an address.
    pub link: Option<(&'static str, String)>,
    /// Sends a test webhook.
    pub test: bool,
    /// What to paste.
    pub snippet: Option<String>,
    /// Unique on the page.
    pub id: &'static str,
}

#[derive(Debug, Clone)]
pub struct Section {
    pub title: &'static str,
    pub done: String,
    pub steps: Vec<Step>,
}

#[derive(Debug, Template)]
#[template(path = "operator/integration.html")]
pub struct Integration {
    pub frame: Frame,
    /// `7 of 13 steps done`
    pub said: String,
    pub percent: usize,
    pub sections: Vec<Section>,
}

impl Step {
    /// What its state is for who does not see the knot.
    pub fn state(&self) -> &'static str {
        match self.knot {
            "done" => "Done",
            "bad" => "Failed",
            _ => "To do",
        }
    }

    pub fn icon(&self) -> &'static str {
        if self.knot == "bad" { "x" } else { "check" }
    }
}
