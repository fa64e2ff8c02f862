//! Files that are cut short or changed.

use super::support::{group, numbered, open, read_all, segments};
use journal::{
    Cut, Fault, Options, Record, Seq,
    files::{Files, Forgetful, Loss},
};

const HEADER_BYTES: usize = 40;

/// Five records a segment.
fn small() -> Options {
    Options { segment_bytes: 400, ..Options::default() }
}

/// Two full segments and a last one of three groups, each synced by itself.
async fn disk() -> (Forgetful, Vec<Vec<Record>>) {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, small()).unwrap();
    let groups: Vec<_> = (0..9).map(|number| group(number, 1 + number as usize % 2)).collect();
    for records in &groups {
        journal.append(records.clone()).await.unwrap();
    }
    journal.close().await;
    disk.restart(Loss::Nothing);
    assert_eq!(segments(&disk).len(), 3);
    (disk, groups)
}

/// The sizes at which the last segment is whole groups, each with the journal's records up to there.
async fn boundaries() -> Vec<(usize, usize)> {
    let (disk, groups) = disk().await;
    let name = segments(&disk).pop().unwrap();
    let first: usize = name.trim_end_matches(".segment").parse().unwrap();
    let (mut size, mut records) = (HEADER_BYTES, 0);
    let mut found = vec![(HEADER_BYTES, first - 1)];
    for group in &groups {
        records += group.len();
        if records >= first {
            size += group.iter().map(|record| 28 + 26 + record.body.len()).sum::<usize>();
            found.push((size, records));
        }
    }
    assert_eq!(size, disk.bytes(&name).unwrap().len());
    found
}

#[tokio::test]
async fn a_tail_cut_at_any_byte_keeps_every_whole_group_and_is_reported() {
    let boundaries = boundaries().await;
    let (full, before) = (boundaries.last().unwrap().0, boundaries[0].1);
    for size in 0..full {
        let (disk, groups) = disk().await;
        let name = segments(&disk).pop().unwrap();
        disk.edit(&name, |bytes| bytes.truncate(size)).unwrap();
        let (journal, opened) = open(&disk, small()).unwrap();
        let whole = boundaries.iter().rfind(|(whole, _)| *whole <= size).copied();
        let (whole, records) = whole.unwrap_or((0, before));
        assert_eq!(read_all(&journal).await.unwrap(), numbered(&groups)[..records], "cut to {size}");
        let cuts: Vec<_> = opened.cuts.iter().map(|cut| (&cut.file, cut.bytes, cut.records_kept)).collect();
        let reported = [(&name, (size - whole) as u64, (records - before) as u64)];
        // At a boundary nothing is torn; an empty file is a torn one all the same.
        let torn = size != whole || size == 0;
        assert_eq!(cuts, reported[..usize::from(torn)], "cut to {size}");
        let next = journal.append(group(99, 1)).await.unwrap();
        assert_eq!(next.start, Seq(records as u64 + 1), "the journal goes on where it was cut");
    }
}

/// What a flipped bit led to.
#[derive(Debug)]
enum Outcome {
    OpenRefused(Fault),
    Cut(Cut),
    ReadRefused(Fault, usize),
}

async fn flip(file: &str, position: usize, bit: u8) -> Outcome {
    let (disk, groups) = disk().await;
    disk.edit(file, |bytes| bytes[position] ^= 1 << bit).unwrap();
    let (journal, opened) = match open(&disk, small()) {
        Ok(opened) => opened,
        Err(fault) => return Outcome::OpenRefused(fault),
    };
    let mut found = Vec::new();
    let refused = loop {
        match journal.read(Seq(found.len() as u64 + 1), 3, 100).await {
            Ok(some) if some.is_empty() => break None,
            Ok(some) => found.extend(some),
            Err(fault) => break Some(fault),
        }
    };
    assert_eq!(found, numbered(&groups)[..found.len()], "{file} at {position}: no wrong record is shown");
    match (refused, opened.cuts.into_iter().next()) {
        (Some(fault), None) => Outcome::ReadRefused(fault, found.len()),
        (None, Some(cut)) => Outcome::Cut(cut),
        outcome => panic!("{file} at {position}: the damage is not noticed: {outcome:?}"),
    }
}

#[tokio::test]
async fn a_flipped_bit_in_an_older_segment_is_refused_by_the_reader_and_named() {
    let (disk, _) = disk().await;
    let (name, until) = (&segments(&disk)[1], disk.bytes(&segments(&disk)[1]).unwrap().len());
    let first: u64 = name.trim_end_matches(".segment").parse().unwrap();
    for position in HEADER_BYTES..until {
        let outcome = flip(name, position, (position % 8) as u8).await;
        let Outcome::ReadRefused(Fault::Corrupt { file, position: at, seq, .. }, read) = outcome else {
            panic!("at {position}: {outcome:?}");
        };
        assert_eq!((&file, seq), (name, Seq(read as u64 + 1)));
        assert!(seq.0 >= first && at <= position as u64, "record {seq} at {at} for a bit at {position}");
    }
}

#[tokio::test]
async fn a_flipped_bit_in_what_was_synced_of_the_last_segment_is_never_cut() {
    let (disk, _) = disk().await;
    let name = segments(&disk).pop().unwrap();
    let boundaries = boundaries().await;
    let [.., (last_batch, _), (full, _)] = boundaries[..] else { panic!("too few groups") };
    for position in HEADER_BYTES..full {
        match flip(&name, position, (position % 8) as u8).await {
            Outcome::OpenRefused(Fault::Corrupt { file, .. }) if position < last_batch => {
                assert_eq!(file, name)
            }
            Outcome::Cut(cut) if position >= last_batch => assert_eq!(cut.file, name),
            outcome => panic!("at {position}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_in_a_header_refuses_the_start() {
    let (disk, _) = disk().await;
    for name in disk.list().unwrap() {
        for position in 0..HEADER_BYTES {
            let outcome = flip(&name, position, 7 - (position % 8) as u8).await;
            let Outcome::OpenRefused(Fault::Corrupt { file, .. } | Fault::Newer { file, .. }) = outcome
            else {
                panic!("{name} at {position}: {outcome:?}");
            };
            assert_eq!(file, name);
        }
    }
}

#[tokio::test]
async fn zeros_where_data_never_arrived_are_cut() {
    let (disk, groups) = disk().await;
    let name = segments(&disk).pop().unwrap();
    disk.edit(&name, |bytes| bytes.resize(bytes.len() + 5_000, 0)).unwrap();
    let (journal, opened) = open(&disk, small()).unwrap();
    assert_eq!(opened.cuts[0].bytes, 5_000);
    assert_eq!(read_all(&journal).await.unwrap(), numbered(&groups));
    journal.close().await;
    let (_, opened) = open(&disk, small()).unwrap();
    assert_eq!(opened.cuts, [], "what was cut is gone");
}

#[tokio::test]
async fn whole_frames_in_each_others_place_are_noticed() {
    let (disk, groups) = disk().await;
    let name = segments(&disk).swap_remove(0);
    let frame = 28 + 26 + groups[1][0].body.len();
    assert_eq!(groups[0][0].body.len(), groups[1][0].body.len());
    disk.edit(&name, |bytes| bytes[HEADER_BYTES..HEADER_BYTES + 2 * frame].rotate_left(frame)).unwrap();
    let (journal, _) = open(&disk, small()).unwrap();
    let fault = read_all(&journal).await.unwrap_err();
    assert!(matches!(fault, Fault::Corrupt { seq: Seq(1), position: 40, .. }), "{fault}");
}

#[tokio::test]
async fn a_missing_segment_is_noticed() {
    for missing in 0..2 {
        let (disk, groups) = disk().await;
        let name = segments(&disk).swap_remove(missing);
        disk.remove(&name).unwrap();
        match open(&disk, small()) {
            Err(Fault::Corrupt { file, .. }) => assert_eq!((file, missing), (name, 0)),
            Ok((journal, _)) => {
                let fault = read_all(&journal).await.unwrap_err();
                assert!(matches!(fault, Fault::Corrupt { seq, .. } if seq.0 > 1), "{fault}");
                // The last segment is still there for whoever asks for it.
                let last = numbered(&groups).pop().unwrap();
                assert_eq!(journal.read(last.0, 9, 99).await.unwrap(), [last]);
            }
            Err(fault) => panic!("{fault}"),
        }
    }
}

#[tokio::test]
async fn a_segment_of_another_journal_is_refused() {
    let (disk, _) = disk().await;
    let other = Forgetful::new();
    let rng = super::support::Seeded::new(77);
    drop(journal::Journal::open_on(std::sync::Arc::new(other.clone()), small(), &rng).unwrap());
    let name = segments(&disk).swap_remove(0);
    let foreign = other.bytes(&name).unwrap();
    disk.edit(&name, |bytes| bytes[..HEADER_BYTES].copy_from_slice(&foreign)).unwrap();
    assert!(matches!(open(&disk, small()), Err(Fault::Corrupt { file, .. }) if file == name));
}
