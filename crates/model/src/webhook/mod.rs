//! Messages to a builder's endpoint: what they say, how they are signed and when they are tried again.
//!
//! - [`body`]: the JSON, the union of both documented shapes (decision D8)
//! - [`signature`]: Standard Webhooks 1.0.0, symmetric `v1`
//! - [`retry`]: what an answer means and how long to wait

pub mod body;
pub mod retry;
pub mod signature;
