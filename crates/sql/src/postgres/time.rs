//! The server's clock, read once and then followed by our monotonic one.

use super::link::{Link, unreachable_server};
use crate::Fault;
use kernel::{Clock, Monotonic, Timestamp};
use std::time::Duration;

/// Of so many samples the one with the shortest round trip counts.
const SAMPLES: usize = 5;

const NOW: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";

/// The server's time at our monotonic clock's zero.
pub(crate) struct ServerTime {
    at_zero: Timestamp,
}

impl ServerTime {
    pub(super) fn measure(link: &Link, clock: &dyn Clock) -> Result<Self, Fault> {
        let mut best: Option<(Duration, Timestamp)> = None;
        for _ in 0..SAMPLES {
            let sent = clock.monotonic();
            let row = link.runtime.block_on(link.client.query_one(NOW, &[]));
            let micros = row.and_then(|row| row.try_get(0)).map_err(unreachable_server("read the clock"))?;
            let trip = clock.monotonic().since(sent);
            let at_zero = Timestamp::from_micros(micros).minus(trip / 2).minus(sent.0);
            if best.is_none_or(|(shortest, _)| trip < shortest) {
                best = Some((trip, at_zero));
            }
        }
        let (_, at_zero) = best.unwrap_or((Duration::ZERO, clock.now()));
        Ok(Self { at_zero })
    }

    pub(crate) fn now(&self, at: Monotonic) -> Timestamp {
        self.at_zero.plus(at.0)
    }
}
