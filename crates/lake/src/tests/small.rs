//! A lake with little traffic: sealed by age, a few rows at a time.

use super::*;

/// Events whose content is no smaller in a file.
fn appended(round: u64, rows: u64) -> Vec<(u64, Event)> {
    let noon = at("2026-06-01T12:00:00Z");
    let event = |n: u64| {
        let mut event = event(u128::from(n) << 64, "page_visit", Some("u"), noon);
        let mixed = (1..20_u64).map(|k| format!("{:x}", (n * 20 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        event.attributes.insert("text".to_owned(), mixed.collect::<String>().into());
        event
    };
    numbered(round * rows, (round * rows..(round + 1) * rows).map(event))
}

#[test]
fn many_small_appends_write_each_byte_a_few_times() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), Options::default());
    let (rounds, rows) = (80, 30);
    for round in 0..rounds {
        lake.ingest(&appended(round, rows), (round + 1) * rows, TAKEN).unwrap();
        lake.seal().unwrap();
        lake.compact().unwrap();
    }
    let stats = lake.stats();
    assert_eq!(stats.rows, rounds * rows);
    // Once when it is sealed, and once for each power of eight up to the number of appends.
    assert!(stats.written_bytes <= 4 * stats.bytes, "{stats:?}");
    assert!(stats.segments <= 3 * 8, "{stats:?}");
}
