//! A clock that moves when told.

use kernel::{Clock, Monotonic, Timestamp};
use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Stands still at 2026-01-02T03:04:05Z until it is advanced or set. Both of its hands, the wall and the
/// monotonic one, move together when it is advanced; setting it moves the wall alone, as an operator would.
pub struct TestClock {
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl TestClock {
    /// 2026-01-02T03:04:05Z.
    pub const START: Timestamp = Timestamp::from_seconds(1_767_323_045);

    pub fn new() -> Self {
        Self::at(Self::START)
    }

    pub fn at(start: Timestamp) -> Self {
        Self { wall: AtomicI64::new(start.micros()), monotonic: AtomicU64::new(0) }
    }

    pub fn advance(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.monotonic.fetch_add(micros, Relaxed);
        self.wall.fetch_add(i64::try_from(micros).unwrap_or(i64::MAX), Relaxed);
    }

    pub fn set(&self, now: Timestamp) {
        self.wall.store(now.micros(), Relaxed);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.wall.load(Relaxed))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::from_micros(self.monotonic.load(Relaxed)))
    }
}
