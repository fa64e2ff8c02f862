//! Deliveries as a list, the newest first, by what became of them.

use kernel::{DeliveryId, Env, RunId, Timestamp};
use model::run::Run;
use sql::{Fault, Row, Tx, Value, params, statements};
use std::str::FromStr;

/// The most rows of one page.
pub const LIST_MAX: usize = 200;
/// How many of the newest webhooks [`lately_taken_at`] looks at.
const LATELY: i64 = 200;

/// What became of a delivery. It is told from the delivery and its run, so that no table says it a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint answered 2xx, once at least.
    Delivered,
    /// The run waits for it: an attempt is due, or under way.
    Trying,
    /// The schedule is over, or was never begun: the run is an incident. A test that failed is not tried again.
    GivenUp,
    /// The run went on or ended without it: acknowledged early, skipped, cancelled.
    CalledOff,
}

impl FromStr for Outcome {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "delivered" => Ok(Self::Delivered),
            "trying" => Ok(Self::Trying),
            "given_up" => Ok(Self::GivenUp),
            "called_off" => Ok(Self::CalledOff),
            _ => Err(()),
        }
    }
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Trying => "trying",
            Self::GivenUp => "given_up",
            Self::CalledOff => "called_off",
        }
    }
}

/// Which deliveries a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    All,
    /// Of runs, by what became of them.
    Of(Outcome),
    Tests,
}

#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub kind: Kind,
    /// The beginning of the `webhook-id`, or part of the run's e-mail, user id or id.
    pub search: Option<String>,
    /// Behind this one.
    pub before: Option<DeliveryId>,
    /// At most [`LIST_MAX`].
    pub limit: usize,
}

/// One row, with its last attempt.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: DeliveryId,
    pub run_id: Option<RunId>,
    pub run: Option<Run>,
    pub outcome: Outcome,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub retry_at: Option<Timestamp>,
}

/// How many deliveries an environment has. Tests count apart from those of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub all: u64,
    pub delivered: u64,
    pub trying: u64,
    pub given_up: u64,
    pub called_off: u64,
    pub tests: u64,
}

impl Counts {
    pub const fn of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::All => self.all,
            Kind::Of(Outcome::Delivered) => self.delivered,
            Kind::Of(Outcome::Trying) => self.trying,
            Kind::Of(Outcome::GivenUp) => self.given_up,
            Kind::Of(Outcome::CalledOff) => self.called_off,
            Kind::Tests => self.tests,
        }
    }
}

macro_rules! outcome {
    () => {
        "CASE WHEN d.first_delivered_at IS NOT NULL THEN 'delivered'
              WHEN r.state = 'waiting' AND r.waiting_for = 'ack' THEN 'trying'
              WHEN d.run_id IS NULL OR r.state = 'incident' THEN 'given_up'
              ELSE 'called_off' END"
    };
}

macro_rules! with_run {
    () => {
        "FROM delivery d LEFT JOIN run r ON r.environment_id = d.environment_id AND r.id = d.run_id "
    };
}

/// The ids of what is searched for, $2, found in the indexes: bodies are long, and most of them are not wanted. SQLite
/// takes a CROSS JOIN in the order in which it is written: the runs by the index that has what is searched, and only their
/// deliveries.
macro_rules! ids_found {
    () => {
        "SELECT x.id FROM delivery x WHERE x.environment_id = $1 AND x.id >= $2 AND x.id < $2 || '~'
         UNION SELECT y.id FROM run z CROSS JOIN delivery y
         WHERE y.environment_id = z.environment_id AND y.run_id = z.id AND z.environment_id = $1 AND strpos(z.search, $2) > 0"
    };
}

macro_rules! found {
    () => {
        concat!(" AND (CAST($2 AS TEXT) IS NULL OR d.id IN (", ids_found!(), ")) ")
    };
}

macro_rules! list {
    ($condition:expr) => {
        concat!(
            "SELECT d.id, d.run_id, r.document, ",
            outcome!(),
            ", d.attempts, d.created_at, a.status, a.error, a.retry_at ",
            with_run!(),
            "LEFT JOIN delivery_attempt a ON a.environment_id = d.environment_id AND a.delivery_id = d.id AND a.n = d.attempts ",
            "WHERE d.environment_id = $1 AND d.id < $3",
            found!(),
            $condition,
            " ORDER BY d.id DESC LIMIT $4"
        )
    };
}

macro_rules! count {
    ($condition:expr) => {
        concat!("SELECT COUNT(*) ", with_run!(), "WHERE d.environment_id = $1", found!(), $condition)
    };
}

/// Deliveries of runs that no endpoint took yet, by what became of them, in the parameter named.
macro_rules! open {
    ($parameter:literal) => {
        concat!(
            "AND d.first_delivered_at IS NULL AND d.run_id IS NOT NULL AND ",
            outcome!(),
            " = ",
            $parameter
        )
    };
}

statements! {
    LIST = list!("");
    LIST_DELIVERED = list!("AND d.first_delivered_at IS NOT NULL AND d.run_id IS NOT NULL");
    LIST_OPEN = list!(open!("$5"));
    LIST_TESTS = list!("AND d.run_id IS NULL");
    FOUND = concat!("SELECT COUNT(*) FROM (", ids_found!(), ") AS found");
    FOUND_DELIVERED = count!("AND d.first_delivered_at IS NOT NULL AND d.run_id IS NOT NULL");
    FOUND_OPEN = count!(open!("$3"));
    FOUND_TESTS = count!("AND d.run_id IS NULL");
    TAKEN = "SELECT id FROM delivery WHERE environment_id = $1 AND first_delivered_at IS NOT NULL LIMIT 1";
    LATELY_TAKEN_AT = "SELECT 1 FROM delivery_attempt AS a WHERE a.environment_id = $1 AND a.url = $2 AND a.status BETWEEN 200 AND 299
                       AND a.delivery_id IN (SELECT id FROM delivery WHERE environment_id = $1 ORDER BY id DESC LIMIT $3) LIMIT 1";
    ALL = "SELECT COUNT(*) FROM delivery WHERE environment_id = $1";
    TESTS = "SELECT COUNT(*) FROM delivery WHERE environment_id = $1 AND run_id IS NULL";
    OPEN = concat!("SELECT ", outcome!(), ", COUNT(*) ", with_run!(),
                   "WHERE d.environment_id = $1 AND d.first_delivered_at IS NULL AND d.run_id IS NOT NULL GROUP BY 1");
    OUTCOME = concat!("SELECT ", outcome!(), ' ', with_run!(), "WHERE d.environment_id = $1 AND d.id = $2");
}

/// One page: the newest first. Ids are time-ordered, so the primary key is the order of the list.
pub fn page(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<Vec<Listed>, Fault> {
    let before = wanted.before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let limit = i64::try_from(wanted.limit.min(LIST_MAX)).unwrap_or(0);
    let (env, words) = (env.to_string(), words(wanted));
    let words = words.as_deref();
    match wanted.kind {
        Kind::All => tx.query(&LIST, params![&env, words, &before, limit], listed),
        Kind::Of(Outcome::Delivered) => {
            tx.query(&LIST_DELIVERED, params![&env, words, &before, limit], listed)
        }
        Kind::Of(open) => tx.query(&LIST_OPEN, params![&env, words, &before, limit, open.name()], listed),
        Kind::Tests => tx.query(&LIST_TESTS, params![&env, words, &before, limit], listed),
    }
}

/// How many deliveries of this kind the search finds; without one, how many there are.
pub fn found(tx: &mut Tx<'_>, env: Env, wanted: &Wanted) -> Result<u64, Fault> {
    let Some(words) = words(wanted) else { return Ok(counts(tx, env)?.of(wanted.kind)) };
    let (env, words) = (env.to_string(), words.as_str());
    match wanted.kind {
        Kind::All => number(tx, &FOUND, params![&env, words]),
        Kind::Of(Outcome::Delivered) => number(tx, &FOUND_DELIVERED, params![&env, words]),
        Kind::Of(open) => number(tx, &FOUND_OPEN, params![&env, words, open.name()]),
        Kind::Tests => number(tx, &FOUND_TESTS, params![&env, words]),
    }
}

/// All of the environment by kind.
pub fn counts(tx: &mut Tx<'_>, env: Env) -> Result<Counts, Fault> {
    let env = env.to_string();
    let mut counts = Counts {
        all: number(tx, &ALL, params![&env])?,
        tests: number(tx, &TESTS, params![&env])?,
        ..Counts::default()
    };
    for (outcome, n) in tx.query(&OPEN, params![&env], |row| Ok((outcome(row, 0)?, row.get::<i64>(1)?)))? {
        let n = u64::try_from(n).unwrap_or(0);
        match outcome {
            Outcome::Trying => counts.trying = n,
            Outcome::GivenUp => counts.given_up = n,
            Outcome::CalledOff => counts.called_off = n,
            Outcome::Delivered => {}
        }
    }
    let others = counts.tests + counts.trying + counts.given_up + counts.called_off;
    counts.delivered = counts.all.saturating_sub(others);
    Ok(counts)
}

/// Whether the endpoint ever took a webhook, a test among them.
pub fn any_taken(tx: &mut Tx<'_>, env: Env) -> Result<bool, Fault> {
    Ok(tx.query_opt(&TAKEN, params![&env.to_string()], |row| row.get::<String>(0))?.is_some())
}

/// Whether one of the newest [`LATELY`] webhooks, tests among them, was taken at this URL.
pub fn lately_taken_at(tx: &mut Tx<'_>, env: Env, url: &str) -> Result<bool, Fault> {
    Ok(tx.query_opt(&LATELY_TAKEN_AT, params![&env.to_string(), url, LATELY], |_| Ok(()))?.is_some())
}

/// What became of one.
pub fn outcome_of(tx: &mut Tx<'_>, env: Env, id: DeliveryId) -> Result<Option<Outcome>, Fault> {
    tx.query_opt(&OUTCOME, params![&env.to_string(), &id.to_string()], |row| outcome(row, 0))
}

fn words(wanted: &Wanted) -> Option<String> {
    wanted.search.as_deref().map(crate::folded)
}

fn number(tx: &mut Tx<'_>, statement: &'static sql::Statement, params: &[Value]) -> Result<u64, Fault> {
    let n: i64 = tx.query_one(statement, params, |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

fn outcome(row: &Row<'_>, index: usize) -> Result<Outcome, Fault> {
    row.parse(index)
}

fn listed(row: &Row<'_>) -> Result<Listed, Fault> {
    let document: Option<String> = row.get(2)?;
    let run = document.map(|text| serde_json::from_str(&text)).transpose();
    let status: Option<i64> = row.get(6)?;
    Ok(Listed {
        id: row.parse(0)?,
        run_id: row.parse_opt(1)?,
        run: run.map_err(|_| Fault::Column { index: 2, wanted: "a document of ours" })?,
        outcome: outcome(row, 3)?,
        attempts: row.get(4)?,
        created_at: row.get(5)?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        error: row.get(7)?,
        retry_at: row.get(8)?,
    })
}
