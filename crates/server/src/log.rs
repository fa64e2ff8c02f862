//! Logs: readable on a terminal, JSON otherwise, always on standard error.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Whether [`start`] can follow this filter: a level, or levels by the beginning of a part's name.
pub fn is_filter(text: &str) -> bool {
    targets(text).is_some()
}

fn targets(text: &str) -> Option<Targets> {
    text.replace(' ', "").parse().ok()
}

/// Sets up logging for the process. A filter that is none counts as `info`. A second call changes nothing.
pub fn start(format: LogFormat, filter: &str) {
    let registry = tracing_subscriber::registry()
        .with(targets(filter).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)));
    let started = if format.is_text() {
        let colour = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(colour)).try_init()
    } else {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    };
    // Somebody embeds us and has set it up already.
    drop(started);
}
