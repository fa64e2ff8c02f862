//! What an answer means, and how long to wait before trying again.

use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};
use kernel::{Rng, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// The longest wait that a receiver may ask for with `Retry-After`.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const STEPS_MAX: usize = 32;
const STEP_MIN: Duration = Duration::from_millis(1);
const STEP_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The waits between attempts: the first between the first attempt and the second, and so on. Its text form
/// is `5s, 5m, 30m`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule(Vec<Duration>);

/// The text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleFault {
    #[error("{0:?} is not a time span like 5s, 30m or 2h")]
    Step(String),
    #[error("a wait must be between 1 ms and 7 days")]
    Range,
    #[error("a schedule has 1 to {STEPS_MAX} waits")]
    Count,
}

impl Schedule {
    pub fn new(steps: Vec<Duration>) -> Result<Self, ScheduleFault> {
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(ScheduleFault::Count);
        }
        if steps.iter().any(|step| !(STEP_MIN..=STEP_MAX).contains(step)) {
            return Err(ScheduleFault::Range);
        }
        Ok(Self(steps))
    }

    /// The example of Standard Webhooks 1.0.0: ten attempts in three days.
    pub fn production() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let seconds =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self(seconds.map(Duration::from_secs).to_vec())
    }

    /// Seven attempts in six and a half minutes: somebody is watching.
    pub fn development() -> Self {
        Self([1, 2, 5, 15, 60, 300].map(Duration::from_secs).to_vec())
    }

    /// How long to wait after `failed` attempts (1 after the first), jittered by up to a fifth in both
    /// directions so that endpoints that failed together do not come back together. None at the end of the
    /// schedule. A longer wait that the receiver asked for is kept, up to [`RETRY_AFTER_MAX`].
    pub fn wait(&self, failed: usize, asked: Option<Duration>, rng: &dyn Rng) -> Option<Duration> {
        let step = failed.checked_sub(1).and_then(|index| self.0.get(index))?;
        let planned = jittered(*step, rng);
        Some(asked.map_or(planned, |asked| planned.max(asked.min(RETRY_AFTER_MAX))))
    }

    /// The waits in order, each jittered as far as it goes.
    pub fn longest_waits(&self) -> impl Iterator<Item = Duration> {
        self.0.iter().map(|step| *step * 6 / 5)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let span = SignedDuration::try_from(*step).map_err(|_| fmt::Error)?;
            write!(f, "{separator}{span:#}")?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = ScheduleFault;
    fn from_str(text: &str) -> Result<Self, ScheduleFault> {
        let step = |part: &str| {
            let span = part.trim().parse::<SignedDuration>().ok();
            let span = span.and_then(|span| Duration::try_from(span).ok());
            span.ok_or_else(|| ScheduleFault::Step(part.trim().to_owned()))
        };
        Self::new(text.split(',').map(step).collect::<Result<_, _>>()?)
    }
}

impl TryFrom<String> for Schedule {
    type Error = ScheduleFault;
    fn try_from(text: String) -> Result<Self, ScheduleFault> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

/// What an attempt's outcome means for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// Try again by the schedule, not before what the receiver asked for.
    Retry {
        asked: Option<Duration>,
    },
    /// The receiver says that this endpoint is gone: nothing more is sent to it.
    Disable,
}

impl Verdict {
    /// 2xx is delivered, 410 disables; all else, redirects and 4xx among it, is tried again.
    pub fn of_answer(status: u16, retry_after: Option<&str>, now: Timestamp) -> Self {
        match status {
            200..=299 => Self::Delivered,
            410 => Self::Disable,
            _ => Self::Retry { asked: retry_after.and_then(|text| parse_retry_after(text, now)) },
        }
    }

    /// The attempt got no answer.
    pub const fn of_silence() -> Self {
        Self::Retry { asked: None }
    }
}

/// `Retry-After` in either form (RFC 9110, section 10.2.3); None when it is neither. A date in the past
/// asks for no wait.
pub fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = parse_http_date(text)?;
    Some(date.since(now))
}

/// The three forms of an HTTP date (RFC 9110, section 5.6.7).
fn parse_http_date(text: &str) -> Option<Timestamp> {
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = FORMS.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}

/// A span between 80 % and 120 % of `step`.
fn jittered(step: Duration, rng: &dyn Rng) -> Duration {
    let mut bytes = [0; 4];
    rng.fill(&mut bytes);
    let fraction = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
    step.mul_f64(0.8 + 0.4 * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const LOWEST: Fixed = Fixed(0);
    const HIGHEST: Fixed = Fixed(255);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn production_ends_after_three_days_and_ten_attempts() {
        let schedule = Schedule::production();
        assert_eq!(schedule.0.len(), 9, "ten attempts");
        assert_eq!(schedule.0.iter().sum::<Duration>(), seconds(75 * 3600 + 35 * 60 + 5));
        assert!(schedule.wait(9, None, &LOWEST).is_some());
        assert_eq!(schedule.wait(10, None, &LOWEST), None);
        assert_eq!(schedule.wait(0, None, &LOWEST), None);
    }

    #[test]
    fn development_ends_while_one_watches() {
        let steps = [1, 2, 5, 15, 60, 300].map(seconds);
        assert_eq!(Schedule::development(), Schedule::new(steps.to_vec()).unwrap());
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        let schedule = Schedule::production();
        assert_eq!(schedule.wait(2, None, &LOWEST), Some(seconds(240)));
        assert_eq!(schedule.wait(2, None, &HIGHEST), Some(seconds(360)));
        let middle = schedule.wait(2, None, &Fixed(128)).unwrap();
        assert!(middle > seconds(299) && middle < seconds(302), "{middle:?}");
    }

    #[test]
    fn the_receivers_wish_is_kept_between_the_plan_and_a_day() {
        let schedule = Schedule::development();
        for (asked, expected) in [(0, 120), (119, 120), (121, 121), (86_400, 86_400), (u64::MAX, 86_400)] {
            let wait = Schedule::production().wait(2, Some(seconds(asked)), &LOWEST);
            assert_eq!(wait, Some(seconds(expected.max(240))), "{asked}");
        }
        assert_eq!(schedule.wait(1, Some(seconds(30)), &LOWEST), Some(seconds(30)));
        assert_eq!(schedule.wait(7, Some(seconds(30)), &LOWEST), None);
    }

    #[test]
    fn answers_have_verdicts() {
        let now = Timestamp::from_seconds(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        let retry = |asked: Option<u64>| Verdict::Retry { asked: asked.map(seconds) };
        for (status, retry_after, expected) in [
            (200, None, Verdict::Delivered),
            (204, Some("60"), Verdict::Delivered),
            (299, None, Verdict::Delivered),
            (101, None, retry(None)),
            (302, None, retry(None)),
            (304, None, retry(None)),
            (400, None, retry(None)),
            (404, None, retry(None)),
            (410, Some("60"), Verdict::Disable),
            (429, Some("7"), retry(Some(7))),
            (500, None, retry(None)),
            (503, Some(" 120 "), retry(Some(120))),
            (503, Some("Sun, 06 Nov 1994 08:50:37 GMT"), retry(Some(60))),
            (503, Some("Sunday, 06-Nov-94 08:50:37 GMT"), retry(Some(60))),
            (503, Some("Sun Nov  6 08:50:37 1994"), retry(Some(60))),
            (503, Some("Sun, 06 Nov 1994 08:49:36 GMT"), retry(Some(0))),
            (503, Some("99999999999999999999999"), retry(Some(u64::MAX))),
            (503, Some("-5"), retry(None)),
            (503, Some("soon"), retry(None)),
            (503, Some(""), retry(None)),
        ] {
            assert_eq!(Verdict::of_answer(status, retry_after, now), expected, "{status} {retry_after:?}");
        }
        assert_eq!(Verdict::of_silence(), retry(None));
    }

    #[test]
    fn a_schedule_survives_its_text_form() {
        for schedule in [Schedule::production(), Schedule::development()] {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        assert_eq!("5s, 5m,2h".parse(), Schedule::new([5, 300, 7200].map(seconds).to_vec()));
        assert_eq!("20ms".parse(), Schedule::new(vec![Duration::from_millis(20)]));
        for (text, fault) in [
            ("", ScheduleFault::Step(String::new())),
            ("5s, x", ScheduleFault::Step("x".to_owned())),
            ("5s, -5s", ScheduleFault::Step("-5s".to_owned())),
            ("0s", ScheduleFault::Range),
            ("200h", ScheduleFault::Range),
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(fault), "{text}");
        }
        assert_eq!(Schedule::new(vec![seconds(1); 33]), Err(ScheduleFault::Count));
        assert_eq!(serde_json::to_string(&Schedule::development()).unwrap(), r#""1s, 2s, 5s, 15s, 1m, 5m""#);
    }
}
