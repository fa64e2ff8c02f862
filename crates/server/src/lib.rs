//! The binary: configuration, wiring, subcommands, shutdown. The only crate with a real clock, real
//! randomness and a look at the environment.

#![warn(clippy::print_stdout, clippy::print_stderr)] // Both end the process when nobody reads: `cli::out` does not.

mod callers;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod doctor;
pub mod http;
pub mod launch;
pub mod log;
pub mod metrics;
pub mod parts;
pub mod probe;
pub mod real;
pub mod signal;
pub mod wiring;
