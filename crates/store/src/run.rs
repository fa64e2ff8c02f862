//! Runs and their subjects. Rows are guarded by the subject's lock.

use kernel::{Cursor, Env, EnvironmentId, RunId, Timestamp, WorkflowId};
use model::run::{Run, RunState, WaitingFor};
use sql::{Fault, Lock, Tx, Value, params, statements};

/// The subject's row: its latest run, and the number of its next outbox message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub run: RunId,
    pub outbox_n: i64,
    /// The time of its last outbox message: the next one is not earlier, whatever the clocks say.
    pub outbox_at: Timestamp,
}

/// Which runs a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<RunState>,
    pub waiting_for: Option<WaitingFor>,
    /// Part of e-mail, user id or run id, compared in lower case.
    pub search: Option<String>,
    pub since: Option<Timestamp>,
    /// Of this person alone.
    pub user_id: Option<String>,
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
            " AND (CAST($2 AS TEXT) IS NULL OR search LIKE $2 ESCAPE '!') AND created_at >= $6
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
            " AND (CAST($2 AS TEXT) IS NULL OR search LIKE $2 ESCAPE '!')
            AND (created_at, id) > ($3, $4) ORDER BY created_at, id LIMIT $5"
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
    // All that wait, whatever for, in the order of time: those that wait for nothing are passed by.
    NEWEST_ANY_WAIT = newest!("run", " AND waiting_for IS NOT NULL");
    OLDEST_ANY_WAIT = oldest!("run", " AND waiting_for IS NOT NULL");
    COUNT = "SELECT COUNT(*) FROM run WHERE environment_id = $1
             AND (CAST($2 AS TEXT) IS NULL OR state = $2)
             AND (CAST($3 AS TEXT) IS NULL OR waiting_for = $3)
             AND (CAST($4 AS TEXT) IS NULL OR search LIKE $4 ESCAPE '!')
             AND (CAST($5 AS TEXT) IS NULL OR user_id = $5) AND created_at >= $6";
    COUNTS = "SELECT state, waiting_for, COUNT(*) FROM run WHERE environment_id = $1 GROUP BY state, waiting_for";
    WAITLISTED = "SELECT document FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                  ORDER BY created_at, id LIMIT $2";
    WAITLISTED_UPTO = "SELECT id FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                       AND (created_at, id) <= ($2, $3) ORDER BY created_at, id LIMIT $4";
    // The last of the first, and how many they are.
    WAITING_UPTO = "SELECT created_at, id FROM (SELECT created_at, id FROM run
                    WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                    ORDER BY created_at, id LIMIT $2) AS first ORDER BY created_at DESC, id DESC LIMIT 1";
    WAITING_BEFORE = "SELECT COUNT(*) FROM run WHERE environment_id = $1 AND state = 'waiting' AND waiting_for = 'waitlist'
                      AND (created_at, id) < ($2, $3)";
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

/// Runs by the time when they began.
pub fn list(tx: &mut Tx<'_>, env: Env, filter: &Filter) -> Result<Vec<Run>, Fault> {
    let (newest, oldest, is) = match (filter.user_id.as_deref(), filter.state, filter.waiting_for) {
        (Some(user_id), ..) => (&NEWEST_OF_USER, &OLDEST_OF_USER, Some(user_id)),
        (None, _, Some(wait)) => (&NEWEST_WAITING, &OLDEST_WAITING, Some(wait.name())),
        (None, Some(RunState::Waiting), None) => (&NEWEST_ANY_WAIT, &OLDEST_ANY_WAIT, None),
        (None, Some(state), None) => (&NEWEST_IN_STATE, &OLDEST_IN_STATE, Some(state.name())),
        (None, None, None) => (&NEWEST, &OLDEST, None),
    };
    let front = if filter.oldest_first { since(filter) } else { Timestamp::from_micros(i64::MAX) };
    let after = filter.after.as_ref().and_then(|cursor| Some((cursor.time().ok()?, cursor.id.as_str())));
    let (at, id) = after.unwrap_or((front, ""));
    let limit = i64::try_from(filter.limit.min(LIST_MAX)).unwrap_or(0);
    let search = filter.search.as_deref().map(crate::like);
    let env = env.to_string();
    let mut bounds = params![&env, search.as_deref(), at, id, limit].to_vec();
    bounds.extend((!filter.oldest_first).then(|| Value::from(since(filter))));
    bounds.extend(is.map(Value::from));
    tx.query(if filter.oldest_first { oldest } else { newest }, &bounds, |row| crate::json(row, 0))
}

/// How many runs the filter leaves, pages aside.
pub fn count(tx: &mut Tx<'_>, env: Env, filter: &Filter) -> Result<u64, Fault> {
    let search = filter.search.as_deref().map(crate::like);
    let (state, waiting_for) = (filter.state.map(RunState::name), filter.waiting_for.map(WaitingFor::name));
    let env = env.to_string();
    let bounds =
        params![&env, state, waiting_for, search.as_deref(), filter.user_id.as_deref(), since(filter)];
    let count: i64 = tx.query_one(&COUNT, bounds, |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn since(filter: &Filter) -> Timestamp {
    filter.since.unwrap_or(Timestamp::from_micros(i64::MIN))
}

/// All runs of the environment by state and wait.
pub fn counts(tx: &mut Tx<'_>, env: Env) -> Result<Vec<(RunState, Option<WaitingFor>, u64)>, Fault> {
    tx.query(&COUNTS, params![&env.to_string()], |row| {
        let count: i64 = row.get(2)?;
        Ok((row.parse(0)?, row.parse_opt(1)?, u64::try_from(count).unwrap_or(0)))
    })
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
    let before: i64 = tx.query_one(&WAITING_BEFORE, params![&env, at, &id], |row| row.get(0))?;
    Ok((u64::try_from(before).unwrap_or(0) + 1, Some(Cursor::at(at, id))))
}

/// How many runs on the waitlist have waited longer than this one.
pub fn waiting_before(tx: &mut Tx<'_>, env: Env, run: &Run) -> Result<u64, Fault> {
    let (env, id) = (env.to_string(), run.id.to_string());
    let before: i64 = tx.query_one(&WAITING_BEFORE, params![&env, run.created_at, &id], |row| row.get(0))?;
    Ok(u64::try_from(before).unwrap_or(0))
}

/// Runs that wait for an acknowledgement, by id after `after`: to walk through them all in pages.
pub fn waiting_for_ack(tx: &mut Tx<'_>, env: Env, after: &str, limit: usize) -> Result<Vec<Run>, Fault> {
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    tx.query(&WAITING_ACK, params![&env.to_string(), after, limit], |row| crate::json(row, 0))
}
