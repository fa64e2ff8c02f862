//! Crashes at any operation, on files that forget.

use super::support::{Seeded, Sync, Syncing, group, open, open_on, read_all, segments, small};
use journal::{
    Journal, Options, Record, Seq,
    files::{Directory, File, Files, Forgetful, Loss},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, io, sync::Arc};
use tokio::task::JoinSet;

/// What one life of the process does before it ends.
#[derive(Debug, Clone)]
struct Life {
    /// Appends that are under way at the same time, by their number of records.
    waves: Vec<Vec<usize>>,
    /// Operations until the power fails.
    power: Option<u64>,
    failing_syncs: u32,
    failing_writes: u32,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Killed,
    PowerLost,
    PowerLostTorn(u64),
}

fn life() -> impl Strategy<Value = Life> {
    let end =
        prop_oneof![Just(End::Killed), Just(End::PowerLost), any::<u64>().prop_map(End::PowerLostTorn),];
    let waves = prop::collection::vec(prop::collection::vec(1..5_usize, 1..4), 0..5);
    (waves, prop::option::of(0..40_u64), 0..3_u32, 0..2_u32, end).prop_map(
        |(waves, power, failing_syncs, failing_writes, end)| Life {
            waves,
            power,
            failing_syncs,
            failing_writes,
            end,
        },
    )
}

/// What was appended so far, and what must never change again.
#[derive(Default)]
struct Ledger {
    /// Each append by its number.
    groups: Vec<Vec<Record>>,
    /// Records that were acknowledged, or that a reader saw.
    fixed: BTreeMap<Seq, Record>,
}

impl Ledger {
    async fn append(&mut self, journal: &Journal, wave: &[usize]) {
        let mut appends = JoinSet::new();
        for records in wave {
            let records = group(u32::try_from(self.groups.len()).unwrap(), *records);
            self.groups.push(records.clone());
            let journal = journal.clone();
            appends.spawn(async move { (journal.append(records.clone()).await, records) });
        }
        while let Some(done) = appends.join_next().await {
            if let (Ok(range), records) = done.unwrap() {
                assert_eq!(range.end.0 - range.start.0, records.len() as u64);
                self.fixed.extend((range.start.0..).map(Seq).zip(records));
            }
        }
    }

    /// Reads everything; answers what is wrong.
    async fn check(&mut self, journal: &Journal) -> Result<(), String> {
        let found = read_all(journal).await.map_err(|fault| fault.to_string())?;
        let by_seq: BTreeMap<Seq, Record> = found.iter().cloned().collect();
        if let Some((seq, _)) = self.fixed.iter().find(|(seq, record)| by_seq.get(seq) != Some(record)) {
            return Err(format!("record {seq} was acknowledged and is lost"));
        }
        let mut rest: &[(Seq, Record)] = &found;
        let mut seen = vec![false; self.groups.len()];
        while let Some((_, first)) = rest.first() {
            let number =
                self.groups.iter().position(|group| group[0] == *first).ok_or("a group begins late")?;
            let whole = &self.groups[number];
            if !rest.iter().map(|(_, record)| record).take(whole.len()).eq(whole) {
                return Err(format!("group {number} is not whole"));
            }
            if std::mem::replace(&mut seen[number], true) {
                return Err(format!("group {number} is there twice"));
            }
            rest = &rest[whole.len()..];
        }
        self.fixed = by_seq;
        Ok(())
    }
}

fn end_life(disk: &Forgetful, end: End) {
    match end {
        End::Killed => disk.restart(Loss::Nothing),
        End::PowerLost => disk.restart(Loss::Unsynced),
        End::PowerLostTorn(seed) => disk.restart(Loss::Some(&Seeded::new(seed))),
    }
}

/// One life: open (the power may fail in the middle of it), look, append, look, end.
async fn live(disk: &Forgetful, life: &Life, ledger: &mut Ledger) -> Result<(), String> {
    if let Some(operations) = life.power {
        disk.cut_power_after(operations);
    }
    match open(disk, small()) {
        Ok((journal, _)) => {
            // Without power, reading fails, and proves nothing.
            if let Err(wrong) = ledger.check(&journal).await
                && life.power.is_none()
            {
                return Err(wrong);
            }
            disk.fail_syncs(life.failing_syncs);
            disk.fail_writes(life.failing_writes);
            for wave in &life.waves {
                ledger.append(&journal, wave).await;
            }
            disk.fail_syncs(0);
            disk.fail_writes(0);
            journal.close().await;
        }
        Err(fault) if life.power.is_none() => return Err(format!("open failed: {fault}")),
        Err(_) => {}
    }
    end_life(disk, life.end);
    Ok(())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_was_acknowledged_survives_any_crash_and_the_rest_is_whole_or_gone(
        lives in prop::collection::vec(life(), 1..6),
    ) {
        let outcome = block_on(async {
            let (disk, mut ledger) = (Forgetful::new(), Ledger::default());
            for life in &lives {
                live(&disk, life, &mut ledger).await?;
            }
            let (journal, _) = open(&disk, small()).map_err(|fault| fault.to_string())?;
            ledger.check(&journal).await
        });
        prop_assert_eq!(outcome, Ok(()));
    }
}

/// Two lives that must pass on any file layer that keeps its promises.
async fn acknowledge_and_lose_power(
    files: impl Fn(Forgetful) -> Result<Journal, String>,
) -> Result<(), String> {
    let (disk, mut ledger) = (Forgetful::new(), Ledger::default());
    let journal = files(disk.clone())?;
    for wave in [&[2, 1][..], &[3], &[1, 4, 2], &[2]] {
        ledger.append(&journal, wave).await;
    }
    assert_eq!(ledger.fixed.len(), 15, "all appends are acknowledged");
    assert!(segments(&disk).len() > 2);
    journal.close().await;
    disk.restart(Loss::Unsynced);
    ledger.check(&files(disk)?).await
}

struct NoFileSync;

impl Sync for NoFileSync {
    fn file(&self, _: &dyn File) -> io::Result<()> {
        Ok(())
    }
}

struct NoDirectorySync;

impl Sync for NoDirectorySync {
    fn directory(&self, _: &Forgetful) -> io::Result<()> {
        Ok(())
    }
}

struct BothSyncs;

impl Sync for BothSyncs {}

fn opener<S: Sync>(sync: S) -> impl Fn(Forgetful) -> Result<Journal, String> {
    let sync = Arc::new(sync);
    move |disk| {
        let opened = open_on(Syncing(disk, sync.clone()), small());
        opened.map(|(journal, _)| journal).map_err(|fault| fault.to_string())
    }
}

/// The proof that the crash test would notice a missing sync: the same run fails without either.
#[tokio::test]
async fn acknowledged_records_are_lost_without_the_syncs_and_kept_with_them() {
    assert_eq!(acknowledge_and_lose_power(opener(BothSyncs)).await, Ok(()));
    acknowledge_and_lose_power(opener(NoFileSync)).await.unwrap_err();
    let lost = acknowledge_and_lose_power(opener(NoDirectorySync)).await.unwrap_err();
    assert!(lost.contains("acknowledged and is lost"), "{lost}");
}

/// Headers are synced and batches are not: the files are all there, and the loss is in the records.
struct NoRecordSync;

impl Sync for NoRecordSync {
    fn file(&self, file: &dyn File) -> io::Result<()> {
        if file.len()? > 40 { Ok(()) } else { file.sync() }
    }
}

#[tokio::test]
async fn a_batch_that_is_not_synced_is_noticed() {
    let lost = acknowledge_and_lose_power(opener(NoRecordSync)).await.unwrap_err();
    assert!(lost.contains("record 1: the file ends before its last record"), "{lost}");
}

/// A killed process leaves a whole group in the page cache. Readers see it after the restart, so it must
/// be on disk by then.
#[tokio::test]
async fn what_a_killed_process_had_written_is_synced_before_it_is_shown() {
    let disk = Forgetful::new();
    let (journal, _) = open_on(Syncing(disk.clone(), Arc::new(NoRecordSync)), Options::default()).unwrap();
    journal.append(group(0, 3)).await.unwrap();
    journal.close().await;
    disk.restart(Loss::Nothing);
    let (journal, opened) = open(&disk, Options::default()).unwrap();
    assert_eq!(opened.end, Seq(4));
    journal.close().await;
    disk.restart(Loss::Unsynced);
    let (_, opened) = open(&disk, Options::default()).unwrap();
    assert_eq!((opened.end, opened.cuts), (Seq(4), vec![]));
}

#[tokio::test]
async fn a_header_that_a_killed_process_had_not_synced_is_synced_before_records_come() {
    let disk = Forgetful::new();
    // list, open, create, write: the power is gone before the sync, but nothing was lost.
    disk.cut_power_after(4);
    assert!(open(&disk, Options::default()).is_err());
    disk.restart(Loss::Nothing);
    assert_eq!(disk.list().unwrap(), ["journal.header"]);
    let (journal, _) = open(&disk, Options::default()).unwrap();
    journal.append(group(0, 1)).await.unwrap();
    journal.close().await;
    disk.restart(Loss::Unsynced);
    let (_, opened) = open(&disk, Options::default()).unwrap();
    assert_eq!(opened.end, Seq(2));
}

/// The forgetful files prove that the journal syncs; that the real ones pass it on shows where a sync is refused.
#[cfg(target_os = "linux")]
#[test]
fn syncs_of_real_files_reach_the_operating_system() {
    let invalid = io::ErrorKind::InvalidInput;
    let devices = Directory::open("/dev".as_ref()).unwrap();
    assert_eq!(devices.open("null").unwrap().sync().unwrap_err().kind(), invalid);
    let process = Directory::open("/proc/self".as_ref()).unwrap();
    assert_eq!(process.sync_directory().unwrap_err().kind(), invalid);
}
