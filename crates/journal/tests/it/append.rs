use super::support::{Seeded, group, numbered, open, read_all, record, small};
use bytes::Bytes;
use journal::{Fault, Journal, MAX_APPEND_RECORDS, MAX_BODY_BYTES, Options, Seq, files::Forgetful};
use kernel::Category;

#[tokio::test]
async fn records_come_back_in_order_over_many_segments_and_restarts_of_real_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b");
    let groups: Vec<_> = (0..40).map(|number| group(number, number as usize % 4 + 1)).collect();
    let mut ids = Vec::new();
    for half in groups.chunks(20) {
        let (journal, _) = Journal::open(&path, small(), &Seeded::new(ids.len() as u64)).unwrap();
        for records in half {
            journal.append(records.clone()).await.unwrap();
        }
        ids.push(journal.id());
        journal.close().await;
    }
    let (journal, opened) = Journal::open(&path, small(), &Seeded::new(9)).unwrap();
    assert_eq!(read_all(&journal).await.unwrap(), numbered(&groups));
    assert_eq!((opened.created, opened.first, opened.end, &*opened.cuts), (false, Seq(1), Seq(101), &[][..]));
    assert!(opened.segments > 10, "{} segments", opened.segments);
    assert_eq!(ids, [journal.id(), journal.id()]);
}

#[tokio::test]
async fn an_append_answers_its_numbers_and_an_empty_one_the_end() {
    let (journal, opened) = open(&Forgetful::new(), Options::default()).unwrap();
    assert!(opened.created);
    assert_eq!(journal.append(vec![]).await.unwrap(), Seq(1)..Seq(1));
    assert_eq!(journal.append(group(0, 3)).await.unwrap(), Seq(1)..Seq(4));
    assert_eq!(journal.append(group(1, 1)).await.unwrap(), Seq(4)..Seq(5));
    assert_eq!(journal.append(vec![]).await.unwrap(), Seq(5)..Seq(5));
    assert_eq!((journal.first(), journal.end()), (Seq(1), Seq(5)));
}

#[tokio::test]
async fn a_body_at_the_limit_fits_and_one_byte_more_refuses_the_whole_append() {
    let (journal, _) = open(&Forgetful::new(), small()).unwrap();
    let mut large = record(0, 0, 1, 0);
    large.body = Bytes::from(vec![b'x'; MAX_BODY_BYTES]);
    assert_eq!(journal.append(vec![large.clone()]).await.unwrap(), Seq(1)..Seq(2));
    assert_eq!(journal.read(Seq(1), 1, 0).await.unwrap(), [(Seq(1), large.clone())]);
    large.body = Bytes::from(vec![b'x'; MAX_BODY_BYTES + 1]);
    let fault = journal.append(vec![record(1, 0, 1, 0), large]).await.unwrap_err();
    assert!(matches!(fault, Fault::TooLarge { bytes, .. } if bytes == MAX_BODY_BYTES + 1), "{fault}");
    assert_eq!((fault.category(), journal.end()), (Category::Invalid, Seq(2)));
}

#[tokio::test]
async fn too_many_records_or_bytes_in_one_append_are_refused() {
    let (journal, _) = open(&Forgetful::new(), Options::default()).unwrap();
    let many = vec![record(0, 0, 1, 0); MAX_APPEND_RECORDS + 1];
    assert!(matches!(journal.append(many).await, Err(Fault::TooMany { records: 10_001, max: 10_000 })));
    let heavy = vec![record(0, 0, 1, MAX_BODY_BYTES / 2); 65];
    assert!(matches!(journal.append(heavy).await, Err(Fault::TooLarge { what: "append", .. })));
    assert_eq!(journal.append(group(0, 1)).await.unwrap(), Seq(1)..Seq(2));
}

#[tokio::test]
async fn records_without_a_body_are_records() {
    let (journal, _) = open(&Forgetful::new(), small()).unwrap();
    let mut empty = record(0, 0, 1, 0);
    empty.body = Bytes::new();
    journal.append(vec![empty.clone(); 20]).await.unwrap();
    assert_eq!(read_all(&journal).await.unwrap(), numbered(&[vec![empty; 20]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appenders_get_disjoint_ranges_without_gaps() {
    let (journal, _) = open(&Forgetful::new(), small()).unwrap();
    let mut appenders = tokio::task::JoinSet::new();
    for appender in 0..8_u32 {
        let journal = journal.clone();
        appenders.spawn(async move {
            let mut done = Vec::new();
            for number in 0..25 {
                let records = group(appender * 100 + number, number as usize % 5 + 1);
                done.push((journal.append(records.clone()).await.unwrap(), records));
            }
            done
        });
    }
    let mut done = appenders.join_all().await.concat();
    done.sort_by_key(|(range, _)| range.start);
    let groups: Vec<_> = done.iter().map(|(_, records)| records.clone()).collect();
    assert_eq!(read_all(&journal).await.unwrap(), numbered(&groups));
    let mut next = Seq(1);
    for (range, records) in done {
        assert_eq!((range.start, range.end.0 - next.0), (next, records.len() as u64));
        next = range.end;
    }
    assert_eq!(journal.end(), next);
}
