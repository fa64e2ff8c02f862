//! One event as the lake holds it in memory: texts, numbers and the order of the rows.

use crate::Stored;
use kernel::{Env, EnvironmentId, Timestamp};
use model::event::{Call, Event, MessageId};
use serde_json::{Map, Value};

/// Times are microseconds since 1970; attributes and context are JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) env: EnvironmentId,
    pub(crate) seq: u64,
    pub(crate) occurred_at: i64,
    pub(crate) received_at: i64,
    pub(crate) message_id: u128,
    pub(crate) call: Call,
    pub(crate) name: String,
    pub(crate) user_id: Option<String>,
    pub(crate) group_id: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) attributes: String,
    pub(crate) context: String,
}

/// The order of the rows in a segment: a person's events lie together, oldest first.
pub(crate) type Order<'a> = (EnvironmentId, Option<&'a str>, i64, u64);

impl Row {
    pub(crate) fn of(seq: u64, event: &Event) -> Self {
        Self {
            env: event.env.id(),
            seq,
            occurred_at: event.occurred_at.micros(),
            received_at: event.received_at.micros(),
            message_id: event.message_id.0,
            call: event.call,
            name: event.name.clone(),
            user_id: event.user_id.clone(),
            group_id: event.group_id.clone(),
            tenant_id: event.tenant_id.clone(),
            device_id: event.device_id.clone(),
            session_id: event.session_id.clone(),
            source: event.source.clone(),
            attributes: json(&event.attributes),
            context: json(&event.context),
        }
    }

    pub(crate) fn order(&self) -> Order<'_> {
        (self.env, self.user_id.as_deref(), self.occurred_at, self.seq)
    }

    /// Back to the event, for the environment that was asked: the caller has filtered by it.
    pub(crate) fn into_stored(self, env: Env) -> Result<Stored, serde_json::Error> {
        debug_assert_eq!(self.env, env.id(), "a row of another environment");
        let event = Event {
            env,
            message_id: MessageId(self.message_id),
            call: self.call,
            name: self.name,
            user_id: self.user_id,
            group_id: self.group_id,
            tenant_id: self.tenant_id,
            device_id: self.device_id,
            session_id: self.session_id,
            source: self.source,
            occurred_at: Timestamp::from_micros(self.occurred_at),
            received_at: Timestamp::from_micros(self.received_at),
            attributes: serde_json::from_str(&self.attributes)?,
            context: serde_json::from_str(&self.context)?,
        };
        Ok(Stored { seq: self.seq, event })
    }

    /// An estimate of the memory that this row takes.
    pub(crate) fn bytes(&self) -> usize {
        let optional = [&self.user_id, &self.group_id, &self.tenant_id];
        let optional = optional.into_iter().chain([&self.device_id, &self.session_id, &self.source]);
        let texts: usize = optional.flatten().map(String::len).sum();
        size_of::<Self>() + texts + self.name.len() + self.attributes.len() + self.context.len()
    }
}

fn json(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).expect("a map with text keys has a JSON form")
}
