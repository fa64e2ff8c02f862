//! The guarded client and the mail conversation against real servers on this machine, and the policy as tables.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "it/client.rs"]
mod client;
#[path = "it/country.rs"]
mod country;
#[path = "it/listener.rs"]
mod listener;
#[path = "it/policy.rs"]
mod policy;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/smtp.rs"]
mod smtp;
#[path = "it/support.rs"]
mod support;
#[path = "it/tls.rs"]
mod tls;
