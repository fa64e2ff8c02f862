use super::support::{group, numbered, open, read_from, record, small};
use journal::{Fault, Journal, Options, Seq, files::Forgetful};

async fn journal_of(appends: u32, options: Options) -> (Journal, Vec<Vec<journal::Record>>) {
    let (journal, _) = open(&Forgetful::new(), options).unwrap();
    let groups: Vec<_> = (0..appends).map(|number| group(number, 2)).collect();
    for records in &groups {
        journal.append(records.clone()).await.unwrap();
    }
    (journal, groups)
}

#[tokio::test]
async fn reading_starts_at_any_record() {
    let (journal, groups) = journal_of(30, small()).await;
    let all = numbered(&groups);
    for from in (1..=60).rev() {
        assert_eq!(read_from(&journal, Seq(from)).await.unwrap(), all[from as usize - 1..]);
    }
}

#[tokio::test]
async fn records_beyond_the_spacing_of_the_index_are_found_before_and_after_a_restart() {
    let disk = Forgetful::new();
    let options = Options { segment_bytes: 1 << 20, ..Options::default() };
    let records: Vec<_> = (0..100).map(|index| record(0, index, 100, 30_000)).collect();
    let (journal, _) = open(&disk, options.clone()).unwrap();
    for some in records.chunks(9) {
        journal.append(some.to_vec()).await.unwrap();
    }
    journal.close().await;
    let (again, _) = open(&disk, options).unwrap();
    for seq in [1, 50, 2, 99, 100, 49, 51, 1] {
        let expected = [(Seq(seq), records[seq as usize - 1].clone())];
        assert_eq!(journal.read(Seq(seq), 1, 1).await.unwrap(), expected);
        assert_eq!(again.read(Seq(seq), 1, 1).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_read_stops_at_either_limit_but_gives_one_record_at_least() {
    let (journal, groups) = journal_of(5, small()).await;
    let all = numbered(&groups);
    let body = all[0].1.body.len() + all[1].1.body.len();
    assert_eq!(journal.read(Seq(1), 3, usize::MAX).await.unwrap(), all[..3]);
    assert_eq!(journal.read(Seq(1), 100, body).await.unwrap(), all[..2]);
    assert_eq!(journal.read(Seq(1), 100, body - 1).await.unwrap(), all[..1]);
    assert_eq!(journal.read(Seq(1), 100, 0).await.unwrap(), all[..1]);
    assert_eq!(journal.read(Seq(1), 0, 100).await.unwrap(), []);
}

#[tokio::test]
async fn the_end_is_empty_and_what_is_outside_is_refused() {
    let (journal, _) = journal_of(2, small()).await;
    assert_eq!(journal.read(Seq(5), 10, 10).await.unwrap(), []);
    assert!(matches!(journal.read(Seq(6), 10, 10).await, Err(Fault::Beyond { from: Seq(6), end: Seq(5) })));
    assert!(matches!(journal.read(Seq(0), 10, 10).await, Err(Fault::Gone { first: Seq(1), .. })));
}

#[tokio::test]
async fn a_waiting_reader_wakes_when_its_record_is_synced() {
    let (journal, _) = journal_of(1, small()).await;
    assert_eq!(journal.wait_beyond(Seq(2)).await.unwrap(), Seq(3));
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.wait_beyond(Seq(4)).await }
    });
    journal.append(group(1, 1)).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "record 4 is not there yet");
    journal.append(group(2, 1)).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), Seq(5));
}

#[tokio::test]
async fn a_waiting_reader_hears_of_the_end_of_the_journal() {
    let (journal, _) = journal_of(1, small()).await;
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.wait_beyond(Seq(3)).await }
    });
    tokio::task::yield_now().await;
    journal.close().await;
    assert!(matches!(waiting.await.unwrap(), Err(Fault::Closed)));
    assert_eq!(journal.read(Seq(1), 10, 1_000).await.unwrap().len(), 2);
}
