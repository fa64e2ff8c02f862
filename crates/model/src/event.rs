//! One event in the one internal form, whatever dialect it came in.

use kernel::{Env, Rng, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// Which of the four calls it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Identify,
    Group,
    Track,
    Page,
}

impl Call {
    /// The name on the wire and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Track => "track",
            Self::Page => "page",
        }
    }

    /// The call of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Identify, Self::Group, Self::Track, Self::Page].into_iter().find(|call| call.name() == name)
    }
}

/// 128 bits that name one event within its environment; two events with the same id are one.
/// The text form, in JSON too, is 32 lower-case hexadecimal digits (JSON numbers stop at 64 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(pub u128);

/// The text is not a message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message id of 32 hexadecimal digits")]
pub struct MessageIdFault;

impl MessageId {
    /// For an event whose sender named none: each receipt is an event of its own.
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        Self(u128::from_be_bytes(bytes))
    }

    /// For an event whose sender gave it a name (`message_id`): sending it again changes nothing.
    pub fn of_sender(name: &str) -> Self {
        Self::hash("sender", &[name.as_bytes()])
    }

    /// For a standard event of a workflow: the same node of the same run says the same thing once, however
    /// often the node or the relay runs.
    pub fn of_node(run: RunId, node: &str, iteration: u32, event: &str) -> Self {
        let run = run.uuid();
        Self::hash("node", &[run.as_bytes(), node.as_bytes(), &iteration.to_be_bytes(), event.as_bytes()])
    }

    /// Each part goes in with its length, so that no two lists of parts read alike.
    fn hash(kind: &str, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in std::iter::once(&kind.as_bytes()).chain(parts) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for MessageId {
    type Err = MessageIdFault;
    fn from_str(text: &str) -> Result<Self, MessageIdFault> {
        let plain = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !plain {
            return Err(MessageIdFault);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| MessageIdFault)
    }
}

impl TryFrom<String> for MessageId {
    type Error = MessageIdFault;
    fn try_from(text: String) -> Result<Self, MessageIdFault> {
        text.parse()
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.to_string()
    }
}

/// An accepted event. Ids are opaque texts of the builder's of at most 1,024 bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub env: Env,
    pub message_id: MessageId,
    pub call: Call,
    /// `signed_up`, `page_visit` …; `identify` and `group` for those calls.
    pub name: String,
    pub user_id: Option<String>,
    pub group_id: Option<String>,
    /// The platform's id of the account (`ts_tenant_id`), where the event knows it (decision D26).
    pub tenant_id: Option<String>,
    pub device_id: Option<String>,
    pub session_id: Option<String>,
    /// `product`, `marketing`, …
    pub source: Option<String>,
    /// When it happened, by the sender; the time of receipt where the sender did not say.
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    /// Traits of identify and group, properties of track and page, `$set` flattened.
    pub attributes: Map<String, Value>,
    pub context: Map<String, Value>,
}

/// A standard event that a workflow says (domain 5.4), as it lies in the outbox until the relay has brought
/// it to the journal ([`crate::telemetry::record::of_house`] makes its body). Before the ack it knows `tenant_id` alone; at
/// the ack it carries both ids and so makes them aliases of one account (decision D26).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HouseEvent {
    /// A name of domain 5.4: `signed_up`, `user_enriched` …
    pub name: String,
    pub user_id: Option<String>,
    /// The builder's id of the account, or the platform's where the ack brought none.
    pub group_id: Option<String>,
    /// `ts_tenant_id`.
    pub tenant_id: Option<String>,
    pub properties: Map<String, Value>,
    /// Further context (`ip`, `source` …); the ids above are added to it on the way to the journal.
    #[serde(default)]
    pub context: Map<String, Value>,
    pub occurred_at: Timestamp,
    /// [`MessageId::of_node`].
    pub message_id: MessageId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_survives_its_text_form() {
        let id = MessageId(u128::MAX - 7);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::from_str::<MessageId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        assert_eq!("F".repeat(32).parse::<MessageId>(), Err(MessageIdFault), "one spelling only");
        assert_eq!("+".repeat(32).parse::<MessageId>(), Err(MessageIdFault));
    }

    #[test]
    fn derived_ids_differ_when_any_part_does() {
        let run = RunId::from_uuid("0194f1f0-0000-7000-8000-000000000001".parse().unwrap());
        let id = MessageId::of_node(run, "plan", 0, "signed_up");
        assert_eq!(id, MessageId::of_node(run, "plan", 0, "signed_up"));
        assert_ne!(id, MessageId::of_node(run, "plan", 1, "signed_up"));
        assert_ne!(id, MessageId::of_node(run, "pla", 0, "nsigned_up"));
        assert_ne!(id, MessageId::of_node(run, "plan", 0, "signed_in"));
        assert_ne!(MessageId::of_sender("a"), MessageId::of_sender("b"));
    }
}
