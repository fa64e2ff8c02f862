//! Calendar days in zones that change their clocks, also at midnight, also by a whole day.

use super::*;
use crate::{CELLS_MAX, Fault};

/// One event every half hour from `start` on, each by its own user.
fn half_hours(start: &str, count: u64) -> Vec<(u64, Event)> {
    let start = at(start);
    let event = |n: u64| {
        let user = format!("u{n}");
        let later = std::time::Duration::from_secs(n * 1_800);
        event(u128::from(n), "signed_up", Some(&user), start.plus(later))
    };
    numbered(0, (0..count).map(event))
}

fn events_per_day(zone_name: &str, start: &str, from: &str, to: &str) -> Vec<u64> {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), Options { head_rows_max: 100, ..Options::default() });
    let log = half_hours(start, 4 * 48);
    let (early, late) = log.split_at(150);
    lake.ingest(early, 150, TAKEN).unwrap();
    lake.ingest(late, log.len() as u64, TAKEN).unwrap();
    assert_eq!(lake.stats().segments, 1, "head and segment both take part");
    let (zone, days) = (zone(zone_name), (date(from), date(to)));
    let counts = lake.counts_per_day(env(1), &["signed_up"], &zone, days.0, days.1).unwrap();
    let expected = oracle::counts_per_day(&oracle::distinct(&log), env(1), &["signed_up"], &zone, days);
    assert_eq!(counts, expected);
    counts.into_iter().map(|count| count.events).collect()
}

#[test]
fn a_day_is_as_long_as_its_zone_makes_it() {
    let berlin = |start, from, to| events_per_day("Europe/Berlin", start, from, to);
    assert_eq!(berlin("2026-03-27T23:00:00Z", "2026-03-28", "2026-03-30"), [48, 46, 48]);
    assert_eq!(berlin("2026-10-23T22:00:00Z", "2026-10-24", "2026-10-26"), [48, 50, 48]);
    let new_york = |start, from, to| events_per_day("America/New_York", start, from, to);
    assert_eq!(new_york("2026-03-07T05:00:00Z", "2026-03-07", "2026-03-09"), [48, 46, 48]);
    assert_eq!(new_york("2026-10-31T04:00:00Z", "2026-10-31", "2026-11-02"), [48, 50, 48]);
}

#[test]
fn a_clock_that_changes_at_midnight_has_whole_days_too() {
    // São Paulo skipped 00:00-01:00 on 2018-11-04 and had 23:00-24:00 twice on 2018-02-17.
    let sao_paulo = |start, from, to| events_per_day("America/Sao_Paulo", start, from, to);
    assert_eq!(sao_paulo("2018-11-03T03:00:00Z", "2018-11-03", "2018-11-05"), [48, 46, 48]);
    assert_eq!(sao_paulo("2018-02-16T02:00:00Z", "2018-02-16", "2018-02-18"), [48, 50, 48]);
    // Samoa had no 30 December in 2011.
    let samoa = events_per_day("Pacific/Apia", "2011-12-29T10:00:00Z", "2011-12-29", "2011-12-31");
    assert_eq!(samoa, [48, 0, 48]);
}

#[test]
fn days_without_events_are_zeros_and_names_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let noon = at("2026-06-02T12:00:00Z");
    let twice = [event(1, "b", Some("u"), noon), event(2, "b", Some("u"), noon), event(3, "b", None, noon)];
    lake.ingest(&numbered(0, twice), 3, TAKEN).unwrap();
    let counts =
        lake.counts_per_day(env(1), &["b", "a", "b"], &TimeZone::UTC, date("2026-06-01"), date("2026-06-02"));
    let flat: Vec<_> =
        counts.unwrap().into_iter().map(|c| (c.date.day(), c.name, c.events, c.users)).collect();
    let row = |day, name: &str, events, users| (day, name.to_owned(), events, users);
    assert_eq!(flat, [row(1, "b", 0, 0), row(1, "a", 0, 0), row(2, "b", 3, 1), row(2, "a", 0, 0)]);
}

#[test]
fn a_count_has_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let count =
        |names: &[&str], from, to| lake.counts_per_day(env(1), names, &TimeZone::UTC, date(from), date(to));
    assert_eq!(count(&["a"], "2026-06-02", "2026-06-01").unwrap(), []);
    assert_eq!(count(&[], "2026-06-01", "2026-06-02").unwrap(), []);
    let ten_years = count(&["a"], "2016-01-01", "2025-12-31").unwrap();
    assert_eq!(ten_years.len(), 3_653);
    let too_wide = count(&["a", "b"], "2016-01-01", "2025-12-31");
    assert!(matches!(too_wide, Err(Fault::TooWide { cells: 7_306, max: CELLS_MAX })));
    assert!(matches!(count(&["a"], "9999-12-31", "9999-12-31"), Err(Fault::Calendar { .. })));
    assert!(matches!(count(&["a"], "-009999-01-01", "9999-12-31"), Err(Fault::TooWide { .. })));
}

#[test]
fn the_first_instant_of_a_day_belongs_to_it_and_the_last_to_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let midnight = at("2026-06-01T22:00:00Z");
    let last = midnight.plus(std::time::Duration::from_hours(24)).micros() - 1;
    let events = [event(1, "a", None, midnight), event(2, "a", None, Timestamp::from_micros(last))];
    for (seq, event) in numbered(0, events) {
        lake.ingest(&[(seq, event)], seq + 1, TAKEN).unwrap();
        lake.seal().unwrap();
    }
    let count = |day| {
        let day = date(day);
        lake.counts_per_day(env(1), &["a"], &zone("Europe/Berlin"), day, day).unwrap()[0].events
    };
    assert_eq!([count("2026-06-01"), count("2026-06-02"), count("2026-06-03")], [0, 2, 0]);
}
