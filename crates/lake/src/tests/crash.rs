//! Dying between any two files, and files that are not what they were.

use super::*;
use crate::{Fault, Filters};
use std::fs;

fn history() -> Vec<(u64, Event)> {
    let noon = at("2026-06-01T12:00:00Z");
    let users = ["u1", "ü2", "u3"];
    let later = |n: u64| noon.plus(std::time::Duration::from_secs(n * 7_000));
    let event = |n: u64| event(u128::from(n) << 64, "signed_up", Some(users[(n % 3) as usize]), later(n));
    numbered(0, (0..30).map(event))
}

/// A lake of 20 sealed events, with the log of 30.
fn sealed(dir: &Path) -> Vec<(u64, Event)> {
    let (lake, _) = open(dir, Options::default());
    let log = history();
    lake.ingest(&log[..20], 20, TAKEN).unwrap();
    assert!(lake.seal().unwrap());
    log
}

fn assert_all_there(lake: &Lake, log: &[(u64, Event)]) {
    oracle::assert_agrees(lake, log, &[TimeZone::UTC], (date("2026-05-31"), date("2026-06-06")));
}

#[test]
fn a_segment_without_its_entry_is_removed_and_its_events_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path());
    let manifest = crate::manifest::Manifest::path(dir.path());
    let before = fs::read(&manifest).unwrap();
    let (lake, _) = open(dir.path(), Options::default());
    lake.ingest(&log[20..], 30, TAKEN).unwrap();
    lake.seal().unwrap();
    drop(lake);
    // As if the process had died after the segment's files and before the manifest, half way through it.
    fs::write(&manifest, &before).unwrap();
    fs::write(manifest.with_extension("tmp"), &before[..9]).unwrap();
    let (lake, opened) = open(dir.path(), Options::default());
    assert_eq!((opened.offset, opened.segments, opened.rows, opened.orphans_removed), (20, 1, 20, 2));
    assert_eq!(
        lake.ingest(&log, 30, TAKEN).unwrap(),
        crate::Ingested { stored: 10, duplicates: 0, seen: 20 }
    );
    assert_all_there(&lake, &log);
}

#[test]
fn a_start_with_an_older_manifest_takes_no_event_twice() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path());
    let (lake, _) = open(dir.path(), Options::default());
    // The journal hands out again, under new numbers, what the lake holds already.
    let again = numbered(20, log[..20].iter().map(|(_, event)| event.clone()));
    assert_eq!(lake.ingest(&again, 40, TAKEN).unwrap().duplicates, 20);
    assert_all_there(&lake, &log[..20]);
}

/// What was dropped is counted as what was stored is: up to the manifest's position, and again from there.
#[test]
fn duplicates_are_counted_once_wherever_the_process_died() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path());
    let again = numbered(20, log[..20].iter().map(|(_, event)| event.clone()));
    for sealed in [false, true] {
        let (lake, _) = open(dir.path(), Options::default());
        assert_eq!(lake.stats().duplicates, 0);
        lake.ingest(&again, 40, TAKEN).unwrap();
        assert_eq!(lake.stats().duplicates, 20);
        if sealed {
            lake.seal().unwrap();
        }
    }
    let (lake, _) = open(dir.path(), Options::default());
    lake.ingest(&again, 40, TAKEN).unwrap();
    assert_eq!((lake.stats().duplicates, lake.stats().rows), (20, 20));
}

#[test]
fn any_flipped_byte_is_a_fault_that_names_the_file_never_another_answer() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path());
    let mut paths: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 3, "data, keys, manifest");
    for path in paths {
        let good = fs::read(&path).unwrap();
        for place in (0..good.len()).step_by(good.len() / 23).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[place] ^= 4;
            fs::write(&path, &bad).unwrap();
            let fault = ask(dir.path(), &log).unwrap_err();
            assert!(matches!(fault, Fault::Damaged { .. } | Fault::Newer { .. }), "{fault}");
            assert!(fault.to_string().contains(path.file_name().unwrap().to_str().unwrap()), "{fault}");
        }
        fs::write(&path, &good).unwrap();
        ask(dir.path(), &log).unwrap();
    }
}

/// Opens, looks up an id and reads everything.
fn ask(dir: &Path, log: &[(u64, Event)]) -> Result<(), Fault> {
    let (lake, opened) = Lake::open(dir, Options::default(), journal(1))?;
    let again = numbered(opened.offset, [log[0].1.clone()]);
    assert_eq!(lake.ingest(&again, opened.offset + 1, TAKEN)?.duplicates, 1);
    let page = lake.recent(env(1), Filters::default(), 100)?;
    assert_eq!(page.events, oracle::timeline(&oracle::distinct(&log[..20]), env(1), |_| true));
    Ok(())
}

#[test]
fn missing_and_cut_files_are_damage() {
    let dir = tempfile::tempdir().unwrap();
    sealed(dir.path());
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let good = fs::read(&path).unwrap();
        let damage = || match Lake::open(dir.path(), Options::default(), journal(1)) {
            Err(fault @ Fault::Damaged { .. }) => fault.to_string(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{} was not missed", path.display()),
        };
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert!(damage().contains(name));
        fs::remove_file(&path).unwrap();
        let fault = damage();
        assert!(fault.contains(name) && fault.contains("rebuild"), "{fault}");
        fs::write(&path, &good).unwrap();
    }
}

#[test]
fn another_journal_is_refused_until_the_lake_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let log = sealed(dir.path());
    let refused = Lake::open(dir.path(), Options::default(), journal(2)).err().unwrap();
    assert!(matches!(refused, Fault::OtherJournal { .. }));
    assert!(refused.to_string().contains("rebuild"), "{refused}");
    fs::write(dir.path().join("note.txt"), "not ours").unwrap();
    Lake::remove_all(dir.path()).unwrap();
    Lake::remove_all(dir.path()).unwrap();
    let (lake, opened) = Lake::open(dir.path(), Options::default(), journal(2)).unwrap();
    assert!(opened.created && opened.offset == 0);
    lake.ingest(&log, 30, TAKEN).unwrap();
    assert_all_there(&lake, &log);
    assert!(dir.path().join("note.txt").exists());
}

#[test]
fn removing_a_lake_that_never_was_is_no_fault() {
    let dir = tempfile::tempdir().unwrap();
    Lake::remove_all(&dir.path().join("absent")).unwrap();
}

#[test]
fn sealing_nothing_moves_the_position_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, _) = open(dir.path(), Options::default());
    assert!(!lake.seal().unwrap());
    lake.ingest(&[], 12, TAKEN).unwrap();
    assert!(lake.seal().unwrap());
    assert!(!lake.seal().unwrap());
    drop(lake);
    let (lake, opened) = open(dir.path(), Options::default());
    assert_eq!((opened.offset, opened.segments, lake.offset()), (12, 0, 12));
}
