//! The SQLite half of a `Tx`: statements of one command or one read.

use crate::{
    Column, Fault, Row, Statement, Value,
    counters::{Counters, count},
    row,
};
use rusqlite::{Connection, ErrorCode, types::ToSqlOutput, types::ValueRef};
use std::sync::Arc;

/// Which statements may run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Write,
    Read,
}

pub(crate) struct Session<'t> {
    conn: &'t Connection,
    counters: &'t Counters,
    mode: Mode,
    /// The command's savepoint is open: it has written something.
    marked: bool,
    failed: Option<Fault>,
}

impl<'t> Session<'t> {
    pub(super) fn new(conn: &'t Connection, counters: &'t Counters, mode: Mode) -> Self {
        Self { conn, counters, mode, marked: false, failed: None }
    }

    /// Runs `statement` and shows each row to `each`. After a failure every further call answers `Aborted`.
    pub(crate) fn run(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        // In autocommit SQLite has given the transaction up by itself: what ran now would be kept.
        if self.failed.is_some() || self.conn.is_autocommit() {
            self.failed.get_or_insert(Fault::Aborted);
            return Err(Fault::Aborted);
        }
        let result = self.attempt(statement, params, each);
        if let Err(fault) = &result
            && fault.spoils()
        {
            self.failed = Some(fault.clone());
        }
        result
    }

    /// Has the engine read the statement, no more.
    pub(crate) fn prepare(&self, statement: &'static Statement) -> Result<(), Fault> {
        let prepared = self.conn.prepare_cached(statement.sqlite());
        prepared.map(|_| ()).map_err(|e| fault(statement.text(), e))
    }

    fn attempt(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let engine = |e| fault(statement.text(), e);
        let mut prepared = self.conn.prepare_cached(statement.sqlite()).map_err(engine)?;
        if !prepared.readonly() {
            match self.mode {
                Mode::Read => return Err(Fault::ReadOnly { statement: statement.text() }),
                Mode::Write if !self.marked => {
                    control(self.conn, self.counters, "SAVEPOINT command")?;
                    self.marked = true;
                }
                Mode::Write => {}
            }
        }
        if prepared.parameter_count() != params.len() {
            return Err(engine(rusqlite::Error::InvalidParameterCount(
                params.len(),
                prepared.parameter_count(),
            )));
        }
        for (index, value) in params.iter().enumerate() {
            prepared.raw_bind_parameter(index + 1, value).map_err(engine)?;
        }
        count(&self.counters.statements);
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(engine)? {
            each(&Row(row::Inner::Sqlite(row)))?;
        }
        Ok(())
    }

    /// The failure that spoiled this session, whatever the closure made of it.
    pub(super) fn failed(&self) -> Option<&Fault> {
        self.failed.as_ref()
    }

    /// Keeps the command's writes in the group.
    pub(super) fn keep(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.marked) {
            control(self.conn, self.counters, "RELEASE command")?;
        }
        Ok(())
    }

    /// Undoes the command's writes alone.
    pub(super) fn undo(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.marked) {
            control(self.conn, self.counters, "ROLLBACK TO command")?;
            control(self.conn, self.counters, "RELEASE command")?;
        }
        Ok(())
    }
}

/// Runs a statement of the lane itself.
pub(super) fn control(conn: &Connection, counters: &Counters, text: &'static str) -> Result<(), Fault> {
    count(&counters.statements);
    conn.prepare_cached(text).and_then(|mut prepared| prepared.execute([])).map_err(|e| fault(text, e))?;
    Ok(())
}

pub(super) fn fault(statement: &'static str, e: rusqlite::Error) -> Fault {
    match e.sqlite_error_code() {
        // An outage, not a fault of the statement: room, memory or the disk may come back. (At COMMIT an I/O error ends
        // the lane.)
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => Fault::Unavailable { doing: statement, source: Arc::new(e) },
        // Only readers install a handler that interrupts, and only for their deadline.
        Some(ErrorCode::OperationInterrupted) => Fault::Deadline,
        _ => Fault::Engine { statement, source: Arc::new(e) },
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Int(number) => ValueRef::Integer(number),
            Self::Real(number) => ValueRef::Real(number),
            Self::Bool(truth) => ValueRef::Integer(truth.into()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(crate) fn column<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Option<Column<'r>> {
    Some(match row.get_ref(index).ok()? {
        ValueRef::Null => Column::Null,
        ValueRef::Text(bytes) => Column::Text(std::str::from_utf8(bytes).ok()?),
        ValueRef::Integer(number) => Column::Int(number),
        ValueRef::Real(number) => Column::Real(number),
        ValueRef::Blob(bytes) => Column::Bytes(bytes),
    })
}
