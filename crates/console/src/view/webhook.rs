//! *Webhooks*: the list of deliveries, one delivery, and how a receiver is written.

use super::{
    frame::Frame,
    list::{List, Listing},
    run::{Act, Attempt, Fact, Pill},
};
use crate::words::When;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "operator/webhooks.html", blocks = ["list"])]
pub struct Webhooks {
    pub frame: Frame,
    pub sub: String,
    /// Where they are sent, as it is set now.
    pub url: Option<String>,
    pub list: List,
}

impl Listing for Webhooks {
    fn rows(&self) -> impl Template {
        self.as_list()
    }
}

#[derive(Debug, Template)]
#[template(path = "operator/webhook.html", blocks = ["live"])]
pub struct Webhook {
    pub frame: Frame,
    /// This page, which asks for its own news.
    pub href: String,
    pub id: String,
    pub title: String,
    pub state: Pill,
    pub made: When,
    pub clock: When,
    /// What stands above the rest: what came of a test, why a delivery stands still.
    pub told: Option<super::Notice>,
    pub acts: Vec<Act>,
    /// A test may be sent again.
    pub again: bool,
    pub attempts: Vec<Attempt>,
    pub attempted: String,
    pub about: Vec<Fact>,
    pub run_href: Option<String>,
    /// The body, indented and marked up already.
    pub body: String,
    /// The bytes as they are signed and sent.
    pub raw: String,
    pub live: bool,
}

/// A text to paste, with a name to copy it by.
#[derive(Debug, Clone)]
pub struct Snippet {
    pub id: &'static str,
    pub title: &'static str,
    pub text: String,
    pub open: bool,
}

#[derive(Debug, Template)]
#[template(path = "operator/webhook_integrate.html")]
pub struct Integrate {
    pub frame: Frame,
    pub url: Option<String>,
    pub verifiers: Vec<Snippet>,
    pub acks: Vec<Snippet>,
    /// The run that the acknowledgement names: one that waits for it.
    pub waits: Option<String>,
    pub test_body: String,
}
