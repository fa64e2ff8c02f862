//! The PostgreSQL half of a `Tx`: statements of one command or one read, deferred as long as possible.

use super::work::{Work, owned};
use crate::{Fault, Row, Statement, Value, row};

pub(crate) struct Session<'t> {
    work: &'t mut Work,
    /// This command's place in its group.
    me: usize,
    /// What is deferred from here on is this command's, and not sent.
    mark: usize,
    sent: bool,
    wrote: bool,
    /// A failure that the server knows nothing of; the transaction's own are in `work`.
    failed: Option<Fault>,
}

/// What the group must know after a closure has run.
pub(super) struct Left {
    /// Where this command's unsent writes begin.
    pub(super) mark: usize,
    /// Something of this command reached the server.
    pub(super) sent: bool,
    /// This command changed rows on the server, which only a rollback undoes.
    pub(super) wrote: bool,
    pub(super) failed: Option<Fault>,
}

impl<'t> Session<'t> {
    pub(super) fn new(work: &'t mut Work, me: usize) -> Self {
        let mark = work.mark();
        Self { work, me, mark, sent: false, wrote: false, failed: None }
    }

    pub(super) fn leave(self) -> Left {
        let Self { mark, sent, wrote, failed, .. } = self;
        Left { mark, sent, wrote, failed }
    }

    /// Has the engine read the statement, no more.
    pub(crate) fn prepare(&mut self, statement: &'static Statement) -> Result<(), Fault> {
        self.work.prepare(Some(self.me), statement).map(|_| ())
    }

    /// Keeps the statement for the next round trip.
    pub(crate) fn defer(&mut self, statement: &'static Statement, params: &[Value<'_>]) -> Result<(), Fault> {
        self.push(statement, params, 0)
    }

    /// Sends everything deferred with this statement behind it, and shows its rows to `each`.
    pub(crate) fn query(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        rows_max: usize,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.push(statement, params, rows_max)?;
        let answered = self.work.send(Some(self.me));
        (self.mark, self.sent) = (0, true);
        let (reply, wrote) = answered.map_err(|fault| self.blame(fault))?;
        self.wrote |= wrote;
        for row in reply.iter().flat_map(|reply| &reply.rows) {
            each(&Row(row::Inner::Postgres(row)))?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        rows_max: usize,
    ) -> Result<(), Fault> {
        if self.failed.is_some() || self.work.spoiled().is_some() {
            return Err(Fault::Aborted);
        }
        let pushed = self.work.defer(Some(self.me), statement, owned(params), rows_max);
        if let Err(fault) = &pushed
            && self.work.spoiled().is_none()
        {
            self.failed = Some(fault.clone());
        }
        pushed
    }

    /// The fault itself when it is this command's own; somebody else's is none of its business.
    fn blame(&self, fault: Fault) -> Fault {
        match self.work.spoiled() {
            Some(spoiled) if spoiled.culprit == Some(self.me) => fault,
            _ => Fault::Aborted,
        }
    }
}
