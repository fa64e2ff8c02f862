//! Logs: readable on a terminal, JSON otherwise, always on standard error.

use crate::config::LogFormat;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Level;
use tracing_subscriber::{
    filter::{LevelFilter, Targets, dynamic_filter_fn},
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

static HUSHED: AtomicBool = AtomicBool::new(false);

/// While it lives, nothing but errors is logged: the demo's past has its troubles, which are no news.
#[must_use]
pub struct Hushed(());

impl Hushed {
    pub fn begin() -> Self {
        HUSHED.store(true, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Hushed {
    fn drop(&mut self) {
        HUSHED.store(false, Ordering::Relaxed);
    }
}

/// Sets up logging for the process. A filter that is none counts as `info`. A second call changes nothing.
pub fn start(format: LogFormat, filter: &str) {
    let registry = tracing_subscriber::registry()
        .with(dynamic_filter_fn(|meta, _| !HUSHED.load(Ordering::Relaxed) || *meta.level() == Level::ERROR))
        .with(targets(filter).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)));
    // A line that cannot be written is lost: to say so on standard error, too, would end the thread.
    let started = if format.is_text() {
        let colour = std::io::stderr().is_terminal();
        let text = fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
        registry.with(text.log_internal_errors(false)).try_init()
    } else {
        let json = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        registry.with(json.log_internal_errors(false)).try_init()
    };
    // Somebody embeds us and has set it up already.
    drop(started);
}
