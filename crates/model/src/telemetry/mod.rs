//! Telemetry without I/O: what a request's bytes say, which events they hold, what an event says about
//! people and accounts.
//!
//! ```text
//! bytes ─ json::check ─► Body ─ parse::judge ─► verdict per item: Accepted (raw JSON, echo, warnings) | Refused
//!                                                  │ record::encode                    answer ◄─ warnings, details
//! journal record ─ record::decode ─► Event ─ profile::facts ─► person, account, membership
//! ```
//! The raw JSON of an event is the truth: ids, attributes and context are read from it by the same code at
//! the edge ([`fields`]) and in every consumer, so that a record the edge accepted can be read.

pub mod answer;
pub mod body;
pub mod dialect;
pub mod fields;
pub mod json;
pub mod object;
pub mod parse;
pub mod profile;
pub mod recommended;
pub mod record;
pub mod time;
pub mod traits;

/// Most events of one request (domain 2.3).
pub const EVENTS_MAX: usize = 1_000;
/// Most bytes of one request's body: 2 MB (decision D11).
pub const BODY_BYTES_MAX: usize = 2_097_152;
/// Most bytes of an id, an event's name or a source (decision D11).
pub const ID_BYTES_MAX: usize = 1_024;
/// Most bytes of a journal record: one event with its envelope. JetStream's default limit is 1 MB.
pub const RECORD_BYTES_MAX: usize = 512 * 1_024;
