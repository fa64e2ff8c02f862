//! One event in the one internal form, whatever dialect it came in.

use kernel::{Env, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which of the four calls it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Identify,
    Group,
    Track,
    Page,
}

/// 128 bits that name one event within its environment; two events with the same id are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u128);

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
