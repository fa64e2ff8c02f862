//! The months behind Acme Notes, made up: companies that arrive on weekdays more than at weekends and more each month, a
//! launch that brings many at once, a morning on which the backend was down, a waitlist, teams with roles, plans that
//! are paid and plans that are not. The same seed and the same day give the same story.
//!
//! It has two parts. What was before Acme used thrivestack, and what people do day by day, is telemetry with the times
//! at which it happened ([`Past`]). Since then sign-ups are runs: [`play`] takes each through Acme's own form, the API,
//! the webhook and the hand-over, on a clock that its [`Director`] moves.

mod calendar;
mod cast;
mod company;
mod dice;
mod life;
mod play;
mod script;
mod slip;

use crate::acme::Known;
use kernel::Timestamp;
use serde_json::Value;

pub use play::{Director, Played, Scene, StoryFault, play};

/// What to make up.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: u64,
    /// The story ends here.
    pub until: Timestamp,
    pub days: u32,
    pub companies: usize,
    /// For how many days sign-ups have been runs; before, and with 0 always, they are telemetry.
    pub connected: u32,
}

impl Options {
    /// Four months of a hundred and sixty companies, the last six weeks of them with runs.
    pub fn plausible(until: Timestamp) -> Self {
        Self { seed: SEED, until, days: 126, companies: 160, connected: 42 }
    }

    /// Four weeks of forty companies, telemetry alone: for a check that should be quick.
    pub fn brief(until: Timestamp) -> Self {
        Self { seed: SEED, until, days: 28, companies: 40, connected: 0 }
    }

    /// When Acme began to sign people up through thrivestack.
    pub fn connected_at(&self) -> Timestamp {
        calendar::day(self.until, self.connected.saturating_sub(1))
    }
}

/// Of the story that is told unless another one is wished for.
pub const SEED: u64 = 7;

/// Made-up events by the call that carries them, each list in order of time.
#[derive(Debug, Default)]
pub struct Past {
    pub identify: Vec<Value>,
    pub group: Vec<Value>,
    pub track: Vec<Value>,
    pub page: Vec<Value>,
}

impl Past {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.identify.len() + self.group.len() + self.track.len() + self.page.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Makes the events up; pure. Of the companies that come by a run, those live whose founder is `known`.
pub fn invent(options: &Options, known: &Known) -> Past {
    life::live(options, known)
}
