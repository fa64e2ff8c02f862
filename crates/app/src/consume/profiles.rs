//! The consumer that keeps people, accounts and memberships. Its offset moves in the command that writes its
//! rows, so a record counts once whatever happens; that rows merge makes even a second time harmless.

use super::{Applied, Batch, ConsumeFault, Options, Progress, Woken, batch, pause, progress::Reporter, rest};
use journal::{Journal, Record, Seq};
use kernel::{Category, Clock};
use sql::{Database, Locks};
use std::sync::Arc;
use store::consumer;
use tokio_util::sync::CancellationToken;

/// The key of its offset and its name in metrics and commands.
pub const NAME: &str = "profiles";
/// A record touches at most a person, an account, a membership and a link.
const ROWS_OF_A_RECORD: usize = 4;

/// The service.
pub struct Profiles {
    db: Database,
    journal: Journal,
    clock: Arc<dyn Clock>,
    options: Options,
    reporter: Reporter,
}

impl Profiles {
    pub fn new(db: Database, journal: Journal, clock: Arc<dyn Clock>, options: Options) -> Self {
        let reporter = Reporter::new(NAME, 0);
        Self { db, journal, clock, options, reporter }
    }

    pub fn progress(&self) -> Progress {
        self.reporter.progress()
    }

    /// Follows the journal until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut faults = 0;
        while !shutdown.is_cancelled() {
            let stepped = self.step().await;
            faults = if stepped.is_ok() { 0 } else { faults + 1 };
            let woken = match stepped {
                Ok(next) if next < self.journal.end() => Woken::More,
                Ok(next) => rest(&self.journal, next, None, &shutdown).await,
                Err(fault) => pause(NAME, &fault, self.options.pause(faults), &shutdown).await,
            };
            if woken == Woken::Shutdown {
                return;
            }
        }
    }

    /// Handles the next records in one command, if there are any, and answers the next place to read.
    pub async fn step(&self) -> Result<Seq, ConsumeFault> {
        let from = self.place().await?;
        let records = self.journal.read(from, self.options.rows_max, self.options.bytes_max).await?;
        if records.is_empty() {
            self.reporter.moved(from.0, self.journal.end());
            return Ok(from);
        }
        let next = match self.write(from, &records, self.options.rows_max).await {
            Err(fault) if fault.category() != Category::Unavailable => {
                self.one_by_one(from, &records[0], fault).await?
            }
            answer => answer?,
        };
        self.reporter.moved(next.0, self.journal.end());
        Ok(next)
    }

    async fn place(&self) -> Result<Seq, ConsumeFault> {
        let journal = self.journal.id();
        let stored = self.db.read(move |tx| consumer::offset(tx, journal, NAME)).await?;
        Ok(stored.map_or(Seq::FIRST, |offset| Seq(offset.next)))
    }

    /// As many records as fit into `rows_max` rows, at least one.
    async fn write(
        &self,
        from: Seq,
        records: &[(Seq, Record)],
        rows_max: usize,
    ) -> Result<Seq, ConsumeFault> {
        let (mut batch, mut next) = (Batch::default(), from);
        for (seq, record) in records {
            if next != from && batch.rows() + ROWS_OF_A_RECORD > rows_max {
                break;
            }
            batch.add(*seq, record, self.clock.now());
            next = seq.next();
        }
        self.commit(from, next, batch).await
    }

    /// Writes the batch and moves the offset, in one command. Before it go as many others as it takes until no link of
    /// the batch moves more than a command may, and the rest is no more than [`Options::written_max`]; the offset stays
    /// until then, so a start after a crash goes on with them.
    async fn commit(&self, from: Seq, next: Seq, batch: Batch) -> Result<Seq, ConsumeFault> {
        let batch = Arc::new(batch);
        let mut row = 0;
        while let Applied::Upto(reached) = self.command(from, next, row, &batch).await? {
            row = reached;
        }
        metrics::counter!("thrivestack_consumer_records_total", "consumer" => NAME)
            .increment(next.0 - from.0);
        metrics::counter!("thrivestack_consumer_dead_letters_total", "consumer" => NAME)
            .increment(batch.letters.len() as u64);
        Ok(next)
    }

    async fn command(
        &self,
        from: Seq,
        next: Seq,
        row: usize,
        batch: &Arc<Batch>,
    ) -> Result<Applied, ConsumeFault> {
        let (journal, at, batch) = (self.journal.id(), self.db.now(), Arc::clone(batch));
        let written_max = self.options.written_max;
        let locks = Locks::from([consumer::lock(NAME), store::profile::lock()]);
        self.db
            .write(locks, move |tx| {
                let found = consumer::offset(tx, journal, NAME)?.map_or(Seq::FIRST.0, |offset| offset.next);
                if found != from.0 {
                    return Err(ConsumeFault::Moved { expected: from.0, found });
                }
                let applied = batch.apply(tx, row, written_max)?;
                if applied == Applied::Whole {
                    consumer::advance(tx, journal, NAME, next.0, &batch.letters, at)?;
                }
                Ok(applied)
            })
            .await
    }

    /// The batch failed, and not because the database is away. The first record goes alone; when that fails too
    /// it is the culprit and becomes a dead letter, so that it stops nobody.
    async fn one_by_one(
        &self,
        from: Seq,
        (seq, record): &(Seq, Record),
        batch_fault: ConsumeFault,
    ) -> Result<Seq, ConsumeFault> {
        if let ConsumeFault::Moved { .. } = batch_fault {
            return Err(batch_fault);
        }
        let mut alone = Batch::default();
        alone.add(*seq, record, self.clock.now());
        match self.commit(from, seq.next(), alone).await {
            Err(fault) if fault.category() != Category::Unavailable => {
                let letter = batch::bury(*seq, record, kernel::chain(&fault), self.clock.now());
                let mut batch = Batch::default();
                batch.letters.push(letter);
                self.commit(from, seq.next(), batch).await
            }
            answer => answer,
        }
    }
}
