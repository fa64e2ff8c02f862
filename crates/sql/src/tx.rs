//! What a closure gets: statements in, owned values out.

use crate::{Fault, Lock, Locks, Row, Statement, Value, postgres, sqlite};
use std::marker::PhantomData;

/// Run by the lane after the commit that holds the command's writes.
pub(crate) type After = Box<dyn FnOnce() + Send>;

/// One command's or one read's view of the database. It lives on the lane's thread and cannot leave it.
pub struct Tx<'t> {
    inner: Inner<'t>,
    scope: Scope<'t>,
    rows_max: usize,
    after: Vec<After>,
    _stays_on_its_thread: PhantomData<*const ()>,
}

pub(crate) enum Inner<'t> {
    Sqlite(sqlite::Session<'t>),
    Postgres(postgres::Session<'t>),
}

/// What this transaction may do.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'t> {
    Write(&'t Locks),
    Read,
}

impl<'t> Tx<'t> {
    pub(crate) fn new(inner: Inner<'t>, scope: Scope<'t>, rows_max: usize) -> Self {
        Self { inner, scope, rows_max, after: Vec::new(), _stays_on_its_thread: PhantomData }
    }

    /// Runs a statement whose rows nobody wants. It may be deferred until the next query or the commit, so
    /// it tells no row count; who must know writes `RETURNING` and queries.
    pub fn execute(&mut self, statement: &'static Statement, params: &[Value<'_>]) -> Result<(), Fault> {
        if matches!(self.scope, Scope::Read) {
            return Err(Fault::ReadOnly { statement: statement.text() });
        }
        refuse_foreign(statement, params)?;
        match &mut self.inner {
            Inner::Sqlite(session) => session.run(statement, params, &mut |_| Ok(())),
            Inner::Postgres(session) => session.defer(statement, params),
        }
    }

    /// Sends what was deferred, then reads; each row is mapped to an owned value on the spot. More than
    /// [`crate::Options::rows_max`] rows are a fault.
    pub fn query<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut found = Vec::new();
        self.rows(statement, params, self.rows_max, &mut |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Like [`Tx::query`] for at most one row; a second one is a fault.
    pub fn query_opt<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let mut found = None;
        self.rows(statement, params, 1, &mut |row| {
            found = Some(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Like [`Tx::query_opt`] where the row must be there; none is a fault.
    pub fn query_one<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.query_opt(statement, params, map)?.ok_or(Fault::NoRow { statement: statement.text() })
    }

    /// Has the engine read a statement without running it: whether tables, columns and types are there. A test does
    /// so with every statement of ours, on both engines.
    pub fn prepare(&mut self, statement: &'static Statement) -> Result<(), Fault> {
        match &mut self.inner {
            Inner::Sqlite(session) => session.prepare(statement),
            Inner::Postgres(session) => session.prepare(statement),
        }
    }

    /// Asserts that this command asked for `lock`. Every store function on guarded rows calls it, so that a
    /// missing lock fails in each test, on SQLite too, and not first in production.
    pub fn holds(&self, lock: &Lock) -> Result<(), Fault> {
        match self.scope {
            Scope::Write(locks) if locks.holds(lock) => Ok(()),
            _ => Err(Fault::LockNotHeld { name: lock.name().to_owned() }),
        }
    }

    /// Hands something to the rest of this process once the command is durable: the lane calls `f` right
    /// after the commit and before the answer. Dropped uncalled when the command is rolled back. It must be
    /// quick and must not wait: the lane stands still meanwhile.
    pub fn on_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(f));
    }

    fn rows(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        max: usize,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        refuse_foreign(statement, params)?;
        let mut seen = 0;
        let mut bounded = |row: &Row<'_>| {
            seen += 1;
            if seen > max {
                return Err(Fault::TooManyRows { statement: statement.text(), max });
            }
            each(row)
        };
        match &mut self.inner {
            Inner::Sqlite(session) => session.run(statement, params, &mut bounded),
            Inner::Postgres(session) => session.query(statement, params, max, &mut bounded),
        }
    }

    pub(crate) fn into_parts(self) -> (Inner<'t>, Vec<After>) {
        (self.inner, self.after)
    }
}

/// Refuses what one of the engines would not keep as it is.
fn refuse_foreign(statement: &'static Statement, params: &[Value<'_>]) -> Result<(), Fault> {
    let statement = statement.text();
    if params.iter().any(Value::has_nul) {
        return Err(Fault::Nul { statement });
    }
    if params.iter().any(Value::is_not_finite) {
        return Err(Fault::NotFinite { statement });
    }
    Ok(())
}
