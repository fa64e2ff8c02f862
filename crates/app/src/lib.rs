//! Use cases, one module per feature. No HTTP server, no SQL text.

pub mod caller;
pub mod consume;
pub mod enrich;
pub mod handover;
pub mod init;
pub mod key;
pub mod lead;
pub mod mail;
pub mod operator;
pub mod rebuild;
pub mod relay;
pub mod report;
pub mod run;
pub mod setting;
pub mod telemetry;
pub mod token;
pub mod webhook;
