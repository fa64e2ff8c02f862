//! Mails: words are data, rendered by minijinja; a written mail is a row, and leaves by SMTP where a server is configured.
//!
//! Cast: a `mail` row with everything that is sent; the job [`SEND`], which makes one attempt, records it and decides what
//! follows. A mail is written inside or waiting, once and for all: what was written before a server was configured, or
//! while the environment keeps its mails, leaves only when an operator says so ([`send_again`]).
//!
//! Guarantees: nothing is sent from inside a transaction; an attempt is recorded before it begins and again when it ends;
//! all attempts of one sending carry the same `Message-ID`, so that a process that dies between the server's answer and the
//! record causes at most a second copy that mail programs recognise. Limits: [`PER_ENVIRONMENT`] conversations at once in
//! one environment, attempts by the configured schedule. Not promised: that an accepted mail arrives (bounces go to the
//! sender's mailbox).

mod list;
mod post;
mod send;
mod trial;
mod write;

pub use list::{MailDetail, MailPage, MailViewFault, get, list};
pub use post::{Sender, Way, connected, eml, html, way};
pub use send::{SEND, Send};
pub use send::{SendAgainFault, send_again};
pub use store::mail::{Attempt, Filter, Mail};
pub use trial::{TrialFault, Tried, try_out};
pub use write::{MailFault, Written, built_in, sample};

pub(crate) use send::first as first_sending;
pub(crate) use write::welcome;

use model::webhook::retry::Schedule;
use std::time::Duration;

/// Conversations with the mail server at once in one environment: many servers take ten from one address.
pub const PER_ENVIRONMENT: u32 = 8;

/// Seven attempts in a day and a half after the first.
pub fn retry_by_default() -> Schedule {
    const MINUTE: u64 = 60;
    let minutes = [1, 5, 15, 60, 240, 480, 1_440];
    let steps = minutes.map(|minutes| Duration::from_secs(minutes * MINUTE)).to_vec();
    Schedule::new(steps).expect("eight attempts within the bounds of a schedule")
}
