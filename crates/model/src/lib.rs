//! What is true, without I/O: domain types and pure rules.

pub mod caller;
pub mod email;
pub mod enrichment;
pub mod event;
pub mod mail;
pub mod platform;
pub mod request;
pub mod run;
pub mod setting;
pub mod telemetry;
pub mod webhook;
pub mod workflow;
