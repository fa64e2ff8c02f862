//! Building again what was derived from the journal. The server must not be running: the data directory's lock
//! sees to that. Stopped half way, a rebuild goes on by itself at the next start.

use crate::consume::{self, ConsumeFault, LakeConsumer, Profiles};
use ::lake::Lake;
use journal::{Journal, Seq};
use kernel::{Category, Clock};
use sql::{Database, Locks};
use std::{path::Path, sync::Arc};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Records of the journal that were read.
    pub records: u64,
}

/// Why a rebuild stopped.
#[derive(Debug, thiserror::Error)]
pub enum RebuildFault {
    #[error("the records before {first} are no longer in the journal, so nothing was emptied")]
    Incomplete { first: Seq },
    #[error("emptying the profiles")]
    Clear(#[from] sql::Fault),
    #[error("emptying the lake")]
    Lake(#[from] ::lake::Fault),
    #[error("reading the journal again")]
    Consume(#[from] ConsumeFault),
}

impl RebuildFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Incomplete { .. } => Category::Conflict,
            Self::Clear(fault) => fault.category(),
            Self::Lake(fault) => fault.category(),
            Self::Consume(fault) => fault.category(),
        }
    }
}

/// Empties the profiles' tables and fills them from the journal's first record on. The rows come out as they
/// were, byte for byte, because they depend on the events alone.
pub async fn profiles(
    db: &Database,
    journal: &Journal,
    clock: Arc<dyn Clock>,
) -> Result<Rebuilt, RebuildFault> {
    whole(journal)?;
    let locks = Locks::from([store::consumer::lock(consume::PROFILES), store::profile::lock()]);
    db.write(locks, |tx| {
        store::profile::clear(tx)?;
        store::consumer::forget(tx, consume::PROFILES)
    })
    .await?;
    let consumer = Profiles::new(db.clone(), journal.clone(), clock, consume::Options::default());
    while consumer.step().await? < journal.end() {}
    Ok(Rebuilt { records: journal.end().0 - journal.first().0 })
}

/// Removes the lake in `dir` and builds it from the journal's first record on. Nobody may have it open.
pub async fn lake(
    dir: &Path,
    options: ::lake::Options,
    db: &Database,
    journal: &Journal,
    clock: Arc<dyn Clock>,
) -> Result<Rebuilt, RebuildFault> {
    whole(journal)?;
    db.write(store::consumer::lock(consume::LAKE), |tx| store::consumer::forget(tx, consume::LAKE)).await?;
    let (dir, id) = (dir.to_owned(), journal.id());
    let emptied = tokio::task::spawn_blocking(move || {
        Lake::remove_all(&dir)?;
        Lake::open(&dir, options, id)
    });
    let (lake, _) = emptied.await.map_err(|_| ConsumeFault::Lost)??;
    let consumer = LakeConsumer::new(lake, db.clone(), journal.clone(), clock, consume::Options::default());
    while consumer.step().await? < journal.end() {}
    consumer.seal().await?;
    Ok(Rebuilt { records: journal.end().0 - journal.first().0 })
}

/// What cannot be read again must not be thrown away.
fn whole(journal: &Journal) -> Result<(), RebuildFault> {
    let first = journal.first();
    if first > Seq::FIRST { Err(RebuildFault::Incomplete { first }) } else { Ok(()) }
}
