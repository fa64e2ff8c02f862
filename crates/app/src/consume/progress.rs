//! How far a consumer has come, for whoever shows it or waits for it.

use journal::Seq;
use tokio::sync::watch;

/// A cheap handle on a consumer's place.
#[derive(Debug, Clone)]
pub struct Progress(watch::Receiver<u64>);

/// The consumer's end of it.
#[derive(Debug)]
pub(super) struct Reporter {
    name: &'static str,
    place: watch::Sender<u64>,
}

impl Reporter {
    pub(super) fn new(name: &'static str, next: u64) -> Self {
        Self { name, place: watch::Sender::new(next) }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress(self.place.subscribe())
    }

    /// The next record to read is `next`; the journal ends at `end`.
    pub(super) fn moved(&self, next: u64, end: Seq) {
        self.place.send_replace(next);
        metrics::gauge!("thrivestack_consumer_lag_records", "consumer" => self.name)
            .set(end.0.saturating_sub(next) as f64);
    }
}

impl Progress {
    /// The next sequence number that the consumer will read.
    pub fn next(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until every record before `end` was handled; false when the consumer is gone before.
    pub async fn reaches(&mut self, end: Seq) -> bool {
        self.0.wait_for(|next| *next >= end.0).await.is_ok()
    }
}
