//! Timestamps as senders write them (contradiction C11). The raw text is never changed; this only reads it.

use jiff::{
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use kernel::Timestamp;
use std::time::Duration;

/// How far ahead of us a sender's clock may be. An event dated later counts as of its receipt: traits merge
/// by the latest event time, so a date in the year 9999 would otherwise win for ever.
pub const AHEAD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The text is no date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time")]
pub struct TimeFault;

/// Reads `[YY]YY-MM-DD[(T| )HH:MM[:SS[.f…]]][ ][Z|UTC|GMT|±HH[[:]MM]]`.
///
/// Two-digit years are of this century, a missing zone is UTC, a date alone its midnight, and digits
/// below the microsecond are cut off. A leap second is the second before it.
pub fn parse(text: &str) -> Result<Timestamp, TimeFault> {
    let mut input = Input(text.trim_ascii().as_bytes());
    let civil = input.date_time()?;
    let offset = input.zone()?;
    if !input.0.is_empty() {
        return Err(TimeFault);
    }
    let zone = TimeZone::fixed(offset);
    civil.to_zoned(zone).map(|zoned| zoned.timestamp().into()).map_err(|_| TimeFault)
}

/// The event's time, given when it was received, and whether the sender's one was set aside for lying more
/// than [`AHEAD_MAX`] in the future.
pub fn settle(sent: Option<Timestamp>, received_at: Timestamp) -> (Timestamp, bool) {
    match sent {
        Some(sent) if sent > received_at.plus(AHEAD_MAX) => (received_at, true),
        Some(sent) => (sent, false),
        None => (received_at, false),
    }
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn date_time(&mut self) -> Result<DateTime, TimeFault> {
        let year = match self.digits() {
            4 => self.number(4)?,
            2 => 2_000 + self.number(2)?,
            _ => return Err(TimeFault),
        };
        self.expect(b'-')?;
        let month = self.number(2)?;
        self.expect(b'-')?;
        let day = self.number(2)?;
        let separated = matches!(self.0, [b'T' | b't' | b' ', b'0'..=b'9', ..]);
        let (hour, minute, second, nanos) = if separated { self.time()? } else { (0, 0, 0, 0) };
        let small = |n: i32| i8::try_from(n).map_err(|_| TimeFault);
        let year = i16::try_from(year).map_err(|_| TimeFault)?;
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, nanos)
            .map_err(|_| TimeFault)
    }

    /// Hour, minute, second, nanosecond.
    fn time(&mut self) -> Result<(i32, i32, i32, i32), TimeFault> {
        self.0 = &self.0[1..];
        let hour = self.number(2)?;
        self.expect(b':')?;
        let minute = self.number(2)?;
        if !self.took(b":") {
            return Ok((hour, minute, 0, 0));
        }
        let second = match self.number(2)? {
            60 => 59,
            second => second,
        };
        if !self.took(b".") && !self.took(b",") {
            return Ok((hour, minute, second, 0));
        }
        let digits = self.digits();
        if digits == 0 {
            return Err(TimeFault);
        }
        // Microseconds are what we keep; the rest is cut off, not rounded.
        let micros = self.0[..digits].iter().chain(std::iter::repeat(&b'0')).take(6);
        let micros = micros.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
        self.0 = &self.0[digits..];
        Ok((hour, minute, second, micros * 1_000))
    }

    fn zone(&mut self) -> Result<Offset, TimeFault> {
        while self.took(b" ") {}
        for utc in [&b"Z"[..], b"z", b"UTC", b"GMT"] {
            if self.took(utc) {
                return Ok(Offset::UTC);
            }
        }
        let sign = match self.0.first() {
            None => return Ok(Offset::UTC),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return Err(TimeFault),
        };
        self.0 = &self.0[1..];
        let hours = self.number(2)?;
        let _colon = self.took(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)? };
        if hours > 23 || minutes > 59 {
            return Err(TimeFault);
        }
        Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).map_err(|_| TimeFault)
    }

    /// How many digits stand here.
    fn digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn number(&mut self, width: usize) -> Result<i32, TimeFault> {
        if self.digits() < width {
            return Err(TimeFault);
        }
        let (digits, rest) = self.0.split_at(width);
        self.0 = rest;
        Ok(digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
    }

    fn expect(&mut self, byte: u8) -> Result<(), TimeFault> {
        if self.took(&[byte]) { Ok(()) } else { Err(TimeFault) }
    }

    fn took(&mut self, text: &[u8]) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_documents_own_timestamps() {
        let cases = [
            ("20-11-23T22:28:55.111Z", "2020-11-23T22:28:55.111Z"),
            ("2023-11-06 09:03:11.913767", "2023-11-06T09:03:11.913767Z"),
            ("2024-10-20T15:51:35.059000Z", "2024-10-20T15:51:35.059Z"),
            ("2023-11-28T19:26:01Z", "2023-11-28T19:26:01Z"),
            ("2023-11-28t19:26:01z", "2023-11-28T19:26:01Z"),
            ("2023-11-28T19:26", "2023-11-28T19:26:00Z"),
            ("2023-11-28", "2023-11-28T00:00:00Z"),
            ("2023-11-28T01:26:01+05:30", "2023-11-27T19:56:01Z"),
            ("2023-11-28T01:26:01-0800", "2023-11-28T09:26:01Z"),
            ("2023-11-28 01:26:01.5+00", "2023-11-28T01:26:01.5Z"),
            ("2023-11-28 01:26:01 UTC", "2023-11-28T01:26:01Z"),
            ("2023-11-28T01:26:01.123456789Z", "2023-11-28T01:26:01.123456Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            (" 2024-02-29T00:00:00Z ", "2024-02-29T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ];
        for (raw, expected) in cases {
            assert_eq!(parse(raw), Ok(expected.parse().unwrap()), "{raw}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        let cases = [
            "",
            "yesterday",
            "2023-13-01",
            "2023-02-29",
            "23-02-30",
            "2023-11-28T24:00:00Z",
            "2023-11-28T10:60Z",
            "2023-11-28T10:00:61Z",
            "2023-11-28T10:00:00.Z",
            "1700000000",
            "2023-11-28T10:00:00+24:00",
            "2023-11-28T10:00:00Zulu",
            "023-11-28",
            "2023-1-2",
            "11/28/2023",
            "2023-11-28T",
            "20231128",
        ];
        for raw in cases {
            assert_eq!(parse(raw), Err(TimeFault), "{raw}");
        }
    }

    #[test]
    fn a_date_far_ahead_counts_as_of_its_receipt() {
        let now = Timestamp::from_seconds(1_000_000);
        assert_eq!(settle(None, now), (now, false));
        assert_eq!(settle(Some(now.plus(AHEAD_MAX)), now), (now.plus(AHEAD_MAX), false));
        assert_eq!(settle(Some(now.plus(AHEAD_MAX * 2)), now), (now, true));
        assert_eq!(settle(Some(Timestamp::EPOCH), now), (Timestamp::EPOCH, false));
    }

    proptest! {
        #[test]
        fn reads_back_every_instant_it_is_given(micros in -62_135_596_800_000_000_i64..253_402_207_200_000_000) {
            let instant = Timestamp::from_micros(micros);
            prop_assert_eq!(parse(&instant.to_string()), Ok(instant));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _verdict = parse(&text);
        }
    }
}
