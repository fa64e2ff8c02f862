//! The consumer that fills the lake. The lake keeps its own offset with its segments; what its head held in
//! memory when the process ended is read again from the journal.

use super::{ConsumeFault, Options, Progress, Woken, batch, pause, progress::Reporter, rest};
use ::lake::{Ingested, Lake};
use journal::{Journal, Record, Seq};
use kernel::Clock;
use model::event::Event;
use sql::Database;
use std::{sync::Arc, time::Duration};
use store::consumer::{self, DeadLetter};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Its name in metrics, dead letters and commands.
pub const NAME: &str = "lake";

/// The service.
pub struct LakeConsumer {
    lake: Lake,
    /// For dead letters alone.
    db: Database,
    journal: Journal,
    clock: Arc<dyn Clock>,
    options: Options,
    reporter: Reporter,
}

impl LakeConsumer {
    pub fn new(lake: Lake, db: Database, journal: Journal, clock: Arc<dyn Clock>, options: Options) -> Self {
        let reporter = Reporter::new(NAME, lake.offset());
        Self { lake, db, journal, clock, options, reporter }
    }

    pub fn progress(&self) -> Progress {
        self.reporter.progress()
    }

    /// Follows the journal until `shutdown`, seals by age on the way and whatever is left at the end. (By size
    /// the lake seals by itself.) Merging takes seconds, and nobody waits for it.
    pub async fn run(self, shutdown: CancellationToken) {
        let grown = Notify::new();
        tokio::join!(self.follow(&grown, &shutdown), self.merge(&grown, &shutdown));
        if let Err(fault) = self.seal().await {
            tracing::warn!(error = %kernel::chain(&fault), "the lake was not sealed: the next start reads more again");
        }
    }

    async fn follow(&self, grown: &Notify, shutdown: &CancellationToken) {
        let (mut faults, mut segments) = (0, 0);
        while !shutdown.is_cancelled() {
            let stepped = self.turn().await;
            faults = if stepped.is_ok() { 0 } else { faults + 1 };
            let before = std::mem::replace(&mut segments, self.lake.stats().segments);
            if segments > before {
                grown.notify_one();
            }
            let woken = match stepped {
                Ok(next) if next < self.journal.end() => Woken::More,
                Ok(next) => rest(&self.journal, next, self.until_seal(), shutdown).await,
                Err(fault) => pause(NAME, &fault, self.options.pause(faults), shutdown).await,
            };
            if woken == Woken::Shutdown {
                break;
            }
        }
    }

    /// Merges segments whenever there are more of them, one merge at a time. A shutdown leaves the merge to its thread:
    /// what it has not published by the end of the process, the next start removes.
    async fn merge(&self, grown: &Notify, shutdown: &CancellationToken) {
        loop {
            let merged = async {
                grown.notified().await;
                self.blocking(|lake| lake.compact()).await
            };
            let merged = tokio::select! {
                () = shutdown.cancelled() => return,
                merged = merged => merged,
            };
            if let Err(fault) = merged {
                tracing::warn!(error = %kernel::chain(&fault), "segments of the lake were not merged: answers get slower");
                metrics::counter!("thrivestack_consumer_faults_total", "consumer" => NAME).increment(1);
            }
        }
    }

    /// One step, and what the head's age asks for after it.
    pub(super) async fn turn(&self) -> Result<Seq, ConsumeFault> {
        let next = self.step().await?;
        if self.until_seal() == Some(Duration::ZERO) {
            self.seal().await?;
        }
        Ok(next)
    }

    /// Hands the next records to the lake, if there are any, and answers the next place to read.
    pub async fn step(&self) -> Result<Seq, ConsumeFault> {
        let from = Seq(self.lake.offset().max(Seq::FIRST.0));
        let records = self.journal.read(from, self.options.records_max, self.options.bytes_max).await?;
        let Some((last, _)) = records.last() else {
            self.reporter.moved(from.0, self.journal.end());
            return Ok(from);
        };
        let next = last.next();
        let (events, letters) = self.read(&records);
        if !letters.is_empty() {
            self.bury(next, letters).await?;
        }
        let at = self.clock.now();
        let ingested = self.blocking(move |lake| lake.ingest(&events, next.0, at)).await?;
        count(ingested);
        self.reporter.moved(next.0, self.journal.end());
        Ok(next)
    }

    /// Moves the lake's head into a segment.
    pub async fn seal(&self) -> Result<(), ConsumeFault> {
        self.blocking(|lake| lake.seal()).await.map(|_| ())
    }

    fn read(&self, records: &[(Seq, Record)]) -> (Vec<(u64, Event)>, Vec<DeadLetter>) {
        let (mut events, mut letters) = (Vec::with_capacity(records.len()), Vec::new());
        for (seq, record) in records {
            match batch::read(record) {
                Ok((_, event)) => events.push((seq.0, event)),
                Err(fault) => letters.push(batch::bury(*seq, record, fault.to_string(), self.clock.now())),
            }
        }
        (events, letters)
    }

    /// Before the lake moves on. Records that are read again after a start are buried once.
    async fn bury(&self, next: Seq, letters: Vec<DeadLetter>) -> Result<(), ConsumeFault> {
        let (journal, at, count) = (self.journal.id(), self.db.now(), letters.len() as u64);
        self.db
            .write(consumer::lock(NAME), move |tx| consumer::advance(tx, journal, NAME, next.0, &letters, at))
            .await?;
        // After the command: one that was refused comes again.
        metrics::counter!("thrivestack_consumer_dead_letters_total", "consumer" => NAME).increment(count);
        Ok(())
    }

    /// How long until the head has stood long enough; `None` while the head is empty.
    fn until_seal(&self) -> Option<Duration> {
        let since = self.lake.stats().head_since?;
        Some(self.options.seal_age.saturating_sub(self.clock.now().since(since)))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Lake) -> Result<T, ::lake::Fault> + Send + 'static,
    ) -> Result<T, ConsumeFault> {
        let lake = self.lake.clone();
        let done = tokio::task::spawn_blocking(move || work(&lake)).await;
        Ok(done.map_err(|_| ConsumeFault::Lost)??)
    }
}

/// accepted = stored + duplicate + dropped: the third are the dead letters.
fn count(ingested: Ingested) {
    let Ingested { stored, duplicates, seen: _ } = ingested;
    for (outcome, count) in [("stored", stored), ("duplicate", duplicates)] {
        metrics::counter!("thrivestack_lake_events_total", "outcome" => outcome).increment(count);
    }
}
