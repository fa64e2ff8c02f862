//! Logs: readable on a terminal, JSON otherwise, always on standard error.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Whether [`start`] can follow this filter to the letter.
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Sets up logging for the process. Parts of the filter that are none are left out. A second call changes nothing.
pub fn start(format: LogFormat, filter: &str) {
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    let started = if format.is_text() {
        let colour = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(colour)).try_init()
    } else {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    };
    // Somebody embeds us and has set it up already.
    drop(started);
}
