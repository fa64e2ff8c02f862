//! Webhook deliveries and their attempts.

pub mod list;

use kernel::{DeliveryId, Env, RunId, Timestamp};
use sql::{Fault, Row, Tx, params, statements};
use std::time::Duration;

/// One message to the builder's endpoint. Its id is the `webhook-id` of every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    /// `None` for a test.
    pub run: Option<RunId>,
    /// The exact bytes that are signed and sent.
    pub body: String,
    pub attempts: i64,
    pub first_delivered_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// One attempt, as it happened. Secrets are hidden before they get here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub n: i64,
    /// Why the webhook was sent, in `app`'s words: `first`, `resend`, `operator`, `test`. A retry keeps the purpose of what it repeats.
    pub purpose: String,
    pub started_at: Timestamp,
    pub elapsed: Duration,
    pub url: String,
    /// A JSON object of header names and values.
    pub request_headers: String,
    /// `None` when no answer came; then `error` says why.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub response_headers: String,
    pub response_body: Vec<u8>,
    pub response_truncated: bool,
    /// When the next attempt is due, if this one leads to another.
    pub retry_at: Option<Timestamp>,
}

statements! {
    INSERT = "INSERT INTO delivery (environment_id, id, run_id, body, attempts, created_at) VALUES ($1, $2, $3, $4, 0, $5)";
    GET = "SELECT id, run_id, body, attempts, first_delivered_at, created_at FROM delivery WHERE environment_id = $1 AND id = $2";
    OF_RUN = "SELECT id, run_id, body, attempts, first_delivered_at, created_at FROM delivery
              WHERE environment_id = $1 AND run_id = $2 ORDER BY created_at, id LIMIT 10";
    RECORD = "UPDATE delivery SET attempts = $3, first_delivered_at = $4 WHERE environment_id = $1 AND id = $2";
    ATTEMPT = "INSERT INTO delivery_attempt (environment_id, delivery_id, n, purpose, started_at, elapsed_us, url, request_headers,
               status, error, response_headers, response_body, response_truncated, retry_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    ATTEMPTS = "SELECT n, purpose, started_at, elapsed_us, url, request_headers, status, error, response_headers, response_body,
                response_truncated, retry_at FROM delivery_attempt WHERE environment_id = $1 AND delivery_id = $2 ORDER BY n DESC LIMIT 200";
}

/// Adds a delivery that was not attempted yet; without a run it is a test.
pub fn insert(
    tx: &mut Tx<'_>,
    env: Env,
    id: DeliveryId,
    run: Option<RunId>,
    body: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let run = run.map(|run| run.to_string());
    tx.execute(&INSERT, params![&env.to_string(), &id.to_string(), run.as_deref(), body, now])
}

pub fn get(tx: &mut Tx<'_>, env: Env, id: DeliveryId) -> Result<Option<Delivery>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), &id.to_string()], delivery)
}

/// The deliveries of a run, oldest first.
pub fn of_run(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<Vec<Delivery>, Fault> {
    tx.query(&OF_RUN, params![&env.to_string(), &run.to_string()], delivery)
}

/// Adds the next attempt and keeps when the first 2xx came. `attempt.n` is `delivery.attempts + 1`.
pub fn record(
    tx: &mut Tx<'_>,
    env: Env,
    delivery: &Delivery,
    attempt: &Attempt,
    first_delivered_at: Option<Timestamp>,
) -> Result<(), Fault> {
    let (environment, id) = (env.to_string(), delivery.id.to_string());
    let elapsed = i64::try_from(attempt.elapsed.as_micros()).unwrap_or(i64::MAX);
    tx.execute(
        &ATTEMPT,
        params![
            &environment,
            &id,
            attempt.n,
            &attempt.purpose,
            attempt.started_at,
            elapsed,
            &attempt.url,
            &attempt.request_headers,
            attempt.status.map(i64::from),
            attempt.error.as_deref(),
            &attempt.response_headers,
            &attempt.response_body,
            attempt.response_truncated,
            attempt.retry_at
        ],
    )?;
    tx.execute(&RECORD, params![&environment, &id, attempt.n, first_delivered_at])
}

/// The latest 200 attempts of a delivery, in their order: the last ones say why it stands where it stands.
pub fn attempts(tx: &mut Tx<'_>, env: Env, id: DeliveryId) -> Result<Vec<Attempt>, Fault> {
    let mut attempts = tx.query(&ATTEMPTS, params![&env.to_string(), &id.to_string()], |row| {
        let status: Option<i64> = row.get(6)?;
        Ok(Attempt {
            n: row.get(0)?,
            purpose: row.get(1)?,
            started_at: row.get(2)?,
            elapsed: Duration::from_micros(u64::try_from(row.get::<i64>(3)?).unwrap_or(0)),
            url: row.get(4)?,
            request_headers: row.get(5)?,
            status: status.and_then(|status| u16::try_from(status).ok()),
            error: row.get(7)?,
            response_headers: row.get(8)?,
            response_body: row.get(9)?,
            response_truncated: row.get(10)?,
            retry_at: row.get(11)?,
        })
    })?;
    attempts.reverse();
    Ok(attempts)
}

fn delivery(row: &Row<'_>) -> Result<Delivery, Fault> {
    Ok(Delivery {
        id: row.parse(0)?,
        run: row.parse_opt(1)?,
        body: row.get(2)?,
        attempts: row.get(3)?,
        first_delivered_at: row.get(4)?,
        created_at: row.get(5)?,
    })
}
