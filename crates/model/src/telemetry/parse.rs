//! A verdict for each item of a request (D17): accepted with warnings, or refused with everything that is
//! wrong with it.

use super::{
    RECORD_BYTES_MAX,
    body::Body,
    fields::{self, Detail, Fields},
    object::Object,
    recommended, record, time,
};
use crate::event::{Call, MessageId};
use kernel::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What became of one item, in the order of the request.
#[derive(Debug)]
pub enum Verdict<'a> {
    Accepted(Box<Accepted<'a>>),
    Refused(Refused),
}

/// An item that goes to the journal.
#[derive(Debug)]
pub struct Accepted<'a> {
    item: Object<'a>,
    fields: Fields<'a>,
    /// What the journal keeps: the item's own bytes, or without its `api_key` where it held one.
    pub raw: Cow<'a, str>,
    pub occurred_at: Timestamp,
    pub warnings: Vec<String>,
}

/// An item that goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: Code,
    pub details: Vec<Detail>,
}

/// `error_code` of the answer when no item is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    InvalidRequest,
    EventTooLarge,
}

impl Code {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::EventTooLarge => "EVENT_TOO_LARGE",
        }
    }
}

/// Judges every item of `body`, received at `received_at`.
pub fn judge<'a>(call: Call, body: &Body<'a>, received_at: Timestamp) -> Vec<Verdict<'a>> {
    body.items.iter().map(|raw| judge_item(call, body, raw, received_at)).collect()
}

fn judge_item<'a>(call: Call, body: &Body<'a>, raw: &'a RawValue, received_at: Timestamp) -> Verdict<'a> {
    let Some(mut item) = Object::read(raw) else {
        return refused(Code::InvalidRequest, "", "must be an object");
    };
    let kept = match item.remove("api_key") {
        // A credential is not data: it goes neither into the journal nor into the answer.
        Some(_) => Cow::Owned(serde_json::to_string(&item).expect("raw JSON values can be written again")),
        None => Cow::Borrowed(raw.get()),
    };
    if record::bytes_of(&kept) > RECORD_BYTES_MAX {
        return refused(Code::EventTooLarge, "", "must be at most 512 KiB");
    }
    let mut fields = match fields::read(call, body.form, &item) {
        Ok(fields) => fields,
        Err(details) => return Verdict::Refused(Refused { code: Code::InvalidRequest, details }),
    };
    fields.unattribute();
    let (occurred_at, set_aside) = time::settle(fields.timestamp, received_at);
    let mut warnings = std::mem::take(&mut fields.warnings);
    if set_aside {
        warnings.push("Field 'timestamp' lies in the future; the time of receipt counts instead".to_owned());
    }
    warnings.extend(recommended::warnings(call, &fields));
    Verdict::Accepted(Box::new(Accepted { item, fields, raw: kept, occurred_at, warnings }))
}

fn refused(code: Code, field: &str, message: &str) -> Verdict<'static> {
    let details = vec![Detail { field: field.to_owned(), message: message.to_owned() }];
    Verdict::Refused(Refused { code, details })
}

impl Accepted<'_> {
    /// The id that its sender gave it, or `None`: then the receipt makes one.
    pub fn message_id(&self) -> Option<MessageId> {
        self.fields.message_id.as_deref().map(MessageId::of_sender)
    }
}

/// The echo (D18): the item as it was sent, values verbatim, under canonical keys (`event_name`, `traits`),
/// `$set` flattened, without `api_key`.
impl Serialize for Accepted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut attributes_done = false;
        for (key, value) in self.item.iter() {
            match key {
                "traits" | "user_traits" | "properties" if self.fields.attributes.is_some() => {
                    // Once, at the place of whichever spelling came first.
                    if let Some(attributes) = self.fields.attributes.as_ref().filter(|_| !attributes_done) {
                        let canonical = if key == "properties" { key } else { "traits" };
                        map.serialize_entry(canonical, attributes)?;
                        attributes_done = true;
                    }
                }
                "event" if self.item.present("event_name").is_some() => {}
                "event" => map.serialize_entry("event_name", value)?,
                "event_name" if value.get() == "null" && self.item.contains("event") => {}
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(call: Call, text: &str, look: impl FnOnce(Vec<Verdict<'_>>)) {
        let body = Body::read(text.as_bytes()).unwrap();
        look(judge(call, &body, "2026-11-21T12:00:00Z".parse().unwrap()));
    }

    fn echo(call: Call, text: &str) -> String {
        let mut echoed = String::new();
        verdicts(call, text, |all| match &all[0] {
            Verdict::Accepted(accepted) => echoed = serde_json::to_string(accepted).unwrap(),
            Verdict::Refused(refused) => panic!("{refused:?}"),
        });
        echoed
    }

    #[test]
    fn the_echo_is_what_was_sent_under_canonical_keys() {
        let cases = [
            (
                Call::Identify,
                r#"{"user_id":"u","traits":{"n":1.50},"timestamp":"20-11-23T22:28:55.111Z"}"#,
                r#"{"user_id":"u","traits":{"n":1.50},"timestamp":"20-11-23T22:28:55.111Z"}"#,
            ),
            (
                Call::Identify,
                r#"{"api_key":"k","timestamp":"2023-11-06 09:03:11.913767","user_traits":{"b":1},"traits":{"$set":{"a":1}},"user_id":"1"}"#,
                r#"{"timestamp":"2023-11-06 09:03:11.913767","traits":{"a":1,"b":1},"user_id":"1"}"#,
            ),
            (
                Call::Track,
                r#"{"event":"old","event_name":"new","user_id":"u","properties":{"$set":{"a":[]}},"extra":{"x":1}}"#,
                r#"{"event_name":"new","user_id":"u","properties":{"a":[]},"extra":{"x":1}}"#,
            ),
            (Call::Track, r#"{"event":"e","user_id":"u"}"#, r#"{"event_name":"e","user_id":"u"}"#),
            (
                Call::Track,
                r#"{"event_name":null,"event":"e","user_id":"u"}"#,
                r#"{"event_name":"e","user_id":"u"}"#,
            ),
            (
                Call::Group,
                r#"{"user_id":"u","context":{"group_id":"g"}}"#,
                r#"{"user_id":"u","context":{"group_id":"g"}}"#,
            ),
        ];
        for (call, sent, echoed) in cases {
            assert_eq!(echo(call, sent), echoed);
        }
    }

    #[test]
    fn a_credential_never_reaches_the_journal() {
        verdicts(Call::Track, r#"{"api_key": "k", "event": "e", "user_id": "u"}"#, |all| match &all[0] {
            Verdict::Accepted(accepted) => assert_eq!(accepted.raw, r#"{"event":"e","user_id":"u"}"#),
            Verdict::Refused(refused) => panic!("{refused:?}"),
        });
    }

    #[test]
    fn an_event_beyond_a_journal_record_is_refused_alone() {
        let large = "x".repeat(RECORD_BYTES_MAX);
        let text = format!(
            r#"[{{"event":"e","user_id":"u","properties":{{"a":"{large}"}}}},{{"event":"e","user_id":"u"}},3]"#
        );
        verdicts(Call::Track, &text, |all| {
            let codes: Vec<_> = all
                .iter()
                .map(|verdict| match verdict {
                    Verdict::Accepted(_) => None,
                    Verdict::Refused(refused) => Some(refused.code),
                })
                .collect();
            assert_eq!(codes, [Some(Code::EventTooLarge), None, Some(Code::InvalidRequest)]);
        });
    }

    #[test]
    fn a_future_date_is_told_and_set_aside() {
        let text = r#"{"event":"e","user_id":"u","timestamp":"9999-12-01","context":{"group_id":"g"}}"#;
        verdicts(Call::Track, text, |all| match &all[0] {
            Verdict::Accepted(accepted) => {
                assert_eq!(accepted.occurred_at, "2026-11-21T12:00:00Z".parse().unwrap());
                assert_eq!(accepted.warnings.len(), 1);
            }
            Verdict::Refused(refused) => panic!("{refused:?}"),
        });
    }
}
