//! How pages say times, spans and numbers, and how charts are drawn.

use console::chart::{ALONE, Day, bars};
use console::words::{Speaker, count, initial, initials, rough, span, term};
use jiff::civil::date;
use kernel::Timestamp;
use std::time::Duration;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn times_are_said_as_people_say_them() {
    let berlin = Speaker::new(at("2026-11-21T11:06:22Z"), "Europe/Berlin");
    for (then, said) in [
        ("2026-11-21T11:06:20Z", "just now"),
        ("2026-11-21T11:05:40Z", "42 s ago"),
        ("2026-11-21T11:04:20Z", "2 min ago"),
        ("2026-11-21T06:06:00Z", "5 h ago"),
        ("2026-11-20T23:30:00Z", "11 h ago"),
        ("2026-11-20T09:00:00Z", "yesterday"),
        ("2026-11-03T11:00:00Z", "19 d ago"),
        ("2026-08-03T11:00:00Z", "3 Aug"),
        ("2024-08-03T11:00:00Z", "3 Aug 2024"),
        ("2026-11-21T11:08:22Z", "in 2 min"),
    ] {
        assert_eq!(berlin.ago(at(then)).said, said, "{then}");
    }
}

#[test]
fn a_time_is_exact_in_the_zone_of_the_page_and_in_utc_for_machines() {
    let berlin = Speaker::new(at("2026-11-21T11:06:22Z"), "Europe/Berlin");
    let when = berlin.clock(at("2026-11-21T11:04:29.118Z"));
    assert_eq!((when.said.as_str(), when.iso.as_str()), ("12:04:29.118", "2026-11-21T11:04:29.118Z"));
    assert_eq!(when.exact, "Sat 21 Nov 2026, 12:04:29.118 (Europe/Berlin)");
    assert_eq!(berlin.moment(at("2026-07-01T10:00:00Z")).said, "1 Jul, 12:00", "summer time");
    assert_eq!(Speaker::new(at("2026-11-21T11:06:22Z"), "Nowhere/At all").zone_name(), "UTC");
}

#[test]
fn spans_are_said_in_the_unit_that_one_would_speak() {
    let said = [0, 9, 7_140, 41_900, 113_000, 120_000, 12_000_000, 180_000_000]
        .map(|ms| span(Duration::from_millis(ms)));
    assert_eq!(said, ["< 1 ms", "9 ms", "7.1 s", "41 s", "1 min 53 s", "2 min", "3 h 20 min", "2 d 2 h"]);
    let waits = [1_200, 90_000, 91_000, 5_400_000, 7_200_000].map(|ms| rough(Duration::from_millis(ms)));
    assert_eq!(waits, ["2 s", "90 s", "2 min", "90 min", "2 h"], "a wait is never said too short");
    let terms = [43_200, 2_592_000, 86_400, 172_800, 120, 90, 1].map(|s| term(Duration::from_secs(s)));
    assert_eq!(terms, ["12 hours", "30 days", "24 hours", "2 days", "2 minutes", "90 seconds", "1 second"]);
}

#[test]
fn numbers_are_grouped_and_people_shortened() {
    assert_eq!([0, 999, 1_284, 1_000_000].map(count), ["0", "999", "1,284", "1,000,000"]);
    let short =
        ["Ada Byron", "kj@trajectory.dev", "maximiliane.von-hohenstein@x.test", "", "@"].map(initials);
    assert_eq!(short, ["AB", "KJ", "MH", "?", "?"]);
    assert_eq!(["acme Notes", "«überall»", "!?", ""].map(initial), ["A", "Ü", "·", "·"]);
}

#[test]
fn a_day_with_more_accounts_than_signups_says_both_as_they_are() {
    let chart = bars(&[Day { date: date(2026, 11, 1), whole: 1, part: 3 }], "signups", "accounts", ALONE);
    let bar = &chart.bars[0];
    assert_eq!(bar.title, "1 Nov: 1 signups, 3 accounts");
    assert_eq!(bar.whole_height, bar.part_height, "and is drawn as high as its accounts");
}

#[test]
fn bars_stand_on_zero_and_their_scale_has_round_steps() {
    for top in [0, 1, 3, 4, 35, 999, 12_345] {
        let days: Vec<Day> = (1..=28)
            .map(|n| Day { date: date(2026, 11, n), whole: top * u64::from(n == 9), part: 0 })
            .collect();
        let chart = bars(&days, "signups", "accounts", ALONE);
        assert_eq!(chart.grid[0].text, "0");
        assert!((2..=5).contains(&chart.grid.len()), "{top}: {} lines", chart.grid.len());
        let ceiling: u64 = chart.grid.last().unwrap().text.replace(',', "").parse().unwrap();
        assert!(ceiling >= top && ceiling > 0, "{top} under {ceiling}");
        let height = |text: &str| text.parse::<f64>().unwrap();
        assert_eq!(height(&chart.bars[0].whole_height), 0.0);
        let share = height(&chart.bars[8].whole_height) / 174.0;
        assert!((share - top as f64 / ceiling as f64).abs() < 0.01, "{top}: {share}");
        assert_eq!(chart.days.last().unwrap().text, "28 Nov", "the last day has its label");
    }
}
