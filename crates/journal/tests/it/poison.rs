//! Writes and syncs that fail while the process lives on.

use super::support::{group, numbered, open, read_all, segments, small};
use journal::{
    Fault, Options, Seq,
    files::{Forgetful, Loss},
};
use kernel::Category;
use std::error::Error;

#[tokio::test]
async fn after_a_failed_sync_nothing_more_goes_into_that_segment() {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, Options::default()).unwrap();
    journal.append(group(0, 2)).await.unwrap();
    disk.fail_syncs(1);
    let fault = journal.append(group(1, 3)).await.unwrap_err();
    assert!(matches!(&fault, Fault::Io { operation: "sync", .. }), "{fault}");
    assert_eq!(fault.category(), Category::Unavailable);
    assert_eq!(fault.source().unwrap().to_string(), "the device reported an error");
    assert_eq!(journal.end(), Seq(3));
    let shown = journal.read(Seq(1), 100, 10_000).await.unwrap();
    assert_eq!(shown, numbered(&[group(0, 2)]), "what is behind the end is not shown");
    let abandoned = disk.bytes(&segments(&disk)[0]).unwrap();
    assert_eq!(journal.append(group(2, 1)).await.unwrap(), Seq(3)..Seq(4));
    assert_eq!(disk.bytes(&segments(&disk)[0]).unwrap(), abandoned);
    assert_eq!(segments(&disk).len(), 2);
    assert_eq!((journal.stats().failures, journal.stats().syncs), (1, 2));
    let expected = numbered(&[group(0, 2), group(2, 1)]);
    assert_eq!(read_all(&journal).await.unwrap(), expected);
    for loss in [Loss::Nothing, Loss::Unsynced] {
        disk.restart(loss);
        let (journal, _) = open(&disk, Options::default()).unwrap();
        assert_eq!(read_all(&journal).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_failure_in_the_first_batch_of_a_segment_makes_it_anew() {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, Options::default()).unwrap();
    for number in 0..3 {
        disk.fail_syncs(1);
        journal.append(group(number, 2)).await.unwrap_err();
    }
    assert_eq!(journal.append(group(3, 1)).await.unwrap(), Seq(1)..Seq(2));
    assert_eq!((segments(&disk).len(), journal.stats().segments), (1, 1));
    assert_eq!(journal.stats().disk_bytes, disk.bytes(&segments(&disk)[0]).unwrap().len() as u64);
    journal.close().await;
    disk.restart(Loss::Unsynced);
    let (journal, _) = open(&disk, Options::default()).unwrap();
    assert_eq!(read_all(&journal).await.unwrap(), numbered(&[group(3, 1)]));
}

#[tokio::test]
async fn a_full_disk_refuses_until_there_is_room() {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, small()).unwrap();
    journal.append(group(0, 2)).await.unwrap();
    // The batch, and the headers of two attempts at a new segment.
    disk.fail_writes(3);
    for number in 1..4 {
        let fault = journal.append(group(number, 2)).await.unwrap_err();
        assert!(matches!(fault, Fault::Io { operation: "write", .. }), "{fault}");
    }
    assert_eq!(journal.append(group(4, 2)).await.unwrap(), Seq(3)..Seq(5));
    let expected = numbered(&[group(0, 2), group(4, 2)]);
    assert_eq!(read_all(&journal).await.unwrap(), expected);
    journal.close().await;
    disk.restart(Loss::Unsynced);
    let (journal, opened) = open(&disk, small()).unwrap();
    assert_eq!((read_all(&journal).await.unwrap(), opened.cuts), (expected, vec![]));
}

/// The kernel may call a page clean after its sync failed. The next process finds the records whole, and a sync
/// of its own proves nothing about them: what it shows must be written again.
#[tokio::test]
async fn records_of_a_failed_sync_that_the_next_process_shows_are_written_again() {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, Options::default()).unwrap();
    journal.append(group(0, 1)).await.unwrap();
    disk.fail_syncs(1);
    journal.append(group(1, 2)).await.unwrap_err();
    journal.close().await;
    disk.restart(Loss::Nothing);
    let (journal, _) = open(&disk, Options::default()).unwrap();
    let expected = numbered(&[group(0, 1), group(1, 2), group(2, 1)]);
    journal.append(group(2, 1)).await.unwrap();
    assert_eq!(read_all(&journal).await.unwrap(), expected);
    journal.close().await;
    disk.restart(Loss::Unsynced);
    let (journal, _) = open(&disk, Options::default()).unwrap();
    assert_eq!(read_all(&journal).await.unwrap(), expected);
}
