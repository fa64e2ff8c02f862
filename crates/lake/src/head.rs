//! The newest events, not yet in a segment. Lost with the process and read again from the journal.

use crate::row::Row;
use kernel::{EnvironmentId, Timestamp};
use std::collections::HashSet;

#[derive(Default)]
pub(crate) struct Head {
    rows: Vec<Row>,
    ids: HashSet<(EnvironmentId, u128)>,
    bytes: usize,
    since: Option<Timestamp>,
}

impl Head {
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn contains(&self, env: EnvironmentId, message_id: u128) -> bool {
        self.ids.contains(&(env, message_id))
    }

    /// Adds rows whose message ids are new, at the instant `at`.
    pub(crate) fn extend(&mut self, rows: Vec<Row>, at: Timestamp) {
        if !rows.is_empty() {
            self.since.get_or_insert(at);
        }
        for row in rows {
            self.ids.insert((row.env, row.message_id));
            self.bytes += row.bytes() + size_of::<(EnvironmentId, u128)>();
            self.rows.push(row);
        }
    }

    /// An estimate of the memory.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Since when there are rows here.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The rows as a segment wants them.
    pub(crate) fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_unstable_by(|left, right| left.order().cmp(&right.order()));
        rows
    }
}
