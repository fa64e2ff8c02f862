//! How far the journal's consumers have read, and what they could not read.
//!
//! No environment: a consumer reads the records of all of them.

use kernel::{EnvironmentId, JournalId, Timestamp};
use sql::{Fault, Lock, Tx, params, statements, without_nul};

/// Most dead letters that are kept for one consumer; older ones go. All are counted.
pub const DEAD_LETTERS_MAX: i64 = 1_000;
/// How much of an unreadable record a dead letter shows.
pub const BODY_BYTES_MAX: usize = 64 * 1_024;
/// More journals than anyone has had.
const JOURNALS_MAX: i64 = 100;

statements! {
    pub(crate) GET = "SELECT journal_id, next_sequence, dead_count FROM consumer_offset \
        WHERE journal_id = $1 AND consumer = $2";
    pub(crate) ALL = "SELECT journal_id, next_sequence, dead_count FROM consumer_offset \
        WHERE consumer = $1 ORDER BY moved_at DESC, journal_id LIMIT $2";
    pub(crate) PUT = "INSERT INTO consumer_offset (journal_id, consumer, next_sequence, dead_count, moved_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (journal_id, consumer) DO UPDATE SET \
        next_sequence = excluded.next_sequence, dead_count = excluded.dead_count, moved_at = excluded.moved_at";
    pub(crate) FORGET = "DELETE FROM consumer_offset WHERE consumer = $1";
    pub(crate) BURY = "INSERT INTO consumer_dead_letter \
        (journal_id, consumer, sequence, environment_id, reason, body, body_bytes, died_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (journal_id, consumer, sequence) DO NOTHING";
    // The newest that goes is the one behind those that stay; there is none while they fit.
    pub(crate) SHED = "DELETE FROM consumer_dead_letter WHERE journal_id = $1 AND consumer = $2 AND sequence <= \
        (SELECT sequence FROM consumer_dead_letter WHERE journal_id = $1 AND consumer = $2 \
         ORDER BY sequence DESC LIMIT 1 OFFSET $3)";
    pub(crate) LETTERS = "SELECT sequence, environment_id, reason, body, body_bytes, died_at \
        FROM consumer_dead_letter WHERE journal_id = $1 AND consumer = $2 ORDER BY sequence DESC LIMIT $3";
    pub(crate) FORGET_LETTERS = "DELETE FROM consumer_dead_letter WHERE consumer = $1";
}

/// A consumer's place in one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    pub journal: JournalId,
    /// The next sequence number to read.
    pub next: u64,
    /// How many records it could not read.
    pub dead: u64,
}

/// A record that a consumer could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub sequence: u64,
    pub environment: EnvironmentId,
    pub reason: String,
    /// The whole body when it is handed in; at most [`BODY_BYTES_MAX`] of it when it comes back.
    pub body: Vec<u8>,
    /// How long the whole body is.
    pub body_bytes: usize,
    pub died_at: Timestamp,
}

/// Guards the offset and the dead letters of one consumer, whichever journal it reads.
pub fn lock(consumer: &str) -> Lock {
    Lock::new("consumer", &[consumer])
}

/// Where the consumer stands in this journal; `None` before its first step.
pub fn offset(tx: &mut Tx<'_>, journal: JournalId, consumer: &str) -> Result<Option<Offset>, Fault> {
    tx.query_opt(&GET, params![&journal.to_string(), consumer], offset_of)
}

/// Its places in every journal it ever read, the latest first.
pub fn offsets(tx: &mut Tx<'_>, consumer: &str) -> Result<Vec<Offset>, Fault> {
    tx.query(&ALL, params![consumer, JOURNALS_MAX], offset_of)
}

fn offset_of(row: &sql::Row<'_>) -> Result<Offset, Fault> {
    Ok(Offset { journal: row.parse(0)?, next: number(row.get(1)?), dead: number(row.get(2)?) })
}

/// Moves on to `next` and buries what could not be read on the way. Never goes back: a letter below the place
/// that was reached before has been counted before. Under [`lock`].
pub fn advance(
    tx: &mut Tx<'_>,
    journal: JournalId,
    consumer: &str,
    next: u64,
    letters: &[DeadLetter],
    at: Timestamp,
) -> Result<(), Fault> {
    tx.holds(&lock(consumer))?;
    let known = offset(tx, journal, consumer)?;
    let (reached, dead) = known.map_or((0, 0), |offset| (offset.next, offset.dead));
    let new = letters.iter().filter(|letter| letter.sequence >= reached);
    let mut buried = 0;
    for letter in new {
        bury(tx, journal, consumer, letter)?;
        buried += 1;
    }
    let journal = journal.to_string();
    if buried > 0 {
        tx.execute(&SHED, params![&journal, consumer, DEAD_LETTERS_MAX])?;
    }
    tx.execute(&PUT, params![&journal, consumer, big(next.max(reached)), big(dead + buried), at])
}

fn bury(tx: &mut Tx<'_>, journal: JournalId, consumer: &str, letter: &DeadLetter) -> Result<(), Fault> {
    let shown = &letter.body[..letter.body.len().min(BODY_BYTES_MAX)];
    tx.execute(
        &BURY,
        params![
            &journal.to_string(),
            consumer,
            big(letter.sequence),
            &letter.environment.to_string(),
            &*without_nul(&letter.reason),
            shown,
            i64::try_from(letter.body_bytes).unwrap_or(i64::MAX),
            letter.died_at,
        ],
    )
}

/// The latest dead letters.
pub fn dead_letters(
    tx: &mut Tx<'_>,
    journal: JournalId,
    consumer: &str,
    limit: i64,
) -> Result<Vec<DeadLetter>, Fault> {
    let limit = limit.clamp(0, DEAD_LETTERS_MAX);
    tx.query(&LETTERS, params![&journal.to_string(), consumer, limit], |row| {
        Ok(DeadLetter {
            sequence: number(row.get(0)?),
            environment: row.parse(1)?,
            reason: row.get(2)?,
            body: row.get(3)?,
            body_bytes: usize::try_from(row.get::<i64>(4)?).unwrap_or(0),
            died_at: row.get(5)?,
        })
    })
}

/// Forgets where the consumer stood, in every journal, with its dead letters: it starts again. Under [`lock`].
pub fn forget(tx: &mut Tx<'_>, consumer: &str) -> Result<(), Fault> {
    tx.holds(&lock(consumer))?;
    tx.execute(&FORGET_LETTERS, params![consumer])?;
    tx.execute(&FORGET, params![consumer])
}

/// A sequence number or a count as it is stored. A journal of 2^63 records does not exist.
fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
