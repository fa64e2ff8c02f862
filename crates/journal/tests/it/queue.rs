//! The queue in front of the writer: grouping, refusing, draining.

use super::support::{Sync, Syncing, group, open_on, read_all};
use journal::{
    Fault, Journal, Options, Seq,
    files::{File, Forgetful},
};
use kernel::Category;
use std::{
    io,
    ops::Range,
    sync::{Arc, Condvar, Mutex},
};
use tokio::{sync::Notify, task::JoinHandle};

/// Holds the writer inside its sync while shut.
#[derive(Default)]
struct Gate {
    shut: Mutex<bool>,
    moved: Condvar,
    arrived: Notify,
}

impl Gate {
    fn set(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.moved.notify_all();
    }
}

impl Sync for Gate {
    fn file(&self, file: &dyn File) -> io::Result<()> {
        let shut = self.shut.lock().unwrap();
        if *shut {
            self.arrived.notify_one();
        }
        drop(self.moved.wait_while(shut, |shut| *shut).unwrap());
        file.sync()
    }
}

type Appending = JoinHandle<Result<Range<Seq>, Fault>>;

fn append(journal: &Journal, number: u32, records: usize) -> Appending {
    let journal = journal.clone();
    tokio::spawn(async move { journal.append(group(number, records)).await })
}

/// A journal whose writer stands in the sync of append 0, and that append.
async fn held(options: Options) -> (Journal, Arc<Gate>, Appending) {
    let gate = Arc::new(Gate::default());
    let (journal, _) = open_on(Syncing(Forgetful::new(), gate.clone()), options).unwrap();
    gate.set(true);
    let mut first = append(&journal, 0, 1);
    tokio::select! {
        () = gate.arrived.notified() => {}
        answer = &mut first => panic!("answered before its sync: {answer:?}"),
    }
    (journal, gate, first)
}

/// Lets spawned appends reach the queue.
async fn until_queued(journal: &Journal, appends: usize) {
    while journal.stats().queue_appends < appends {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn appends_that_queued_up_during_a_sync_share_the_next_one() {
    let (journal, gate, first) = held(Options::default()).await;
    let queued: Vec<_> = (1..=10).map(|number| append(&journal, number, 2)).collect();
    until_queued(&journal, 10).await;
    assert_eq!((journal.end(), journal.stats().syncs), (Seq(1), 0), "nothing is shown before its sync");
    gate.set(false);
    assert_eq!(first.await.unwrap().unwrap(), Seq(1)..Seq(2));
    for (index, appending) in (0..).zip(queued) {
        assert_eq!(appending.await.unwrap().unwrap(), Seq(2 + index * 2)..Seq(4 + index * 2));
    }
    let stats = journal.stats();
    assert_eq!((stats.syncs, stats.appended_records, stats.queue_appends), (2, 21, 0));
    assert_eq!(stats.disk_bytes, stats.appended_bytes + 40);
}

#[tokio::test]
async fn a_batch_is_bounded_by_appends_and_by_bytes() {
    for options in [
        Options { batch_appends: 3, ..Options::default() },
        Options { batch_bytes: 3 * 62, ..Options::default() },
    ] {
        let (journal, gate, first) = held(options).await;
        let queued: Vec<_> = (1..=9).map(|number| append(&journal, number, 1)).collect();
        until_queued(&journal, 9).await;
        gate.set(false);
        first.await.unwrap().unwrap();
        for appending in queued {
            appending.await.unwrap().unwrap();
        }
        assert_eq!(journal.stats().syncs, 4);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_again_when_there_is_room() {
    for options in [
        Options { queue_appends: 2, ..Options::default() },
        Options { queue_bytes: 130, ..Options::default() },
    ] {
        let (journal, gate, first) = held(options).await;
        let queued = [append(&journal, 1, 1), append(&journal, 2, 1)];
        until_queued(&journal, 2).await;
        let fault = journal.append(group(3, 1)).await.unwrap_err();
        assert!(matches!(fault, Fault::Full), "{fault}");
        assert_eq!(fault.category(), Category::Unavailable);
        gate.set(false);
        first.await.unwrap().unwrap();
        for appending in queued {
            appending.await.unwrap().unwrap();
        }
        assert_eq!(journal.append(group(4, 1)).await.unwrap(), Seq(4)..Seq(5));
    }
}

#[tokio::test]
async fn closing_drains_the_queue_and_refuses_what_comes_later() {
    let (journal, gate, first) = held(Options::default()).await;
    let second = append(&journal, 1, 3);
    until_queued(&journal, 1).await;
    let closing = tokio::spawn({
        let journal = journal.clone();
        async move { journal.close().await }
    });
    tokio::task::yield_now().await;
    assert!(matches!(journal.append(group(2, 1)).await, Err(Fault::Closed)));
    assert!(!closing.is_finished());
    gate.set(false);
    closing.await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), Seq(1)..Seq(2));
    assert_eq!(second.await.unwrap().unwrap(), Seq(2)..Seq(5));
    assert_eq!(read_all(&journal).await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_append_whose_future_is_dropped_is_kept_all_the_same() {
    let (journal, gate, first) = held(Options::default()).await;
    let dropped = append(&journal, 1, 2);
    until_queued(&journal, 1).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    gate.set(false);
    first.await.unwrap().unwrap();
    assert_eq!(journal.wait_beyond(Seq(3)).await.unwrap(), Seq(4));
}
