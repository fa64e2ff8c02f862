//! The relay: brings outbox rows to the journal, in order per subject, and forgets them once they are there. One that
//! it cannot read goes to the outbox's dead letters, and the relay goes on.
//!
//! A crash between the two sends a row again; consumers discard it by its message id. The relay reads whatever
//! rows there are, never "id > last", because rows do not become visible in the order of their keys.

use crate::App;
use durable::outbox::{self, DeadLetter, Message};
use kernel::Category;
use model::event::HouseEvent;
use model::telemetry::record;
use sql::Locks;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Rows of one turn: one journal append and one command that deletes them. Each holds the few events of one command.
const BATCH: i64 = 200;
/// After a failure, because journal or database are away; twice as long after each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Rung after each commit that pushed to the outbox.
#[derive(Clone, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rung: Notify,
    relayed: AtomicU64,
    unreadable: AtomicU64,
}

impl Bell {
    pub fn ring(&self) {
        self.0.rung.notify_one();
    }

    /// Events relayed, and rows that could not be read, since the start of the process.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.relayed.load(Ordering::Relaxed), self.0.unreadable.load(Ordering::Relaxed))
    }
}

/// Why a turn failed; the rows stay.
#[derive(Debug, thiserror::Error)]
pub enum RelayFault {
    #[error("outbox")]
    Store(#[from] sql::Fault),
    #[error("journal")]
    Journal(#[from] journal::Fault),
}

impl RelayFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Store(fault) => fault.category(),
            Self::Journal(fault) => fault.category(),
        }
    }
}

/// Relays until `shutdown`. What is left then goes out after the next start. The bell is heard while all is well; new
/// rows do not mend what has failed, so they cut no pause short.
pub async fn run(app: App, shutdown: CancellationToken) {
    let mut faults = 0;
    while !shutdown.is_cancelled() {
        let turned = turn(&app).await;
        faults = if turned.is_ok() { 0 } else { faults + 1 };
        match turned {
            Ok(0) => {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = app.relay.0.rung.notified() => {}
                }
            }
            Ok(_) => {}
            Err(fault) => {
                let pause = pause(faults);
                tracing::warn!(error = %kernel::chain(&fault), pause.seconds = pause.as_secs_f64(), "the relay pauses");
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

/// How long to rest after so many failures in a row.
fn pause(faults: u32) -> Duration {
    PAUSE.saturating_mul(2_u32.saturating_pow(faults.saturating_sub(1))).min(PAUSE_MAX)
}

/// Relays one batch; how many rows it took.
pub async fn turn(app: &App) -> Result<usize, RelayFault> {
    let messages = app.db.read(|tx| outbox::waiting(tx, BATCH)).await?;
    if messages.is_empty() {
        return Ok(0);
    }
    let taken = messages.len();
    let (mut records, mut readable, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    for message in messages {
        match decode(app, &message) {
            Ok(events) => {
                records.extend(events);
                readable.push(message);
            }
            Err(fault) => letters.push(DeadLetter { message, reason: kernel::chain(&*fault) }),
        }
    }
    let relayed = records.len();
    if relayed > 0 {
        app.journal.append(records).await?;
    }
    let (at, letters) = (app.db.now(), Arc::new(letters));
    let buried = Arc::clone(&letters);
    app.db
        .write(Locks::none(), move |tx| {
            outbox::delete(tx, &readable)?;
            outbox::bury(tx, &buried, at)
        })
        .await?;
    tell(app, relayed, &letters);
    Ok(taken)
}

/// Counts what a turn did. A row that cannot be read was written by a release that we do not know, or not by us.
fn tell(app: &App, relayed: usize, letters: &[DeadLetter]) {
    app.relay.0.relayed.fetch_add(relayed as u64, Ordering::Relaxed);
    app.relay.0.unreadable.fetch_add(letters.len() as u64, Ordering::Relaxed);
    for DeadLetter { message, reason } in letters {
        tracing::error!(environment.id = %message.environment, outbox.subject = %message.subject, outbox.n = message.n,
            error = %reason, "an outbox row cannot be read: it lies with the dead letters");
    }
}

/// The records of a row: the events of one command.
fn decode(app: &App, message: &Message) -> Result<Vec<journal::Record>, Box<dyn std::error::Error>> {
    let events: Vec<HouseEvent> = serde_json::from_str(&message.body)?;
    let record = |event: &HouseEvent| {
        Ok(journal::Record {
            environment: message.environment,
            source: record::Origin::House.source(),
            received_at: app.clock.now(),
            body: record::of_house(event)?.into(),
        })
    };
    events.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_lasts_is_tried_ever_more_rarely() {
        let pauses = [1, 2, 3, 6, 7, 8, u32::MAX].map(|faults| pause(faults).as_millis());
        assert_eq!(pauses, [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
    }
}
