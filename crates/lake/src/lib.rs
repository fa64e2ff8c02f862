//! API outline; the story comes with the code.
mod answer;
mod fault;

pub use answer::*;
pub use fault::Fault;

use jiff::{civil::Date, tz::TimeZone};
use kernel::{Env, JournalId};
use model::event::Event;
use std::{path::Path, sync::Arc};

#[derive(Debug, Clone)]
pub struct Options {
    pub head_rows_max: usize,
    pub head_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { head_rows_max: 65_536, head_bytes_max: 64 << 20 }
    }
}

#[derive(Clone)]
pub struct Lake(Arc<()>);

impl Lake {
    pub fn open(dir: &Path, _: Options, _: JournalId) -> Result<(Self, Opened), Fault> {
        Err(Fault::damaged(dir, "not built yet"))
    }
    pub fn offset(&self) -> u64 {
        Arc::strong_count(&self.0) as u64
    }
    pub fn ingest(&self, _: &[(u64, Event)], _upto: u64) -> Result<Ingested, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn seal(&self) -> Result<(), Fault> {
        Err(Fault::Poisoned)
    }
    pub fn compact(&self) -> Result<usize, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn counts_per_day(&self, _env: Env, _names: &[&str], _zone: &TimeZone, _from: Date, _to: Date) -> Result<Vec<DayCount>, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn count_users_with(&self, _env: Env, _name: &str) -> Result<u64, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn user_timeline(&self, _env: Env, _user_ids: &[&str], _before: Option<Before>, _limit: usize) -> Result<Page, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn account_timeline(&self, _env: Env, _group_ids: &[&str], _tenant_ids: &[&str], _before: Option<Before>, _limit: usize) -> Result<Page, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn recent(&self, _env: Env, _filters: Filters<'_>, _limit: usize) -> Result<Page, Fault> {
        Err(Fault::Poisoned)
    }
    pub fn stats(&self) -> Stats {
        Stats { segments: 0, rows: 0, bytes: 0, head_rows: 0, head_bytes: 0, head_since: None, offset: 0, sealed_offset: 0 }
    }
    pub fn remove_all(_: &Path) -> Result<(), Fault> {
        Err(Fault::Poisoned)
    }
}
