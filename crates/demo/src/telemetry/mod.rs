//! A few weeks in the life of Acme Notes, sent through the public API as an SDK would send it.
//!
//! The same seed and the same day give the same events: ids, names and the hours they happened at. Companies
//! sign up over the weeks, invite colleagues, come back or do not; about one in five pays in the end.

mod cast;
mod dice;
mod life;

use crate::client::{Client, ClientFault};
use kernel::Timestamp;
use serde_json::Value;

/// Events a request carries; the API takes at most 1,000 events or 2 MB.
const BATCH_EVENTS: usize = 500;

/// What to make up.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: u64,
    /// The weeks end here.
    pub until: Timestamp,
    pub days: u32,
    pub companies: usize,
}

impl Options {
    /// Four weeks of forty companies: some six thousand events.
    pub fn plausible(until: Timestamp) -> Self {
        Self { seed: 7, until, days: 28, companies: 40 }
    }
}

/// Made-up events by the call that carries them, each list in order of time.
#[derive(Debug, Default)]
pub struct Weeks {
    pub identify: Vec<Value>,
    pub group: Vec<Value>,
    pub track: Vec<Value>,
    pub page: Vec<Value>,
}

impl Weeks {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.identify.len() + self.group.len() + self.track.len() + self.page.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Makes the events up; pure.
pub fn invent(options: &Options) -> Weeks {
    life::live(options)
}

/// Sends everything, batch after batch: people and accounts first, so that nobody is anonymous.
pub async fn send(client: &Client, weeks: &Weeks) -> Result<(), ClientFault> {
    let calls = [
        ("identify", &weeks.identify),
        ("group", &weeks.group),
        ("track", &weeks.track),
        ("page", &weeks.page),
    ];
    for (call, events) in calls {
        for batch in events.chunks(BATCH_EVENTS) {
            client.telemetry(call, batch).await?;
        }
    }
    Ok(())
}
