//! Every backend is down some day: while the switch is on, webhooks are answered with 503.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// A handle; clones share the switch.
#[derive(Debug, Clone, Default)]
pub struct Outage(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    on: AtomicBool,
    turned_away: AtomicU64,
}

impl Outage {
    pub fn begin(&self) {
        self.0.on.store(true, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.on.store(false, Ordering::Relaxed);
    }

    /// How many webhooks were turned away so far.
    pub fn turned_away(&self) -> u64 {
        self.0.turned_away.load(Ordering::Relaxed)
    }

    /// Whether the webhook that asks is turned away; it is counted then.
    pub(super) fn is_on(&self) -> bool {
        let on = self.0.on.load(Ordering::Relaxed);
        self.0.turned_away.fetch_add(u64::from(on), Ordering::Relaxed);
        on
    }
}
