//! Questions, ingest, seals and merges at once: each answer is about one instant.

use super::*;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const BATCH: u64 = 10;

fn batch(number: u64) -> Vec<(u64, Event)> {
    let noon = at("2026-06-01T12:00:00Z");
    let first = number * BATCH;
    let user = |seq: u64| format!("u{seq}");
    let event = |seq: u64| event(u128::from(seq), "signed_up", Some(&user(seq)), noon);
    numbered(first, (first..first + BATCH).map(event))
}

#[test]
fn an_answer_holds_whole_batches_and_never_fewer_than_before() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), Options { head_rows_max: 30, ..Options::default() });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..60 {
                lake.ingest(&batch(number), (number + 1) * BATCH, TAKEN).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                lake.compact().unwrap();
                thread::yield_now();
            }
        });
        let mut last = 0;
        while !done.load(Ordering::Acquire) {
            let users = lake.count_users_with(env(1), "signed_up").unwrap();
            assert!(users >= last && users % BATCH == 0, "{users} after {last}");
            let newest = lake.user_timeline(env(1), &["u0"], None, 5).unwrap();
            assert_eq!(newest.events.len() as u64, users.min(1).max(newest.events.len() as u64));
            last = users;
        }
    });
    lake.compact().unwrap();
    assert_eq!(lake.count_users_with(env(1), "signed_up").unwrap(), 600);
    let stats = lake.stats();
    assert_eq!(stats.rows + stats.head_rows, 600);
    assert!(stats.segments < 16, "{stats:?}");
    drop(lake);
    let (_, opened) = open(dir.path(), Options::default());
    assert_eq!((opened.rows, opened.orphans_removed), (stats.rows, 0));
}
