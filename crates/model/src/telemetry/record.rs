//! The body of a journal record: what the journal's own envelope (environment, source, time of receipt) does
//! not hold of an event, then the event's raw JSON.
//!
//! ```text
//! byte  0      version (1)
//!       1      call: 1 identify, 2 group, 3 track, 4 page
//!       2..18  message id, big-endian
//!      18..26  occurred at, microseconds since the epoch, big-endian
//!      26..    the item's JSON, UTF-8
//! ```
//! The journal checks sums; this format need not. A reader takes every version that was ever written; one it
//! does not know makes the record a dead letter, never a stop.

use super::{
    RECORD_BYTES_MAX,
    body::Form,
    fields,
    json::{self, JsonFault},
    object::Object,
};
use crate::event::{Call, Event, HouseEvent, MessageId};
use kernel::{Env, Timestamp};
use serde_json::{Map, Value, value::RawValue};

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 26;

/// Who said it. Only the house may say that two ids are one account (decision D26): a project key is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Request,
    House,
}

impl Origin {
    /// The journal record's `source`.
    pub const fn source(self) -> u8 {
        match self {
            Self::Request => 1,
            Self::House => 2,
        }
    }

    pub const fn of_source(source: u8) -> Result<Self, RecordFault> {
        match source {
            1 => Ok(Self::Request),
            2 => Ok(Self::House),
            other => Err(RecordFault::Source(other)),
        }
    }
}

/// What neither the journal's envelope nor the raw JSON tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub call: Call,
    pub message_id: MessageId,
    pub occurred_at: Timestamp,
}

/// Why a record cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    #[error("the event is larger than 512 KiB")]
    TooLarge,
    #[error("the record ends too early")]
    Short,
    #[error("unknown record version {0}")]
    Version(u8),
    #[error("unknown call {0}")]
    Call(u8),
    #[error("unknown source {0}")]
    Source(u8),
    #[error("the event is not legal JSON: {0}")]
    Json(#[from] JsonFault),
    #[error("the event is not an object")]
    Kind,
    #[error("field '{field}' {message}")]
    Field { field: String, message: String },
}

/// How many bytes the record of `raw` takes.
pub const fn bytes_of(raw: &str) -> usize {
    HEAD_BYTES + raw.len()
}

/// The body of the record of an accepted item.
pub fn encode(head: &Head, raw: &str) -> Result<Vec<u8>, RecordFault> {
    if bytes_of(raw) > RECORD_BYTES_MAX {
        return Err(RecordFault::TooLarge);
    }
    let mut record = Vec::with_capacity(bytes_of(raw));
    record.push(VERSION);
    record.push(match head.call {
        Call::Identify => 1,
        Call::Group => 2,
        Call::Track => 3,
        Call::Page => 4,
    });
    record.extend_from_slice(&head.message_id.0.to_be_bytes());
    record.extend_from_slice(&head.occurred_at.micros().to_be_bytes());
    record.extend_from_slice(raw.as_bytes());
    Ok(record)
}

/// The body of the record of a standard event that a workflow said: a `track` call in the wire's own form, so
/// that consumers know one form. Its source is [`Origin::House`].
pub fn of_house(event: &HouseEvent) -> Result<Vec<u8>, RecordFault> {
    let mut context = event.context.clone();
    for (key, id) in [("group_id", &event.group_id), ("tenant_id", &event.tenant_id)] {
        if let Some(id) = id {
            context.insert(key.to_owned(), Value::String(id.clone()));
        }
    }
    let mut item = Map::new();
    item.insert("event_name".to_owned(), Value::String(event.name.clone()));
    if let Some(user) = &event.user_id {
        item.insert("user_id".to_owned(), Value::String(user.clone()));
    }
    item.insert("properties".to_owned(), Value::Object(event.properties.clone()));
    item.insert("context".to_owned(), Value::Object(context));
    item.insert("timestamp".to_owned(), Value::String(event.occurred_at.to_string()));
    let head = Head { call: Call::Track, message_id: event.message_id, occurred_at: event.occurred_at };
    encode(&head, &Value::Object(item).to_string())
}

/// Reads a record's body. `env` is the record's environment, vouched for by the consumer; `origin` its source.
pub fn decode(env: Env, origin: Origin, received_at: Timestamp, body: &[u8]) -> Result<Event, RecordFault> {
    let (head, raw) = open(body)?;
    let raw: &RawValue = serde_json::from_str(json::check(raw)?).map_err(|_| RecordFault::Kind)?;
    let item = Object::read(raw).ok_or(RecordFault::Kind)?;
    // The array form asks for less; what the object form asks for was judged at the edge.
    let mut fields = fields::read(head.call, Form::Array, &item).map_err(first)?;
    match origin {
        Origin::Request => fields.unattribute(),
        // Its ids are those of a run: whatever they look like, they are meant.
        Origin::House => {}
    }
    let (attributes, context) = (fields.attributes_map(), fields.context_map());
    Ok(Event {
        env,
        message_id: head.message_id,
        call: head.call,
        name: fields.name,
        user_id: fields.user_id,
        group_id: fields.group_id,
        tenant_id: fields.tenant_id,
        device_id: fields.device_id,
        session_id: fields.session_id,
        source: fields.source,
        occurred_at: head.occurred_at,
        received_at,
        attributes,
        context,
    })
}

/// Splits a body into its head and the event's raw JSON, which is not judged yet.
fn open(body: &[u8]) -> Result<(Head, &[u8]), RecordFault> {
    match body.first() {
        None => return Err(RecordFault::Short),
        Some(&VERSION) => {}
        Some(&other) => return Err(RecordFault::Version(other)),
    }
    let (head, raw) = body.split_at_checked(HEAD_BYTES).ok_or(RecordFault::Short)?;
    let call = match head[1] {
        1 => Call::Identify,
        2 => Call::Group,
        3 => Call::Track,
        4 => Call::Page,
        other => return Err(RecordFault::Call(other)),
    };
    let message_id = MessageId(u128::from_be_bytes(fixed(head, 2)));
    let occurred_at = Timestamp::from_micros(i64::from_be_bytes(fixed(head, 18)));
    Ok((Head { call, message_id, occurred_at }, raw))
}

fn fixed<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[from..from + N]);
    array
}

fn first(details: Vec<fields::Detail>) -> RecordFault {
    match details.into_iter().next() {
        Some(detail) => RecordFault::Field { field: detail.field, message: detail.message },
        None => RecordFault::Kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn env() -> Env {
        Env::vouched("0194f1f0-0000-7000-8000-00000000000a".parse().unwrap())
    }

    fn head(call: Call) -> Head {
        Head { call, message_id: MessageId(u128::MAX - 1), occurred_at: Timestamp::from_micros(-5) }
    }

    fn read(body: &[u8]) -> Result<Event, RecordFault> {
        decode(env(), Origin::Request, Timestamp::from_micros(7), body)
    }

    #[test]
    fn an_event_survives_its_record() {
        let raw = r#"{"event":"e","user_id":"u","properties":{"a":1,"$set":{"b":2}},"context":{"device_id":"d"},"x":1}"#;
        let body = encode(&head(Call::Track), raw).unwrap();
        assert_eq!((body.len(), &body[HEAD_BYTES..]), (bytes_of(raw), raw.as_bytes()));
        let event = read(&body).unwrap();
        assert_eq!((event.name.as_str(), event.user_id.as_deref()), ("e", Some("u")));
        assert_eq!((event.device_id.as_deref(), event.message_id), (Some("d"), MessageId(u128::MAX - 1)));
        assert_eq!(Value::Object(event.attributes), json!({"a": 1, "b": 2}));
        assert_eq!((event.occurred_at.micros(), event.received_at.micros()), (-5, 7));
        for origin in [Origin::Request, Origin::House] {
            assert_eq!(Origin::of_source(origin.source()), Ok(origin));
        }
    }

    #[test]
    fn an_event_of_the_house_reads_like_any_other() {
        let said = HouseEvent {
            name: "account_created".into(),
            user_id: Some("u".into()),
            group_id: Some("acme".into()),
            tenant_id: Some("t".into()),
            properties: Map::from_iter([("account_name".to_owned(), json!("Acme"))]),
            context: Map::from_iter([("source".to_owned(), json!("product"))]),
            occurred_at: "2026-01-01T00:00:00.000001Z".parse().unwrap(),
            message_id: MessageId(7),
        };
        let outbox: HouseEvent = serde_json::from_str(&serde_json::to_string(&said).unwrap()).unwrap();
        assert_eq!(outbox, said);
        let event = read(&of_house(&outbox).unwrap()).unwrap();
        assert_eq!((event.group_id.as_deref(), event.tenant_id.as_deref()), (Some("acme"), Some("t")));
        assert_eq!((event.source.as_deref(), event.occurred_at), (Some("product"), said.occurred_at));
        assert_eq!((event.name, event.message_id), ("account_created".to_owned(), MessageId(7)));
    }

    /// A trigger takes any id; its events must not lose whom they are about.
    #[test]
    fn what_the_house_says_of_a_placeholder_is_said_of_somebody() {
        let raw = r#"{"event":"e","user_id":"null","context":{"group_id":"NaN"}}"#;
        let body = encode(&head(Call::Track), raw).unwrap();
        let now = Timestamp::from_micros(7);
        let said = decode(env(), Origin::House, now, &body).unwrap();
        assert_eq!((said.user_id.as_deref(), said.group_id.as_deref()), (Some("null"), Some("NaN")));
        let sent = decode(env(), Origin::Request, now, &body).unwrap();
        assert_eq!((sent.user_id, sent.group_id), (None, None));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let good = encode(&head(Call::Identify), r#"{"user_id":"u"}"#).unwrap();
        let broken = |at: usize, byte: u8| {
            let mut record = good.clone();
            record[at] = byte;
            record
        };
        assert!(read(&good).is_ok());
        assert_eq!(read(&[]), Err(RecordFault::Short));
        assert_eq!(read(&good[..25]), Err(RecordFault::Short));
        assert_eq!(read(&broken(0, 2)), Err(RecordFault::Version(2)));
        assert_eq!(read(&broken(1, 9)), Err(RecordFault::Call(9)));
        assert_eq!(Origin::of_source(0), Err(RecordFault::Source(0)));
        assert!(matches!(read(&broken(HEAD_BYTES, b'!')), Err(RecordFault::Json(_))));
        let nobody = encode(&head(Call::Identify), "{}").unwrap();
        assert!(matches!(read(&nobody), Err(RecordFault::Field { .. })));
        let array = encode(&head(Call::Identify), "[]").unwrap();
        assert_eq!(read(&array), Err(RecordFault::Kind));
        let large = "x".repeat(RECORD_BYTES_MAX - HEAD_BYTES + 1);
        assert_eq!(encode(&head(Call::Track), &large), Err(RecordFault::TooLarge));
    }
}
