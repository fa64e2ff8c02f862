//! Random histories: duplicates, late events, seals, merges, restarts and repeated calls change no answer.

use super::*;
use proptest::{prelude::*, test_runner::Config};

/// What happens around a batch.
#[derive(Debug, Clone, Copy)]
enum Then {
    Nothing,
    Seal,
    Compact,
    Again,
    Restart,
}

/// An event whose content follows from its message id, so that equal ids are real duplicates.
fn of_id(id: u64) -> Event {
    let names = ["signed_up", "page_visit", "other"];
    let some = |texts: &[&str], digit: u64| texts.get(digit as usize).map(|text| (*text).to_owned());
    // Late, early and around both changes of the clock of 2026 in Europe; in America they differ by weeks.
    let starts =
        ["2026-03-28T20:00:00Z", "2026-03-07T22:00:00Z", "2026-10-24T19:30:00Z", "2026-11-01T00:00:00Z"];
    let start = at(starts[(id % 4) as usize]);
    let hash = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let occurred_at = start.plus(std::time::Duration::from_secs(hash % 60 * 1_800));
    let mut event = event(u128::from(id) << 70, names[(hash % 3) as usize], None, occurred_at);
    event.env = env(1 + u128::from(hash / 3 % 2));
    event.user_id = some(&["u1", "ü2", "u3", ""], hash / 6 % 6);
    event.group_id = some(&["g1", "g2"], hash / 36 % 4);
    event.tenant_id = some(&["t1", "t2", "t3"], hash / 144 % 5);
    event.call = [Call::Identify, Call::Group, Call::Track, Call::Page][(hash / 720 % 4) as usize];
    event
}

fn then() -> impl Strategy<Value = Then> {
    let each = [Then::Nothing, Then::Nothing, Then::Seal, Then::Compact, Then::Again, Then::Restart];
    prop::sample::select(each.to_vec())
}

fn days() -> (Date, Date) {
    (date("2026-03-06"), date("2026-04-01"))
}

/// Runs a history and answers what was handed in.
fn live(dir: &Path, batches: &[(Vec<u64>, Then)]) -> (Lake, Vec<(u64, Event)>) {
    let (mut lake, opened) = open(dir, small());
    assert!(opened.created);
    let mut log: Vec<(u64, Event)> = Vec::new();
    for (ids, then) in batches {
        let batch = numbered(log.len() as u64, ids.iter().map(|id| of_id(*id)));
        log.extend(batch.clone());
        let upto = log.len() as u64;
        let taken = lake.ingest(&batch, upto, TAKEN).unwrap();
        assert_eq!(taken.stored + taken.duplicates, batch.len() as u64);
        match then {
            Then::Nothing => {}
            Then::Seal => drop(lake.seal().unwrap()),
            Then::Compact => drop(lake.compact().unwrap()),
            Then::Again => assert_eq!(lake.ingest(&batch, upto, TAKEN).unwrap().seen, batch.len() as u64),
            Then::Restart => lake = restart(dir, lake, &log),
        }
    }
    (lake, log)
}

/// The process ends without a seal; the next one reads the journal on from where the segments end.
fn restart(dir: &Path, lake: Lake, log: &[(u64, Event)]) -> Lake {
    drop(lake);
    let (lake, opened) = open(dir, small());
    let missing = &log[opened.offset as usize..];
    lake.ingest(missing, log.len() as u64, TAKEN).unwrap();
    lake
}

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_answer_is_the_oracles(
        batches in prop::collection::vec((prop::collection::vec(0_u64..90, 0..14), then()), 1..11)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (lake, log) = live(dir.path(), &batches);
        let zones = [zone("Europe/Berlin"), zone("America/New_York")];
        oracle::assert_agrees(&lake, &log, &zones, days());
        let lake = restart(dir.path(), lake, &log);
        oracle::assert_agrees(&lake, &log, &zones[..1], (date("2026-10-24"), date("2026-11-02")));
    }

    #[test]
    fn the_order_of_arrival_changes_no_answer(
        (ids, shuffled) in prop::collection::vec(0_u64..60, 1..40)
            .prop_flat_map(|ids| (Just(ids.clone()), Just(ids).prop_shuffle()))
    ) {
        let answers = [ids, shuffled].map(|ids| {
            let dir = tempfile::tempdir().unwrap();
            let batches: Vec<_> = ids.chunks(9).map(|ids| (ids.to_vec(), Then::Nothing)).collect();
            let (lake, _) = live(dir.path(), &batches);
            let names = ["signed_up", "page_visit"];
            let counts =
                lake.counts_per_day(env(1), &names, &zone("Europe/Berlin"), days().0, days().1).unwrap();
            let events = lake.user_timeline(env(1), &["u1", "u3"], None, 100).unwrap().events;
            // Events of one instant stand in the order of arrival; everything else must be the same.
            let mut events: Vec<_> = events.into_iter().map(|stored| stored.event).collect();
            events.sort_by_key(|event| (event.occurred_at, event.message_id));
            (counts, events, lake.count_users_with(env(2), "signed_up").unwrap())
        });
        prop_assert_eq!(&answers[0], &answers[1]);
    }
}

#[test]
fn the_first_of_two_events_with_one_id_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let noon = at("2026-06-01T12:00:00Z");
    let first =
        lake.ingest(&numbered(0, [event(7, "first", None, noon), event(7, "twin", None, noon)]), 2, TAKEN);
    assert_eq!(first.unwrap(), crate::Ingested { stored: 1, duplicates: 1, seen: 0 });
    lake.seal().unwrap();
    let mut elsewhere = event(7, "elsewhere", None, noon);
    elsewhere.env = env(2);
    let later = lake.ingest(&numbered(2, [event(7, "late", None, noon), elsewhere]), 4, TAKEN).unwrap();
    assert_eq!(later, crate::Ingested { stored: 1, duplicates: 1, seen: 0 });
    let names = |number| {
        let page = lake.recent(env(number), crate::Filters::default(), 9).unwrap();
        page.events.into_iter().map(|stored| stored.event.name).collect::<Vec<_>>()
    };
    assert_eq!((names(1), names(2)), (vec!["first".to_owned()], vec!["elsewhere".to_owned()]));
}

#[test]
fn events_out_of_order_are_refused_and_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), small());
    let noon = at("2026-06-01T12:00:00Z");
    let two = [(5, event(1, "a", None, noon)), (5, event(2, "a", None, noon))];
    assert!(matches!(lake.ingest(&two, 9, TAKEN), Err(crate::Fault::Order { seq: 5, least: 6, upto: 9 })));
    assert!(matches!(
        lake.ingest(&two[..1], 5, TAKEN),
        Err(crate::Fault::Order { seq: 5, least: 0, upto: 5 })
    ));
    assert_eq!((lake.offset(), lake.stats().head_rows), (0, 0));
    lake.ingest(&two[..1], 9, TAKEN).unwrap();
    assert_eq!(lake.offset(), 9, "records that no event came from are passed over");
}
