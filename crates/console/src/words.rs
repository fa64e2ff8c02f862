//! How the pages say times, spans and numbers. Everything is spoken against one instant and in one zone, which
//! the page names once.

use jiff::{Timestamp as Instant, Zoned, civil::Date, tz::TimeZone};
use kernel::Timestamp;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// An instant for a page: what people say, and what it is exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// RFC 3339 in UTC, for machines and for copying.
    pub iso: String,
    /// To the second in the page's zone, shown on hover.
    pub exact: String,
    pub said: String,
}

/// Speaks for one page.
#[derive(Debug, Clone)]
pub struct Speaker {
    now: Timestamp,
    zone: TimeZone,
    zone_name: String,
}

impl Speaker {
    /// Speaks in the named zone; in UTC where the name is unknown (settings are checked, old ones may be older
    /// than the zone database).
    pub fn new(now: Timestamp, zone_name: &str) -> Self {
        match TimeZone::get(zone_name) {
            Ok(zone) => Self { now, zone, zone_name: zone_name.to_owned() },
            Err(_) => Self { now, zone: TimeZone::UTC, zone_name: "UTC".to_owned() },
        }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// `2 min ago`, `yesterday`, `18 d ago`, `3 Nov`, `3 Nov 2024`.
    pub fn ago(&self, at: Timestamp) -> When {
        let said = if at > self.now { self.ahead(at) } else { self.behind(at) };
        self.when(at, said)
    }

    /// `12:04:29.118`
    pub fn clock(&self, at: Timestamp) -> When {
        self.when(at, self.local(at).strftime("%H:%M:%S%.3f").to_string())
    }

    /// `12:04:29`, with the day in front where it is another one.
    pub fn moment(&self, at: Timestamp) -> When {
        let (then, today) = (self.local(at), self.local(self.now));
        let said = if then.date() == today.date() {
            then.strftime("%H:%M:%S").to_string()
        } else {
            format!("{}, {}", day(then.date()), then.strftime("%H:%M"))
        };
        self.when(at, said)
    }

    /// `12:06`, for "up to".
    pub fn short_clock(&self, at: Timestamp) -> String {
        self.local(at).strftime("%H:%M").to_string()
    }

    fn behind(&self, at: Timestamp) -> String {
        let seconds = self.now.since(at).as_secs();
        let (then, today) = (self.local(at), self.local(self.now));
        match seconds {
            0..5 => "just now".to_owned(),
            5..MINUTE => format!("{seconds} s ago"),
            MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
            HOUR..DAY if then.date() == today.date() || seconds < 12 * HOUR => {
                format!("{} h ago", seconds / HOUR)
            }
            _ if then.date().tomorrow().ok() == Some(today.date()) => "yesterday".to_owned(),
            _ if seconds < 28 * DAY => format!("{} d ago", seconds.div_ceil(DAY)),
            _ if then.year() == today.year() => day(then.date()),
            _ => format!("{} {}", day(then.date()), then.year()),
        }
    }

    fn ahead(&self, at: Timestamp) -> String {
        format!("in {}", rough(at.since(self.now)))
    }

    fn when(&self, at: Timestamp, said: String) -> When {
        let local = self.local(at);
        let exact = format!(
            "{} {} ({})",
            local.strftime("%a %-d %b %Y,"),
            local.strftime("%H:%M:%S%.3f"),
            self.zone_name
        );
        When { iso: at.to_string(), exact, said }
    }

    fn local(&self, at: Timestamp) -> Zoned {
        let instant: Instant = at.to_jiff();
        instant.to_zoned(self.zone.clone())
    }
}

/// `24 Oct`
pub fn day(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// A measured span in the unit that one would speak: `9 ms`, `7.1 s`, `1 min 53 s`, `3 h 20 min`, `6 d 2 h`.
pub fn span(span: Duration) -> String {
    let (millis, seconds) = (span.as_millis(), span.as_secs());
    match seconds {
        0 if millis == 0 => "< 1 ms".to_owned(),
        0 => format!("{millis} ms"),
        1..10 => format!("{}.{} s", seconds, (millis % 1_000) / 100),
        10..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => two(seconds, MINUTE, "min", 1, "s"),
        HOUR..DAY => two(seconds, HOUR, "h", MINUTE, "min"),
        _ => two(seconds, DAY, "d", HOUR, "h"),
    }
}

/// A wait as one would say it, rounded up: `40 s`, `2 min`, `3 h`.
pub fn rough(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(MINUTE)),
        5_401..=172_800 => format!("{} h", seconds.div_ceil(HOUR)),
        _ => format!("{} d", seconds.div_ceil(DAY)),
    }
}

/// A term that is set somewhere, in the largest unit that there are two or more of: `12 hours`, `30 days`.
pub fn term(span: Duration) -> String {
    let seconds = span.as_secs();
    for (unit, name) in [(DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")] {
        if seconds >= 2 * unit && seconds.is_multiple_of(unit) {
            return format!("{} {name}", count(seconds / unit));
        }
    }
    counted(seconds, "second", "seconds")
}

/// `1,284`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 run`, `2 runs`
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// The letter that stands in place of a product's logo; a dot where the name has none.
pub fn initial(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric());
    letter.map_or_else(|| "·".to_owned(), |letter| letter.to_uppercase().to_string())
}

/// One or two capitals for a person or an account: `Ada Byron` is AB, `kj@trajectory.dev` is KJ.
pub fn initials(name: &str) -> String {
    let name = name.split('@').next().unwrap_or(name);
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let (first, last) = (words.next().unwrap_or("?"), words.next_back());
    let letters: String = match last {
        Some(last) => first.chars().take(1).chain(last.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

fn two(seconds: u64, big: u64, big_name: &str, small: u64, small_name: &str) -> String {
    let rest = seconds % big / small;
    if rest == 0 {
        format!("{} {big_name}", seconds / big)
    } else {
        format!("{} {big_name} {rest} {small_name}", seconds / big)
    }
}
