//! The lake as its callers see it, compared with an obvious slow oracle.

mod crash;
mod day;
mod history;
mod large;
mod oracle;
mod page;
mod small;
mod together;

use crate::{Lake, Opened, Options};
use jiff::{civil::Date, tz::TimeZone};
use kernel::{Env, EnvironmentId, JournalId, Timestamp};
use model::event::{Call, Event, MessageId};
use serde_json::json;
use std::path::Path;
use uuid::Uuid;

fn env(number: u128) -> Env {
    Env::vouched(EnvironmentId::from_uuid(Uuid::from_u128(number)))
}

fn journal(number: u128) -> JournalId {
    JournalId::from_uuid(Uuid::from_u128(number))
}

/// When events are taken in, where it does not matter.
const TAKEN: Timestamp = Timestamp::from_seconds(2_000_000_000);

/// Small enough that a handful of events fills several segments and row groups.
fn small() -> Options {
    Options { head_rows_max: 8, group_rows_max: 6, ..Options::default() }
}

fn open(dir: &Path, options: Options) -> (Lake, Opened) {
    Lake::open(dir, options, journal(1)).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// A tracked event of environment 1.
fn event(id: u128, name: &str, user_id: Option<&str>, occurred_at: Timestamp) -> Event {
    Event {
        env: env(1),
        message_id: MessageId(id),
        call: Call::Track,
        name: name.into(),
        user_id: user_id.map(Into::into),
        group_id: None,
        tenant_id: None,
        device_id: Some(format!("device-{}", id % 3)),
        session_id: None,
        source: Some("product".into()),
        occurred_at,
        received_at: Timestamp::from_seconds(2_000_000_000),
        attributes: json!({ "z": id as u64, "a": { "deep": ["ä", null, true] } })
            .as_object()
            .unwrap()
            .clone(),
        context: json!({ "device_id": "x" }).as_object().unwrap().clone(),
    }
}

/// Events under the sequence numbers from `first` on.
fn numbered(first: u64, events: impl IntoIterator<Item = Event>) -> Vec<(u64, Event)> {
    (first..).zip(events).collect()
}
