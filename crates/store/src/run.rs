//! Runs and their subjects. Rows are guarded by the subject's lock.

use kernel::{Cursor, Env, EnvironmentId, RunId, Timestamp, WorkflowId};
use model::run::{Run, RunState, WaitingFor};
use sql::{Fault, Lock, Statement, Tx, Value, params, statements};

/// The subject's row: its latest run, and the number of its next outbox message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub run: RunId,
    pub outbox_n: i64,
    /// The time of its last outbox message: the next one is not earlier, whatever the clocks say.
    pub outbox_at: Timestamp,
}

/// Kinds of runs. Each has its index, so a list is of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Which {
    #[default]
    All,
    In(RunState),
    WaitingFor(WaitingFor),
    /// Of this person, by the builder's id.
    Of(String),
}

/// Which runs a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub which: Which,
    /// Part of e-mail, user id or run id, compared in lower case; never blank.
    pub search: Option<String>,
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// The oldest first.
    pub oldest_first: bool,
    pub after: Option<Cursor>,
    /// At most [`LIST_MAX`].
    pub limit: usize,
}

/// The most rows of one page.
pub const LIST_MAX: usize = 200;
/// The most of the longest waiting that can be named at once.
pub const OLDEST_MAX: usize = 10_000;

/// Runs of one kind of filter in one direction. Before the newest of them stands `$6`, the time since when they began;
/// from the oldest on, that is where the page begins.
macro_rules! newest {
    ($table:literal, $is:literal) => {
        concat!(
            "SELECT document FROM ",
            $table,
            " WHERE environment_id = $1",
            $is,
            " AND (CAST($2 AS TEXT) IS NULL OR strpos(search, $2) > 0) AND created_at >= $6
            AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5"
        )
    };
}

macro_rules! oldest {
    ($table:literal, $is:literal) => {
        concat!(
            "SELECT document FROM ",
            $table,
            " WHERE environment_id = $1",
            $is,
            " AND (CAST($2 AS TEXT) IS NULL OR strpos(search, $2) > 0)
            AND (created_at, id) > ($3, $4) ORDER BY created_at, id LIMIT $5"
        )
    };
}

/// How many runs of one kind of filter began since `$3`.
macro_rules! count {
    ($table:literal, $is:literal) => {
        concat!(
            "SELECT COUNT(*) FROM ",
            $table,
            " WHERE environment_id = $1",
            $is,
            " AND (CAST($2 AS TEXT) IS NULL OR strpos(search, $2) > 0) AND created_at >= $3"
        )
    };
}

statements! {
    INSERT = "INSERT INTO run (environment_id, id, workflow_id, version, user_id, end_user_id, search, kind, state,
              waiting_for, created_at, updated_at, document)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    UPDATE = "UPDATE run SET state = $3, waiting_for = $4, updated_at = $5, document = $6
              WHERE environment_id = $1 AND id = $2";
    GET = "SELECT document FROM run WHERE environment_id = $1 AND id = $2";
    HEAD = "SELECT environment_id, workflow_id, version, user_id FROM run WHERE id = $1";
    SUBJECT = "SELECT run_id, outbox_n, outbox_at FROM subject WHERE environment_id = $1 AND workflow_id = $2 AND user_id = $3";
    SUBJECT_INSERT = "INSERT INTO subject (environment_id, workflow_id, user_id, run_id, outbox_n, outbox_at) VALUES ($1, $2, $3, $4, $5, $6)
                      ON CONFLICT (environment_id, workflow_id, user_id) DO UPDATE SET run_id = $4, outbox_n = $5, outbox_at = $6";
    NEWEST = newest!("run", "");
    OLDEST = oldest!("run", "");
    // Without statistics SQLite prefers a range of time to a state or a person, and reads all that began in it.
    NEWEST_OF_USER = twin(newest!("run INDEXED BY run_user", " AND user_id = $7"), newest!("run", " AND user_id = $7"));
    OLDEST_OF_USER = twin(oldest!("run INDEXED BY run_user", " AND user_id = $6"), oldest!("run", " AND user_id = $6"));
    NEWEST_IN_STATE = twin(newest!("run INDEXED BY run_state", " AND state = $7 AND waiting_for IS NULL"),
                           newest!("run", " AND state = $7 AND waiting_for IS NULL"));
    OLDEST_IN_STATE = twin(oldest!("run INDEXED BY run_state", " AND state = $6 AND waiting_for IS NULL"),
                           oldest!("run", " AND state = $6 AND waiting_for IS NULL"));
    NEWEST_WAITING = twin(newest!("run INDEXED BY run_state", " AND state = 'waiting' AND waiting_for = $7"),
                          newest!("run", " AND state = 'waiting' AND waiting_for = $7"));
    OLDEST_WAITING = twin(oldest!("run INDEXED BY run_state", " AND state = 'waiting' AND waiting_for = $6"),
                          oldest!("run", " AND state = 'waiting' AND waiting_for = $6"));
    // Most runs are over: a search among them reads the index that has what is searched, and no document before it matches.
    NEWEST_OVER = twin(newest!("run INDEXED BY run_created", " AND state = $7"), newest!("run", " AND state = $7"));
    OLDEST_OVER = twin(oldest!("run INDEXED BY run_created", " AND state = $6"), oldest!("run", " AND state = $6"));
    COUNT = count!("run", "");
    COUNT_OF_USER = twin(count!("run INDEXED BY run_user", " AND user_id = $4"), count!("run", " AND user_id = $4"));
    COUNT_IN_STATE = twin(count!("run INDEXED BY run_state", " AND state = $4"), count!("run", " AND state = $4"));
    COUNT_OVER = twin(count!("run INDEXED BY run_created", " AND state = $4"), count!("run", " AND state = $4"));
    COUNT_WAITING = twin(count!("run INDEXED BY run_state", " AND state = 'waiting' AND waiting_for = $4"),
                         count!("run", " AND state = 'waiting' AND waiting_for = $4"));
    ANY = "SELECT id FROM run WHERE environment_id = $1 LIMIT 1";
    // Those that are not over are few, and stand together in the index.
    OPEN = "SELECT state, waiting_for, COUNT(*) FROM run
            WHERE environment_id = $1 AND state IN ('running', 'waiting', 'incident') GROUP BY state, waiting_for";
    // Over a whole environment, counting is half of the work of grouping.
    OVER = "SELECT COUNT(*) FROM run WHERE environment_id = $1 AND state = $2";
    WAITLISTED = "SELECT document FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                  ORDER BY created_at, id LIMIT $2";
    WAITLISTED_UPTO = "SELECT id FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                       AND (created_at, id) <= ($2, $3) ORDER BY created_at, id LIMIT $4";
    // The last of the first, and how many they are.
    WAITING_UPTO = "SELECT created_at, id FROM (SELECT created_at, id FROM run
                    WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                    ORDER BY created_at, id LIMIT $2) AS first ORDER BY created_at DESC, id DESC LIMIT 1";
    WAITING_BETWEEN = "SELECT COUNT(*) FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                       AND (created_at, id) > ($2, $3) AND (created_at, id) < ($4, $5)";
    WAITING_ACK = "SELECT document FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'ack'
                   AND id > $2 ORDER BY id LIMIT $3";
}

/// Guards all rows of one user's runs in one workflow: trigger, acknowledgement and every act of an operator take it.
pub fn subject_lock(env: Env, workflow: WorkflowId, user_id: &str) -> Lock {
    Lock::new("subject", &[&env.to_string(), &workflow.to_string(), user_id])
}

/// Adds a run. The caller holds the subject's lock.
pub fn insert(tx: &mut Tx<'_>, env: Env, run: &Run) -> Result<(), Fault> {
    hold(tx, env, run)?;
    let search = format!("{} {} {}", run.email, run.user_id, run.id).to_lowercase();
    let document = serde_json::to_string(run).map_err(crate::encoding)?;
    tx.execute(
        &INSERT,
        params![
            &env.to_string(),
            &run.id.to_string(),
            &run.workflow.to_string(),
            i64::from(run.version),
            run.user_id.as_str(),
            &run.end_user.to_string(),
            &search,
            run.kind.name(),
            run.state.name(),
            run.waiting_for.map(WaitingFor::name),
            run.created_at,
            run.updated_at,
            &document
        ],
    )
}

/// Writes the run's new state. The caller holds the subject's lock.
pub fn save(tx: &mut Tx<'_>, env: Env, run: &Run) -> Result<(), Fault> {
    hold(tx, env, run)?;
    let document = serde_json::to_string(run).map_err(crate::encoding)?;
    let (env, id) = (env.to_string(), run.id.to_string());
    let waiting_for = run.waiting_for.map(WaitingFor::name);
    tx.execute(&UPDATE, params![&env, &id, run.state.name(), waiting_for, run.updated_at, &document])
}

fn hold(tx: &Tx<'_>, env: Env, run: &Run) -> Result<(), Fault> {
    tx.holds(&subject_lock(env, run.workflow, run.user_id.as_str()))
}

pub fn get(tx: &mut Tx<'_>, env: Env, id: RunId) -> Result<Option<Run>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), &id.to_string()], |row| crate::json(row, 0))
}

/// What names a run's subject and definition: enough to take its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub environment: EnvironmentId,
    pub workflow: WorkflowId,
    pub version: u32,
    pub user_id: String,
}

/// The head of a run of any environment: the one lookup without [`Env`], because it is what tells "not yours" (403)
/// from "unknown" (404).
pub fn head(tx: &mut Tx<'_>, id: RunId) -> Result<Option<Head>, Fault> {
    tx.query_opt(&HEAD, params![&id.to_string()], |row| {
        let version: i64 = row.get(2)?;
        Ok(Head {
            environment: row.parse(0)?,
            workflow: row.parse(1)?,
            version: u32::try_from(version).unwrap_or(0),
            user_id: row.get(3)?,
        })
    })
}

/// The subject's latest run. The caller holds the subject's lock.
pub fn subject(
    tx: &mut Tx<'_>,
    env: Env,
    workflow: WorkflowId,
    user_id: &str,
) -> Result<Option<Subject>, Fault> {
    tx.holds(&subject_lock(env, workflow, user_id))?;
    tx.query_opt(&SUBJECT, params![&env.to_string(), &workflow.to_string(), user_id], |row| {
        Ok(Subject { run: row.parse(0)?, outbox_n: row.get(1)?, outbox_at: row.get(2)? })
    })
}

/// Writes the subject's latest run and counter. The caller holds the subject's lock.
pub fn save_subject(
    tx: &mut Tx<'_>,
    env: Env,
    workflow: WorkflowId,
    user_id: &str,
    subject: &Subject,
) -> Result<(), Fault> {
    tx.holds(&subject_lock(env, workflow, user_id))?;
    let (env, workflow, run) = (env.to_string(), workflow.to_string(), subject.run.to_string());
    tx.execute(&SUBJECT_INSERT, params![&env, &workflow, user_id, &run, subject.outbox_n, subject.outbox_at])
}

/// Lists in both directions and a count of one kind of filter, and the value that it compares with.
type Asked<'a> = ([&'static Statement; 3], Option<&'a str>);

fn asked(filter: &Filter) -> Asked<'_> {
    match &filter.which {
        Which::All => ([&NEWEST, &OLDEST, &COUNT], None),
        Which::In(state) if state.is_over() && filter.search.is_some() => {
            ([&NEWEST_OVER, &OLDEST_OVER, &COUNT_OVER], Some(state.name()))
        }
        Which::In(state) => ([&NEWEST_IN_STATE, &OLDEST_IN_STATE, &COUNT_IN_STATE], Some(state.name())),
        Which::WaitingFor(wait) => ([&NEWEST_WAITING, &OLDEST_WAITING, &COUNT_WAITING], Some(wait.name())),
        Which::Of(user_id) => ([&NEWEST_OF_USER, &OLDEST_OF_USER, &COUNT_OF_USER], Some(user_id)),
    }
}

/// Runs by the time when they began.
pub fn list(tx: &mut Tx<'_>, env: Env, filter: &Filter) -> Result<Vec<Run>, Fault> {
    if filter.which == Which::In(RunState::Waiting) {
        return list_waiting(tx, env, filter);
    }
    let ([newest, oldest, _], is) = asked(filter);
    let front = if filter.oldest_first { since(filter) } else { Timestamp::from_micros(i64::MAX) };
    let after = filter.after.as_ref().and_then(|cursor| Some((cursor.time().ok()?, cursor.id.as_str())));
    let (at, id) = after.unwrap_or((front, ""));
    let limit = i64::try_from(filter.limit.min(LIST_MAX)).unwrap_or(0);
    let search = filter.search.as_deref().map(crate::folded);
    let env = env.to_string();
    let mut bounds = params![&env, search.as_deref(), at, id, limit].to_vec();
    bounds.extend((!filter.oldest_first).then(|| Value::from(since(filter))));
    bounds.extend(is.map(Value::from));
    tx.query(if filter.oldest_first { oldest } else { newest }, &bounds, |row| crate::json(row, 0))
}

/// Those that wait, whatever for: in the index each wait has its own order of time.
fn list_waiting(tx: &mut Tx<'_>, env: Env, filter: &Filter) -> Result<Vec<Run>, Fault> {
    let mut runs = Vec::new();
    for wait in WaitingFor::ALL {
        runs.extend(list(tx, env, &Filter { which: Which::WaitingFor(wait), ..filter.clone() })?);
    }
    runs.sort_by_key(|run| (run.created_at, run.id.to_string()));
    if !filter.oldest_first {
        runs.reverse();
    }
    runs.truncate(filter.limit.min(LIST_MAX));
    Ok(runs)
}

/// How many runs the filter leaves, pages aside.
pub fn count(tx: &mut Tx<'_>, env: Env, filter: &Filter) -> Result<u64, Fault> {
    let ([_, _, statement], is) = asked(filter);
    let search = filter.search.as_deref().map(crate::folded);
    let env = env.to_string();
    let mut bounds = params![&env, search.as_deref(), since(filter)].to_vec();
    bounds.extend(is.map(Value::from));
    number(tx, statement, &bounds)
}

fn number(tx: &mut Tx<'_>, statement: &'static Statement, bounds: &[Value]) -> Result<u64, Fault> {
    let count: i64 = tx.query_one(statement, bounds, |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn since(filter: &Filter) -> Timestamp {
    filter.since.unwrap_or(Timestamp::from_micros(i64::MIN))
}

/// How many runs there are of a state and a wait.
type Counted = (RunState, Option<WaitingFor>, u64);

/// All runs of the environment by state and wait.
pub fn counts(tx: &mut Tx<'_>, env: Env) -> Result<Vec<Counted>, Fault> {
    let mut counts = open(tx, env)?;
    for state in RunState::ALL.into_iter().filter(|state| state.is_over()) {
        counts.push((state, None, number(tx, &OVER, params![&env.to_string(), state.name()])?));
    }
    Ok(counts)
}

/// Those that are not over, by state and wait.
pub fn open(tx: &mut Tx<'_>, env: Env) -> Result<Vec<Counted>, Fault> {
    tx.query(&OPEN, params![&env.to_string()], |row| {
        let count: i64 = row.get(2)?;
        Ok((row.parse(0)?, row.parse_opt(1)?, u64::try_from(count).unwrap_or(0)))
    })
}

/// Whether the environment has a run.
pub fn any(tx: &mut Tx<'_>, env: Env) -> Result<bool, Fault> {
    Ok(tx.query_opt(&ANY, params![&env.to_string()], |row| row.get::<String>(0))?.is_some())
}

/// Runs on the waitlist, longest waiting first.
pub fn waitlisted(tx: &mut Tx<'_>, env: Env, limit: usize) -> Result<Vec<Run>, Fault> {
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    tx.query(&WAITLISTED, params![&env.to_string(), limit], |row| crate::json(row, 0))
}

/// The ids of runs on the waitlist up to the one that the cursor names, longest waiting first.
pub fn waitlisted_upto(tx: &mut Tx<'_>, env: Env, upto: &Cursor, limit: usize) -> Result<Vec<RunId>, Fault> {
    let Ok(at) = upto.time() else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    tx.query(&WAITLISTED_UPTO, params![&env.to_string(), at, &upto.id, limit], |row| row.parse(0))
}

/// The last of the first `count` runs on the waitlist, and how many they are: fewer where fewer wait. At most
/// [`OLDEST_MAX`].
pub fn waiting_upto(tx: &mut Tx<'_>, env: Env, count: usize) -> Result<(u64, Option<Cursor>), Fault> {
    let env = env.to_string();
    let limit = i64::try_from(count.min(OLDEST_MAX)).unwrap_or(0);
    let last: Option<(Timestamp, String)> =
        tx.query_opt(&WAITING_UPTO, params![&env, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((at, id)) = last else { return Ok((0, None)) };
    let before = number(tx, &WAITING_BETWEEN, params![&env, Timestamp::from_micros(i64::MIN), "", at, &id])?;
    Ok((before + 1, Some(Cursor::at(at, id))))
}

/// How many runs on the waitlist have waited longer than `run` and less long than `after`, which may be nobody.
pub fn waiting_between(tx: &mut Tx<'_>, env: Env, after: Option<&Run>, run: &Run) -> Result<u64, Fault> {
    let place = |run: &Run| (run.created_at, run.id.to_string());
    let (from, from_id) = after.map_or((Timestamp::from_micros(i64::MIN), String::new()), place);
    let (upto, upto_id) = place(run);
    number(tx, &WAITING_BETWEEN, params![&env.to_string(), from, &from_id, upto, &upto_id])
}

/// Runs that wait for an acknowledgement, by id after `after`: to walk through them all in pages.
pub fn waiting_for_ack(tx: &mut Tx<'_>, env: Env, after: &str, limit: usize) -> Result<Vec<Run>, Fault> {
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    tx.query(&WAITING_ACK, params![&env.to_string(), after, limit], |row| crate::json(row, 0))
}
