//! When who arrives: growth, weekdays, the launch, and the morning of the incident.

use super::{Options, dice::Dice};
use kernel::Timestamp;
use std::time::Duration;

pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Days of the week since the epoch's first day, a Thursday.
const TUESDAY: i64 = 5;
const WEDNESDAY: i64 = 6;

/// What the launch adds to its day and to the days after it, in hundredths of a usual day.
const LAUNCH: [u64; 5] = [450, 250, 160, 100, 60];

fn number(at: Timestamp) -> i64 {
    at.seconds().div_euclid(86_400)
}

/// Midnight (UTC) of the day `ago` days before `until`.
pub(super) fn day(until: Timestamp, ago: u32) -> Timestamp {
    Timestamp::from_seconds(number(until) * 86_400).minus(DAY * ago)
}

pub(super) fn is_weekend(at: Timestamp) -> bool {
    matches!(number(at).rem_euclid(7), 2 | 3)
}

/// The last such weekday that is at least `ago` days before `until`.
fn weekday(until: Timestamp, ago: u32, weekday: i64) -> Timestamp {
    let latest = number(until) - i64::from(ago);
    Timestamp::from_seconds((latest - (latest - weekday).rem_euclid(7)) * 86_400)
}

/// Midnight of the day of the launch: a Tuesday, three to four weeks ago.
pub(super) fn launch(until: Timestamp) -> Timestamp {
    weekday(until, 19, TUESDAY)
}

/// Midnight of the day of the incident: a Wednesday, one to two weeks ago.
pub(super) fn incident(until: Timestamp) -> Timestamp {
    weekday(until, 6, WEDNESDAY)
}

/// The moments at which the companies arrive, in order.
pub(super) fn arrivals(options: &Options, dice: &mut Dice) -> Vec<Timestamp> {
    let days: Vec<Timestamp> = (0..options.days).rev().map(|ago| day(options.until, ago)).collect();
    let weights: Vec<u64> =
        days.iter().enumerate().map(|(nth, day)| weight(options, nth as u64, *day)).collect();
    let total: u64 = weights.iter().sum();
    let mut moments: Vec<Timestamp> = (0..options.companies)
        .map(|_| {
            let mut mark = dice.below(usize::try_from(total).unwrap_or(usize::MAX)) as u64;
            let nth = weights.iter().position(|weight| {
                let here = mark < *weight;
                mark = mark.saturating_sub(*weight);
                here
            });
            office_hours(days[nth.unwrap_or_default()], dice)
        })
        .collect();
    // What would be later today has not happened yet; it happened before the weekend.
    let latest = options.until.minus(MINUTE * 5);
    for moment in &mut moments {
        while *moment > latest {
            *moment = moment.minus(DAY * 7);
        }
    }
    moments.sort();
    moments
}

/// How likely somebody arrives on this day, in hundredths of a usual one: more each month, and more again since the launch.
fn weight(options: &Options, nth: u64, day: Timestamp) -> u64 {
    let growth = 20 + 80 * nth / u64::from(options.days.max(1));
    let since = number(day) - number(launch(options.until));
    let launched = options.connected > 0 && since >= 0;
    let usual = if launched { growth * 8 / 5 } else { growth };
    let here = if is_weekend(day) { usual / 6 } else { usual };
    let boost = usize::try_from(since).ok().and_then(|since| LAUNCH.get(since)).copied();
    here + boost.filter(|_| launched).unwrap_or_default()
}

/// Some moment between 8:00 and 18:00 of the day that begins at `midnight`.
pub(super) fn office_hours(midnight: Timestamp, dice: &mut Dice) -> Timestamp {
    midnight
        .plus(MINUTE * (480 + dice.below(600) as u32))
        .plus(Duration::from_millis(dice.below(60_000) as u64))
}
