//! How failed sign-ins slow down the next ones. Pure: what was before and the time go in, what is now comes out.
//!
//! An attempt counts as a failure before the password is looked at and is given back when it was right, so a
//! thousand attempts at once are a thousand failures. Nobody is locked out for good: a wait ends by itself, and a
//! one-time link from the command line goes past it.

use crate::digest::sha256;
use kernel::Timestamp;
use std::{net::IpAddr, time::Duration};
use store::operator::Failures;

/// One subject's patience.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Failures that cost nothing.
    free: u32,
    /// The wait after the last free one; it doubles with each failure.
    first: Duration,
    longest: Duration,
    /// Quiet for this long, and all is forgotten.
    memory: Duration,
}

/// Quiet subjects are forgotten after this long.
pub const MEMORY: Duration = Duration::from_secs(3_600);

/// Guesses at one account, wherever they come from.
pub const ACCOUNT: Rule = Rule { free: 5, first: Duration::from_secs(15), longest: LONGEST, memory: MEMORY };
/// Guesses from one address, at whatever account; a whole office may share one.
pub const ADDRESS: Rule = Rule { free: 20, first: Duration::from_secs(15), longest: LONGEST, memory: MEMORY };

const LONGEST: Duration = Duration::from_secs(900);

impl Rule {
    /// The failures after one more attempt, or how long the caller has to wait before making it.
    pub fn attempt(self, before: Option<Failures>, now: Timestamp) -> Result<Failures, Duration> {
        let before = before.filter(|b| b.last_at.plus(self.memory) > now || b.free_at > now);
        if let Some(before) = before
            && before.free_at > now
        {
            return Err(before.free_at.since(now));
        }
        let count = before.map_or(0, |b| b.count).saturating_add(1);
        Ok(Failures { count, last_at: now, free_at: now.plus(self.wait(count)) })
    }

    /// Gives back an attempt that was no failure.
    pub fn give_back(now: Failures) -> Option<Failures> {
        let count = now.count.checked_sub(1).filter(|count| *count > 0)?;
        Some(Failures { count, last_at: now.last_at, free_at: now.last_at })
    }

    fn wait(self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => self.first.saturating_mul(2_u32.saturating_pow(over)).min(self.longest),
        }
    }
}

/// The two subjects of an attempt. An address that nobody has is kept as a hash, like one that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    pub account: String,
    pub address: String,
}

impl Subjects {
    pub fn of(email: &str, address: IpAddr) -> Self {
        Self {
            account: format!("account:{}", sha256(email)),
            address: format!("address:{}", network(address)),
        }
    }
}

/// One subscriber of IPv6 has a /64 of addresses to come from.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn after(failures: u32) -> (Failures, Timestamp) {
        let mut now = START;
        let mut last = ACCOUNT.attempt(None, now).unwrap();
        for _ in 1..failures {
            now = last.free_at.max(now);
            last = ACCOUNT.attempt(Some(last), now).unwrap();
        }
        (last, now)
    }

    #[test]
    fn the_first_failures_are_free_then_the_wait_doubles_to_its_cap() {
        let waits: Vec<u64> = (1..=13)
            .map(|n| {
                let (f, now) = after(n);
                f.free_at.since(now).as_secs()
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn a_wait_is_told_and_ends() {
        let (failures, now) = after(6);
        let early = now.plus(Duration::from_secs(10));
        assert_eq!(ACCOUNT.attempt(Some(failures), early), Err(Duration::from_secs(20)));
        assert!(ACCOUNT.attempt(Some(failures), failures.free_at).is_ok());
    }

    #[test]
    fn an_hour_of_quiet_forgets() {
        let (failures, now) = after(9);
        let later = now.plus(MEMORY);
        assert_eq!(ACCOUNT.attempt(Some(failures), later).unwrap().count, 1);
    }

    #[test]
    fn a_right_password_gives_its_attempt_back() {
        let (failures, _) = after(3);
        assert_eq!(Rule::give_back(failures).unwrap().count, 2);
        assert_eq!(Rule::give_back(after(1).0), None);
    }

    #[test]
    fn addresses_of_one_network_are_one_subject() {
        let of = |text: &str| Subjects::of("a@b.c", text.parse().unwrap()).address;
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), "address:192.0.2.7");
    }
}
