//! Many rows of many people: the page index must skip without losing.

use super::*;
use crate::{Before, Filters, PAGE_MAX, scan::Wanted};

const PEOPLE: u64 = 40;
const ROWS: u64 = 9_000;

/// Person n has every fortieth event; one in 500 is rare; long ids differ only at their ends.
fn crowd() -> Vec<(u64, Event)> {
    let start = at("2026-01-01T00:00:00Z");
    let person = |n: u64| format!("{}-{:03}", "person".repeat(20), n % PEOPLE);
    let event = |n: u64| {
        let name = if n % 500 == 3 { "rare" } else { "page_visit" };
        let when = start.plus(std::time::Duration::from_secs(n * 7_919 % ROWS * 60));
        let mut event = event(u128::from(n), name, Some(&person(n)), when);
        event.group_id = n.is_multiple_of(7).then(|| format!("group-{}", n % PEOPLE));
        event
    };
    numbered(0, (0..ROWS).map(event))
}

fn lake_of(log: &[(u64, Event)], dir: &Path) -> Lake {
    let options = Options { head_rows_max: 4_500, group_rows_max: 3_000, ..Options::default() };
    let (lake, _) = open(dir, options);
    for batch in log.chunks(1_500) {
        lake.ingest(batch, batch[batch.len() - 1].0 + 1, TAKEN).unwrap();
    }
    assert_eq!(lake.stats().segments, 1);
    assert_eq!(lake.stats().head_rows, ROWS - 4_500);
    lake
}

#[test]
fn a_point_read_finds_what_a_scan_finds() {
    let dir = tempfile::tempdir().unwrap();
    let log = crowd();
    let (lake, stored) = (lake_of(&log, dir.path()), oracle::distinct(&log));
    lake.seal().unwrap();
    for n in [0, 17, 39] {
        let id = log[n].1.user_id.clone().unwrap();
        let pages = oracle::all_pages(|b| lake.user_timeline(env(1), &[&id], b, 100).unwrap(), 100);
        assert_eq!(pages, oracle::timeline(&stored, env(1), |e| e.user_id.as_ref() == Some(&id)));
        assert_eq!(pages.len() as u64, ROWS / PEOPLE);
    }
    let group = |b| lake.account_timeline(env(1), &["group-7"], &[], b, 50).unwrap();
    let expected = oracle::timeline(&stored, env(1), |event| event.group_id.as_deref() == Some("group-7"));
    assert_eq!(oracle::all_pages(group, 50), expected);
    assert_eq!(lake.count_users_with(env(1), "rare").unwrap(), oracle::users_with(&stored, env(1), "rare"));
    let counts = |zone: &TimeZone| {
        let days = (date("2026-01-01"), date("2026-01-08"));
        let ours = lake.counts_per_day(env(1), &["rare", "page_visit"], zone, days.0, days.1).unwrap();
        (ours, oracle::counts_per_day(&stored, env(1), &["rare", "page_visit"], zone, days))
    };
    let (ours, theirs) = counts(&zone("America/New_York"));
    assert_eq!(ours, theirs);
}

#[test]
fn filters_narrow_together() {
    let dir = tempfile::tempdir().unwrap();
    let log = crowd();
    let (lake, stored) = (lake_of(&log, dir.path()), oracle::distinct(&log));
    let (after, until) = (at("2026-01-02T00:00:00Z"), at("2026-01-05T00:00:00Z"));
    let before = Some(Before { occurred_at: until, seq: 0 });
    let user = log[3].1.user_id.as_deref();
    let filters =
        Filters { name: Some("page_visit"), user_id: user, after: Some(after), before, group_id: None };
    let page = lake.recent(env(1), filters, 1_000).unwrap();
    let expected = oracle::timeline(&stored, env(1), |event| {
        let in_time = after <= event.occurred_at && event.occurred_at < until;
        in_time && event.name == "page_visit" && event.user_id.as_deref() == user
    });
    assert!(!expected.is_empty());
    assert_eq!(page.events, expected);
    let rare = Filters { name: Some("rare"), group_id: Some("group-7"), ..Filters::default() };
    let rare = lake.recent(env(1), rare, 10).unwrap().events;
    let both = |event: &Event| event.name == "rare" && event.group_id.as_deref() == Some("group-7");
    assert_eq!(rare, oracle::timeline(&stored, env(1), both));
}

#[test]
fn a_page_is_never_longer_than_the_longest() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake_of(&crowd(), dir.path());
    let page = lake.recent(env(1), Filters::default(), usize::MAX).unwrap();
    assert_eq!(page.events.len(), PAGE_MAX);
    assert!(page.next.is_some());
    assert_eq!(lake.recent(env(1), Filters::default(), 0).unwrap(), crate::Page::default());
}

#[test]
fn events_of_one_instant_follow_their_sequence_numbers_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let noon = at("2026-06-01T12:00:00Z");
    let log = numbered(0, (0..30).map(|n| event(n, "a", Some("u"), noon)));
    for batch in log.chunks(4) {
        lake.ingest(batch, batch[batch.len() - 1].0 + 1, TAKEN).unwrap();
    }
    assert!(lake.stats().segments > 2);
    for limit in [1, 7] {
        let pages = oracle::all_pages(|b| lake.user_timeline(env(1), &["u"], b, limit).unwrap(), limit);
        assert!(pages.iter().map(|stored| stored.seq).eq((0..30).rev()));
    }
}

#[test]
fn a_point_read_decodes_the_pages_around_the_person_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), Options::default());
    let start = at("2026-06-01T12:00:00Z");
    let later = |n: u64| start.plus(std::time::Duration::from_secs(n));
    let event = |n: u64| event(u128::from(n), "a", Some(&format!("user-{:02}", n % 60)), later(n));
    lake.ingest(&numbered(0, (0..6_000).map(event)), 6_000, TAKEN).unwrap();
    lake.seal().unwrap();
    let segments = lake.state().unwrap().segments.clone();
    let rows = |wanted: Wanted<'_>| -> usize {
        let ranges = wanted.ranges(&segments[0], &segments[0].entry.parts[0]).unwrap();
        ranges.into_iter().map(|range| range.len()).sum()
    };
    let user = |id| rows(Wanted { user_ids: Some(&[id]), ..Wanted::default() });
    assert!((100..=2_048).contains(&user("user-00")), "{}", user("user-00"));
    assert!((100..=2 * 2_048).contains(&user("user-31")), "{}", user("user-31"));
    assert_eq!(user("user-60"), 0);
    assert_eq!(rows(Wanted { name: Some("b"), ..Wanted::default() }), 0);
    assert_eq!(rows(Wanted::default()), 6_000);
}
