//! What one environment sends to a slow receiver must take neither every slot of the executor nor, with what waits for it,
//! the writer's lane.
//!
//! Who finds no place is told when to come again: one after the other, at the pace at which places have become free of
//! late. A backlog behind an endpoint that hangs comes back seldom, one behind an endpoint that answers comes back
//! soon. Nobody is kept away longer than [`AWAY_MAX`]: an endpoint that answers again is found by everybody within that.

use kernel::{EnvironmentId, Rng, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Until an attempt looks for a free place again: at least this long …
const AWAY_MIN: Duration = Duration::from_millis(250);
/// … and at most this long.
const AWAY_MAX: Duration = Duration::from_secs(60);
/// How long an attempt holds its place, before one was measured.
const HELD_AT_FIRST: Duration = Duration::from_millis(100);
/// Two that come again are at least this far apart.
const SPACING_MIN: Duration = Duration::from_millis(1);

/// Who may send. As many entries as there are environments.
pub struct Bounds {
    /// Attempts under way at once in one environment.
    places: u32,
    environments: Mutex<HashMap<EnvironmentId, Bound>>,
}

struct Bound {
    places: Arc<Semaphore>,
    /// How many there are.
    count: u32,
    /// How long attempts of late held their places.
    held: Duration,
    /// When somebody took a place or left it.
    moved_at: Timestamp,
    /// When the last of those who were sent away comes again.
    last: Timestamp,
}

impl Bounds {
    pub fn new(places: u32) -> Self {
        Self { places, environments: Mutex::default() }
    }

    /// A place for one attempt, or when to come again.
    pub(crate) fn try_enter(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<OwnedSemaphorePermit, Timestamp> {
        let mut bounds = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        let bound = bounds.entry(environment).or_insert_with(|| Bound::new(self.places, now));
        match Arc::clone(&bound.places).try_acquire_owned() {
            Ok(place) => {
                bound.moved_at = now;
                Ok(place)
            }
            Err(_) => Err(bound.again_at(now, rng)),
        }
    }

    /// Gives a place back that was held for `held`.
    pub(crate) fn leave(
        &self,
        environment: EnvironmentId,
        place: OwnedSemaphorePermit,
        held: Duration,
        now: Timestamp,
    ) {
        let mut bounds = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bound) = bounds.get_mut(&environment) {
            bound.held = (bound.held * 7 + held) / 8;
            bound.moved_at = now;
        }
        drop(place);
    }
}

impl Bound {
    fn new(count: u32, now: Timestamp) -> Self {
        let places = Arc::new(Semaphore::new(count as usize));
        Self { places, count, held: HELD_AT_FIRST, moved_at: now, last: now }
    }

    fn again_at(&mut self, now: Timestamp, rng: &dyn Rng) -> Timestamp {
        // As long as nothing moves, attempts take at least that long.
        let held = self.held.max(now.since(self.moved_at)).min(AWAY_MAX);
        let spacing = SPACING_MIN.max(held / self.count);
        let at = self.last.max(now.plus(AWAY_MIN)).plus(spacing);
        if at > now.plus(AWAY_MAX) {
            return now.plus(spread(rng));
        }
        self.last = at;
        at
    }
}

/// Somewhere in the second half of [`AWAY_MAX`], so that a long line does not come back in one moment.
fn spread(rng: &dyn Rng) -> Duration {
    let mut bytes = [0; 2];
    rng.fill(&mut bytes);
    let half = AWAY_MAX / 2;
    half + half * u32::from(u16::from_be_bytes(bytes)) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    const PLACES: u32 = 128;

    /// Every u16 once, in an order of its own.
    struct Steps(Mutex<u16>);

    impl Rng for Steps {
        fn fill(&self, bytes: &mut [u8]) {
            let mut step = self.0.lock().unwrap();
            *step = step.wrapping_mul(25_173).wrapping_add(13_849);
            for (byte, of) in bytes.iter_mut().zip(step.to_be_bytes().into_iter().cycle()) {
                *byte = of;
            }
        }
    }

    /// What became of `jobs` that were due in one moment, each attempt holding its place for `held`.
    struct Played {
        sent_away: usize,
        sent: usize,
        ended_at: Duration,
    }

    fn play(jobs: usize, held: Duration, until: Duration) -> Played {
        let (bounds, rng) = (Bounds::new(PLACES), Steps(Mutex::new(1)));
        let environment = EnvironmentId::ordered(Timestamp::EPOCH, &rng);
        let mut played = Played { sent_away: 0, sent: 0, ended_at: Duration::ZERO };
        let mut places = Vec::new();
        // `true` is an attempt that ends.
        let mut moments: BinaryHeap<_> = (0..jobs).map(|_| Reverse((Timestamp::EPOCH, false))).collect();
        while let Some(Reverse((now, ends))) = moments.pop() {
            if now > Timestamp::EPOCH.plus(until) {
                break;
            }
            if ends {
                bounds.leave(environment, places.pop().unwrap(), held, now);
                played.sent += 1;
                played.ended_at = now.since(Timestamp::EPOCH);
                continue;
            }
            match bounds.try_enter(environment, now, &rng) {
                Ok(place) => {
                    places.push(place);
                    moments.push(Reverse((now.plus(held), true)));
                }
                Err(at) => {
                    played.sent_away += 1;
                    moments.push(Reverse((at, false)));
                }
            }
        }
        played
    }

    /// Each time that a job is sent away costs a claim and a command.
    #[test]
    fn a_backlog_behind_a_hung_endpoint_costs_little() {
        let played = play(2_000, Duration::from_secs(15), Duration::from_secs(120));
        assert!(played.sent_away < 8 * 2_000, "{}: every quarter second it was 900,000", played.sent_away);
        assert!(played.sent >= 5 * PLACES as usize, "{} attempts: places stayed empty", played.sent);
    }

    #[test]
    fn a_burst_at_a_quick_endpoint_is_over_soon() {
        let played = play(2_000, Duration::from_millis(50), Duration::from_secs(60));
        assert_eq!(played.sent, 2_000);
        assert!(played.ended_at < Duration::from_secs(5), "{:?}", played.ended_at);
    }

    #[test]
    fn nobody_is_kept_away_for_long() {
        let (bounds, rng) = (Bounds::new(PLACES), Steps(Mutex::new(1)));
        let environment = EnvironmentId::ordered(Timestamp::EPOCH, &rng);
        let now = Timestamp::EPOCH;
        let _places: Vec<_> =
            (0..PLACES).map(|_| bounds.try_enter(environment, now, &rng).unwrap()).collect();
        let away: Vec<_> =
            (0..100_000).map(|_| bounds.try_enter(environment, now, &rng).unwrap_err().since(now)).collect();
        assert!(away.iter().all(|away| (AWAY_MIN..=AWAY_MAX).contains(away)));
    }
}
