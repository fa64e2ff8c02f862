//! Requests that were refused: whoever holds the id of one (`X-Request-Id`) learns what happened.
//!
//! Each refusal of a route of ours goes into [`Log`], a queue in memory, and answers wait for nothing. One task writes what
//! is there, some 200 rows a command, half a second after the first. Rows carry what was answered and whom it concerned;
//! no body, no query, no header, no address.
//!
//! Bounds: 1,000 waiting, half of them of callers whom nobody recognised; what finds no place is counted and told, not
//! kept. 10,000 rows of an environment and as many of nobody, each for a week.
//!
//! Not promised: that every refusal is kept. A flood is not, a process that is killed loses what it had not written, and
//! addresses that nobody serves never come here. An accepted request is in the run, the mail or the event that it made.

mod log;

pub use log::{Log, flush, keep, run, trim};
pub use model::request::{About, Detail, Refused};
pub use store::request::{Filter, Kept};

use crate::{App, page};
use kernel::{Category, Env, RefusedId, RequestId};
use sql::{Fault, Tx};
use std::{sync::Arc, time::Duration};
use store::{
    key::ApiKey,
    request::{self, LIST_MAX, Owner},
};

/// How long a refused request is kept.
pub const LIFE: Duration = Duration::from_secs(7 * 86_400);
/// How many are kept of one environment, and of callers whom nobody recognised.
pub const KEPT_MAX: usize = 10_000;

/// Why refused requests could not be shown.
#[derive(Debug, thiserror::Error)]
#[error("request store")]
pub struct RequestFault(#[from] Fault);

impl RequestFault {
    pub fn category(&self) -> Category {
        self.0.category()
    }
}

/// Whose requests a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whose {
    /// Those of the environment, and those of nobody.
    #[default]
    All,
    /// Callers with a good credential of this environment, and its operators.
    Known,
    /// Nobody was recognised.
    Nobody,
}

impl Whose {
    fn owners(self, env: Env) -> Vec<Owner> {
        match self {
            Self::All => vec![Owner::Environment(env), Owner::Nobody],
            Self::Known => vec![Owner::Environment(env)],
            Self::Nobody => vec![Owner::Nobody],
        }
    }
}

/// One page, newest first.
#[derive(Debug, Clone)]
pub struct RequestPage {
    pub rows: Vec<Kept>,
    /// The next page comes after this one.
    pub next: Option<RefusedId>,
    /// All that the filter finds, pages aside.
    pub total: u64,
    /// All that are kept.
    pub all: u64,
}

/// What is known of one request id, and where its answer leads.
#[derive(Debug, Clone)]
pub struct Found {
    /// The last answer under this id.
    pub last: Refused,
    /// Earlier ones: a caller may use an id several times.
    pub earlier: Vec<Refused>,
    pub key: Option<ApiKey>,
    /// The person has a page.
    pub user_is_known: bool,
}

/// Those before the one with the id `before`. `limit` is 1 to 199, because one more row tells whether there is another
/// page.
pub async fn list(
    app: &App,
    env: Env,
    whose: Whose,
    filter: Filter,
    before: Option<RefusedId>,
    limit: usize,
) -> Result<RequestPage, RequestFault> {
    let limit = limit.clamp(1, LIST_MAX - 1);
    let page = app.db.read(move |tx| {
        let mut rows = Vec::new();
        for owner in whose.owners(env) {
            rows.extend(request::list(tx, owner, &filter, before, limit + 1)?);
        }
        // Two lists in one order make one list in that order.
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        let next = page::cut(&mut rows, limit, |row| row.id);
        let all = count(tx, env, Whose::All, &Filter::default())?;
        let total = match page::seen_all(&rows, before.as_ref(), next.as_ref()) {
            Some(total) => total,
            None if (whose, &filter) == (Whose::All, &Filter::default()) => all,
            None => count(tx, env, whose, &filter)?,
        };
        Ok::<_, Fault>(RequestPage { rows, next, total, all })
    });
    Ok(page.await?)
}

fn count(tx: &mut Tx<'_>, env: Env, whose: Whose, filter: &Filter) -> Result<u64, Fault> {
    let mut count = 0;
    for owner in whose.owners(env) {
        count += request::count(tx, owner, filter)?;
    }
    Ok(count)
}

/// What was refused under this id, in this environment or of nobody; `None` when nothing was kept. What waits to be
/// written is found as well.
pub async fn find(app: &App, env: Env, id: RequestId) -> Result<Option<Found>, RequestFault> {
    let waiting = app.requests.waiting(id, env);
    let found = app.db.read(move |tx| {
        let mut answers = answers(tx, env, id, &waiting)?.into_iter();
        let Some(last) = answers.next() else { return Ok(None) };
        let key = match last.about.key {
            Some(key) => store::key::find(tx, key)?.filter(|key| key.environment == env.id()),
            None => None,
        };
        let user_is_known = match &last.about.user {
            Some(user) => store::profile::person(tx, env, user)?.is_some(),
            None => false,
        };
        Ok::<_, Fault>(Some(Found { key, user_is_known, earlier: answers.collect(), last }))
    });
    Ok(found.await?)
}

/// What was answered under one id, the newest first. `waiting` is [`Log::waiting`] from before the read: a row that was
/// written since then stands in both, and none stands in neither.
pub(crate) fn answers(
    tx: &mut Tx<'_>,
    env: Env,
    id: RequestId,
    waiting: &[Arc<Kept>],
) -> Result<Vec<Refused>, Fault> {
    let mut rows: Vec<Kept> = waiting.iter().map(|row| Kept::clone(row)).collect();
    for owner in Whose::All.owners(env) {
        rows.extend(request::of_request(tx, owner, id)?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.dedup_by_key(|row| row.id);
    Ok(rows.into_iter().map(|row| row.refused).collect())
}
