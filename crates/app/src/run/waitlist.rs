//! The waitlist as operators work on it: who waits at which place, and letting several in.
//!
//! Whoever is admitted is named before: by their runs, or as everybody up to a place in the queue. So a form that is sent
//! twice admits nobody that the first time did not mean, and one that was interrupted goes on where it stopped.

use super::{ActFault, BATCH_MAX, BatchFault, ViewFault, admit, several};
use crate::{App, operator::Actor, page};
use kernel::{Cursor, Env, RunId, Timestamp};
use model::run::{Run, WaitingFor};
use store::run::{Filter, LIST_MAX, OLDEST_MAX, Which};

/// Which of those who wait a list shows.
#[derive(Debug, Clone, Default)]
pub struct WaitlistFilter {
    /// Part of e-mail, user id or run id.
    pub search: Option<String>,
    pub since: Option<Timestamp>,
    /// Who came last before the others.
    pub newest_first: bool,
    pub after: Option<Cursor>,
    /// 1 to 199: one more row is read, which tells whether there is another page.
    pub limit: usize,
}

/// Somebody who waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// 1 is next.
    pub place: u64,
    pub run: Run,
}

/// One page of those who wait.
#[derive(Debug, Clone)]
pub struct Waitlist {
    pub rows: Vec<Waiting>,
    pub next: Option<Cursor>,
    /// All that search and filter leave.
    pub total: u64,
    /// Everybody who waits.
    pub all: u64,
    /// Nothing where everybody passes.
    pub places: Option<Places>,
}

/// How many users pass without waiting, and how many have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub allowed: u64,
    /// At most [`Self::allowed`]: whoever was admitted beyond it counts no further.
    pub taken: u64,
}

/// What came of letting several in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Admission {
    pub admitted: usize,
    /// Did not wait any more: somebody else admitted or cancelled them.
    pub skipped: usize,
}

/// Those who have waited longest.
#[derive(Debug, Clone)]
pub struct Oldest {
    /// How many they are.
    pub count: u64,
    /// The first of them, at most [`LIST_MAX`].
    pub first: Vec<Run>,
    /// The last of them.
    pub upto: Option<Cursor>,
}

/// Those who wait, in the order in which they will be admitted.
///
/// `limit` is how many users pass without waiting, if that is set.
pub async fn waitlist(
    app: &App,
    env: Env,
    limit: Option<u32>,
    wanted: WaitlistFilter,
) -> Result<Waitlist, ViewFault> {
    let rows_max = wanted.limit.clamp(1, LIST_MAX - 1);
    let filter = Filter {
        search: wanted.search,
        since: wanted.since,
        oldest_first: !wanted.newest_first,
        after: wanted.after,
        limit: rows_max + 1,
        ..those_who_wait()
    };
    let page = app.db.read(move |tx| {
        let mut runs = store::run::list(tx, env, &filter)?;
        let next = page::cut(&mut runs, rows_max, Run::place);
        let rows = placed(tx, env, runs, filter.oldest_first)?;
        let places = match limit {
            Some(limit) => {
                Some(Places { allowed: limit.into(), taken: store::end_user::taken(tx, env, limit)?.into() })
            }
            None => None,
        };
        let all = store::run::count(tx, env, &those_who_wait())?;
        let total = match (&filter.search, filter.since) {
            (None, None) => all,
            _ => store::run::count(tx, env, &filter)?,
        };
        Ok::<_, sql::Fault>(Waitlist { rows, next, total, all, places })
    });
    Ok(page.await?)
}

/// Each with its place: the queue is counted once up to the first of them, from there on between neighbours alone.
fn placed(
    tx: &mut sql::Tx<'_>,
    env: Env,
    runs: Vec<Run>,
    oldest_first: bool,
) -> Result<Vec<Waiting>, sql::Fault> {
    let mut rows: Vec<Waiting> = Vec::with_capacity(runs.len());
    for run in runs {
        let place = match rows.last() {
            None => store::run::waiting_between(tx, env, None, &run)? + 1,
            Some(last) if oldest_first => {
                last.place + store::run::waiting_between(tx, env, Some(&last.run), &run)? + 1
            }
            Some(last) => {
                let between = store::run::waiting_between(tx, env, Some(&run), &last.run)?;
                last.place.saturating_sub(between + 1)
            }
        };
        rows.push(Waiting { place, run });
    }
    Ok(rows)
}

fn those_who_wait() -> Filter {
    Filter { which: Which::WaitingFor(WaitingFor::Waitlist), oldest_first: true, ..Filter::default() }
}

/// Those of `ids` that wait, in the order in which they are named; at most [`LIST_MAX`] are looked at.
pub async fn waiting(app: &App, env: Env, ids: &[RunId]) -> Result<Vec<Run>, ViewFault> {
    let mut runs = several(app, env, ids.to_vec()).await?;
    runs.retain(|run| run.waiting_for == Some(WaitingFor::Waitlist));
    Ok(runs)
}

/// The `count` who have waited longest, at most [`OLDEST_MAX`], or all where they are fewer.
pub async fn oldest(app: &App, env: Env, count: usize) -> Result<Oldest, ViewFault> {
    let count = count.min(OLDEST_MAX);
    let found = app.db.read(move |tx| {
        let first = store::run::waitlisted(tx, env, count)?;
        let (count, upto) = store::run::waiting_upto(tx, env, count)?;
        Ok::<_, sql::Fault>(Oldest { count, first, upto })
    });
    Ok(found.await?)
}

/// Admits those who are named, at most [`BATCH_MAX`] of them.
pub async fn admit_these(app: &App, actor: &Actor, env: Env, ids: &[RunId]) -> Result<Admission, BatchFault> {
    let mut done = Admission::default();
    for id in ids.iter().copied().take(BATCH_MAX) {
        match admit(app, actor, env, id).await {
            Ok(_) => done.admitted += 1,
            Err(ActFault::Refused(_) | ActFault::Unknown) => done.skipped += 1,
            Err(source) => return Err(BatchFault { admitted: done.admitted, source }),
        }
    }
    Ok(done)
}

/// Admits those who have waited longest, at most [`BATCH_MAX`]; how many. For whoever wants a number and names nobody.
pub async fn admit_next(app: &App, actor: &Actor, env: Env, count: usize) -> Result<usize, BatchFault> {
    let count = count.min(BATCH_MAX);
    let waiting = app.db.read(move |tx| store::run::waitlisted(tx, env, count)).await;
    let waiting = waiting.map_err(|fault| BatchFault { admitted: 0, source: fault.into() })?;
    let ids: Vec<_> = waiting.iter().map(|run| run.id).collect();
    Ok(admit_these(app, actor, env, &ids).await?.admitted)
}

/// Admits those who wait up to this place in the queue, the longest waiting first and at most [`BATCH_MAX`] at once. The
/// flag says that more of them wait: the same call goes on.
pub async fn admit_upto(
    app: &App,
    actor: &Actor,
    env: Env,
    upto: Cursor,
) -> Result<(Admission, bool), BatchFault> {
    let ids = app.db.read(move |tx| store::run::waitlisted_upto(tx, env, &upto, BATCH_MAX + 1)).await;
    let mut ids = ids.map_err(|fault| BatchFault { admitted: 0, source: fault.into() })?;
    let more = ids.len() > BATCH_MAX;
    ids.truncate(BATCH_MAX);
    Ok((admit_these(app, actor, env, &ids).await?, more))
}
