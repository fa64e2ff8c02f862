//! Job rows: enqueue, claim, finish. A lease says who may finish a job; its fence decides.

use crate::jobs::Jobs;
use kernel::{Env, JobId, Timestamp};
use sql::{Fault, Lock, Tx, params, statements, without_nul};

/// A job to be written. `kind` is `name@version`; the payload is opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub id: JobId,
    pub kind: &'static str,
    /// What it belongs to, so that all jobs of one run can be called off together.
    pub correlation: String,
    pub payload: String,
    pub due_at: Timestamp,
}

/// A job under our lease. `Env` is vouched here: the row was written by a command that had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: JobId,
    pub env: Env,
    pub kind: String,
    pub correlation: String,
    pub payload: String,
    pub due_at: Timestamp,
    pub fence: i64,
    /// How often a handler has failed on it by a fault of ours.
    pub faults: i64,
}

statements! {
    INSERT = "INSERT INTO job (id, environment_id, kind, correlation, payload, due_at, leased_until, fence, faults, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)";
    DUE = "SELECT id, environment_id, kind, correlation, payload, due_at, fence, faults FROM job
           WHERE due_at <= $1 AND leased_until <= $1 ORDER BY due_at, id LIMIT $2";
    LEASE = "UPDATE job SET leased_until = $2, fence = fence + 1 WHERE id = $1";
    RENEW = "UPDATE job SET leased_until = $3 WHERE id = $1 AND fence = $2";
    VOID = "UPDATE job SET leased_until = 0 WHERE leased_until > 0";
    NEXT_DUE = "SELECT MIN(due_at) FROM job WHERE leased_until = 0";
    NEXT_EXPIRY = "SELECT MIN(leased_until) FROM job WHERE leased_until > 0";
    HELD = "SELECT id FROM job WHERE id = $1 AND fence = $2";
    DELETE = "DELETE FROM job WHERE id = $1 AND fence = $2";
    LATER = "UPDATE job SET due_at = $3, leased_until = 0, faults = $4, payload = $5, fence = fence + 1
             WHERE id = $1 AND fence = $2";
    CALL_OFF = "DELETE FROM job WHERE environment_id = $1 AND correlation = $2";
    PARK = "INSERT INTO job_parked (id, environment_id, kind, correlation, payload, reason, parked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    COUNT = "SELECT COUNT(*) FROM job";
    COUNT_PARKED = "SELECT COUNT(*) FROM job_parked";
}

/// All claims of all processes, one after the other.
pub(crate) fn claim_lock() -> Lock {
    Lock::new("durable.claim", &[])
}

/// Writes a job in the transaction that decides it. A job that is due goes straight to `jobs`' executor after the
/// commit when a slot is free; otherwise the executor claims it when one is.
pub fn enqueue(tx: &mut Tx<'_>, jobs: &Jobs, env: Env, job: &NewJob, now: Timestamp) -> Result<(), Fault> {
    let slot = if job.due_at <= now { jobs.try_slot() } else { None };
    let (leased_until, fence) = if slot.is_some() { (jobs.lease_end(now), 1) } else { (Timestamp::EPOCH, 0) };
    tx.execute(
        &INSERT,
        params![
            &job.id.to_string(),
            &env.to_string(),
            job.kind,
            &job.correlation,
            &job.payload,
            job.due_at,
            leased_until,
            fence,
            now
        ],
    )?;
    match slot {
        Some(slot) => {
            let claimed = Claimed {
                id: job.id,
                env,
                kind: job.kind.to_owned(),
                correlation: job.correlation.clone(),
                payload: job.payload.clone(),
                due_at: job.due_at,
                fence,
                faults: 0,
            };
            let jobs = jobs.clone();
            tx.on_commit(move || jobs.hand_over(claimed, slot));
        }
        None => wake(tx, jobs, job.due_at),
    }
    Ok(())
}

fn wake(tx: &mut Tx<'_>, jobs: &Jobs, due_at: Timestamp) {
    let jobs = jobs.clone();
    tx.on_commit(move || jobs.wake(due_at));
}

/// Takes the lease of up to `limit` due jobs. The caller holds the claim lock.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Fault> {
    tx.holds(&claim_lock())?;
    let due = tx.query(&DUE, params![now, limit], |row| {
        Ok(Claimed {
            id: row.parse(0)?,
            env: Env::vouched(row.parse(1)?),
            kind: row.get(2)?,
            correlation: row.get(3)?,
            payload: row.get(4)?,
            due_at: row.get(5)?,
            fence: row.get::<i64>(6)? + 1,
            faults: row.get(7)?,
        })
    })?;
    // Rows that other processes write too are written in the order of their keys, so that no two wait for each other.
    let mut in_order: Vec<&Claimed> = due.iter().collect();
    in_order.sort_unstable_by_key(|job| job.id);
    for job in in_order {
        tx.execute(&LEASE, params![&job.id.to_string(), until])?;
    }
    Ok(due)
}

/// When the next job can be claimed: its due time, or the end of the lease that somebody else holds.
pub(crate) fn next(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Fault> {
    let due: Option<Timestamp> = tx.query_one(&NEXT_DUE, params![], |row| row.get(0))?;
    let expiry: Option<Timestamp> = tx.query_one(&NEXT_EXPIRY, params![], |row| row.get(0))?;
    Ok(due.into_iter().chain(expiry).min())
}

/// Whether the lease is still ours. A handler asks before it writes what only the holder may write.
pub fn is_held(tx: &mut Tx<'_>, job: &Claimed) -> Result<bool, Fault> {
    Ok(tx.query_opt(&HELD, params![&job.id.to_string(), job.fence], |_| Ok(()))?.is_some())
}

/// The job is done. Without the lease this does nothing.
pub fn complete(tx: &mut Tx<'_>, job: &Claimed) -> Result<(), Fault> {
    tx.execute(&DELETE, params![&job.id.to_string(), job.fence])
}

/// The job runs again at `due_at`, with what it has learned as its payload, and the lease is given up. Without the
/// lease this does nothing.
pub fn reschedule(
    tx: &mut Tx<'_>,
    jobs: &Jobs,
    job: &Claimed,
    due_at: Timestamp,
    payload: &str,
) -> Result<(), Fault> {
    // An attempt that ended well forgives the faults before it.
    tx.execute(&LATER, params![&job.id.to_string(), job.fence, due_at, 0, payload])?;
    wake(tx, jobs, due_at);
    Ok(())
}

pub(crate) fn failed(tx: &mut Tx<'_>, jobs: &Jobs, job: &Claimed, due_at: Timestamp) -> Result<(), Fault> {
    tx.execute(&LATER, params![&job.id.to_string(), job.fence, due_at, job.faults + 1, &job.payload])?;
    wake(tx, jobs, due_at);
    Ok(())
}

/// Takes a job out of the queue for good, with the reason kept.
pub(crate) fn park(tx: &mut Tx<'_>, job: &Claimed, reason: &str, now: Timestamp) -> Result<(), Fault> {
    if !is_held(tx, job)? {
        return Ok(());
    }
    let env = job.env.to_string();
    tx.execute(
        &PARK,
        params![
            &job.id.to_string(),
            &env,
            &job.kind,
            &job.correlation,
            &job.payload,
            &*without_nul(reason),
            now
        ],
    )?;
    complete(tx, job)
}

/// Removes every job of `correlation`, running ones too: their results find no lease.
pub fn call_off(tx: &mut Tx<'_>, env: Env, correlation: &str) -> Result<(), Fault> {
    tx.execute(&CALL_OFF, params![&env.to_string(), correlation])
}

pub(crate) fn renew(tx: &mut Tx<'_>, job: &Claimed, until: Timestamp) -> Result<(), Fault> {
    tx.execute(&RENEW, params![&job.id.to_string(), job.fence, until])
}

/// Voids every lease. Only for whoever holds the data directory's file lock on SQLite: nobody else is alive.
pub fn void_leases(tx: &mut Tx<'_>) -> Result<(), Fault> {
    tx.execute(&VOID, params![])
}

/// How many jobs wait or run, and how many were given up.
pub fn counts(tx: &mut Tx<'_>) -> Result<(i64, i64), Fault> {
    let waiting = tx.query_one(&COUNT, params![], |row| row.get(0))?;
    let parked = tx.query_one(&COUNT_PARKED, params![], |row| row.get(0))?;
    Ok((waiting, parked))
}
