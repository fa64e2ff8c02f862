//! Events of hundreds of kilobytes: what is in memory at once is bounded by bytes, not by rows.

use super::*;
use crate::{Before, Filters, PAGE_BYTES_MAX, Page, column::Column};

const BODY: usize = 400 << 10;
const EVENTS: u64 = 50;

/// Every second event is large.
fn log() -> Vec<(u64, Event)> {
    let start = at("2026-06-01T12:00:00Z");
    let event = |n: u64| {
        let when = start.plus(std::time::Duration::from_secs(n * 7 % EVENTS));
        let mut event = event(u128::from(n), "a", Some(&format!("user-{}", n % 5)), when);
        if n.is_multiple_of(2) {
            event.attributes.insert("body".into(), "x".repeat(BODY).into());
        }
        event
    };
    numbered(0, (0..EVENTS).map(event))
}

/// The pages of everything, each no larger than a page may be.
fn pages(lake: &Lake) -> Vec<Page> {
    let (mut pages, mut before): (Vec<Page>, Option<Before>) = (Vec::new(), None);
    loop {
        let page = lake.recent(env(1), Filters { before, ..Filters::default() }, 1_000).unwrap();
        assert!(!page.events.is_empty() && page.bytes <= PAGE_BYTES_MAX, "{}", page.bytes);
        before = page.next;
        pages.push(page);
        if before.is_none() {
            return pages;
        }
    }
}

#[test]
fn a_page_of_large_events_ends_early_and_loses_none() {
    let dir = tempfile::tempdir().unwrap();
    let (log, options) = (log(), Options { group_rows_max: 20, ..Options::default() });
    let expected = oracle::timeline(&oracle::distinct(&log), env(1), |_| true);
    let (lake, _) = open(dir.path(), options);
    // In the head, then half in a segment, then in two segments.
    lake.ingest(&log[..25], 25, TAKEN).unwrap();
    let of_head = pages(&lake);
    assert!(of_head.len() == 1 && of_head[0].events.len() == 25, "13 large events fit");
    lake.seal().unwrap();
    lake.ingest(&log[25..], EVENTS, TAKEN).unwrap();
    for _ in 0..2 {
        let pages = pages(&lake);
        assert_eq!(pages.len(), 2, "10 MB are two pages");
        let events: Vec<_> = pages.into_iter().flat_map(|page| page.events).collect();
        assert!(events == expected, "the same events in the same order");
        lake.seal().unwrap();
    }
}

#[test]
fn a_head_of_large_events_is_shown_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    let (lake, _) = open(dir.path(), Options::default());
    lake.ingest(&log, EVENTS, TAKEN).unwrap();
    let events: Vec<_> = pages(&lake).into_iter().flat_map(|page| page.events).collect();
    assert!(events == oracle::timeline(&oracle::distinct(&log), env(1), |_| true));
}

#[test]
fn a_batch_of_large_events_has_few_rows_and_one_of_small_events_many() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    let (lake, _) = open(dir.path(), Options::default());
    lake.ingest(&log, EVENTS, TAKEN).unwrap();
    lake.seal().unwrap();
    let segments = lake.state().unwrap().segments.clone();
    let rows = |columns: &[Column]| -> Vec<usize> {
        let all = 0..EVENTS as usize;
        let batches = segments[0].read(columns, &[all], None).unwrap();
        batches.map(|batch| batch.unwrap().num_rows()).collect()
    };
    let wide = rows(&Column::ALL);
    assert_eq!(wide.iter().sum::<usize>() as u64, EVENTS);
    assert!(wide.iter().all(|rows| (1..=25).contains(rows)), "{wide:?}");
    assert_eq!(rows(&[Column::OccurredAt, Column::Seq]), [EVENTS as usize]);
}
