//! Mails as they were written, what became of them, and every conversation about them with the mail server.

use kernel::{Env, MailId, RunId, Timestamp};
use model::{
    mail::{Fate, MailState},
    setting::logo::Logo,
};
use sql::{Fault, Lock, Row, Tx, params, statements};
use std::time::Duration;

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub run: RunId,
    /// Which text it was made from, `name@version`.
    pub template: String,
    pub sender_name: String,
    pub sender_address: String,
    pub reply_to: Option<String>,
    pub recipient: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
    pub html: Option<String>,
    /// The logo that its HTML shows and that travels with it.
    pub logo: Option<Logo>,
    /// Without angle brackets.
    pub message_id: String,
    pub state: MailState,
    pub attempts: i64,
    pub created_at: Timestamp,
}

/// What a mail calls itself on the wire: stamped when it is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    pub sender_name: String,
    pub sender_address: String,
    pub reply_to: Option<String>,
    pub message_id: String,
}

/// One conversation with the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub n: i64,
    pub server: String,
    pub message_id: String,
    pub started_at: Timestamp,
    /// How it ended; `None` while it is under way, and for good when the process died in it.
    pub end: Option<End>,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub elapsed: Duration,
    /// The server took the mail.
    pub taken: bool,
    /// The server's words, or why there are none.
    pub answer: String,
    /// When the next attempt is due, if this one leads to another.
    pub retry_at: Option<Timestamp>,
}

/// Which mails a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of recipient, subject or run id.
    pub search: Option<String>,
    pub fate: Option<Fate>,
}

/// The most rows of one page.
pub const LIST_MAX: usize = 200;

/// Mails of one environment as [`mail`] reads them.
macro_rules! mails {
    ($which:expr) => {
        mails!("mail", $which)
    };
    ($table:literal, $which:expr) => {
        concat!(
            "SELECT id, run_id, template, sender_name, sender_address, reply_to, recipient, subject, body, html,
             message_id, fate, under_way, retry_at, sent_at, refused, attempts, created_at, logo FROM ",
            $table,
            " WHERE environment_id = $1 ",
            $which
        )
    };
}

/// Recipient, subject or run id have the words in them.
macro_rules! has {
    ($words:literal) => {
        concat!(
            "(strpos(LOWER(recipient), ",
            $words,
            ") > 0 OR strpos(LOWER(subject), ",
            $words,
            ") > 0 OR strpos(run_id, ",
            $words,
            ") > 0)"
        )
    };
}

/// A page of what a search finds in recipient, subject or run id.
macro_rules! find {
    ($table:literal, $fate:literal) => {
        mails!($table, concat!("AND id < $2 AND ", has!("$4"), $fate, " ORDER BY id DESC LIMIT $3"))
    };
}

macro_rules! counts_found {
    ($table:literal) => {
        concat!(
            "SELECT fate, COUNT(*) FROM ",
            $table,
            " WHERE environment_id = $1 AND ",
            has!("$3"),
            " GROUP BY fate ORDER BY fate LIMIT $2"
        )
    };
}

statements! {
    INSERT = "INSERT INTO mail (environment_id, id, run_id, template, sender_name, sender_address, reply_to, recipient, subject,
              body, html, message_id, fate, under_way, refused, attempts, created_at, logo)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, FALSE, FALSE, 0, $14, $15) ON CONFLICT (environment_id, id) DO NOTHING";
    OF_RUN = mails!("AND run_id = $2 ORDER BY created_at, id LIMIT 10");
    GET = mails!("AND id = $2");
    // Ids are time-ordered, so the primary key is the order of the list.
    LIST = mails!("AND id < $2 ORDER BY id DESC LIMIT $3");
    LIST_FATE = mails!("AND fate = $4 AND id < $2 ORDER BY id DESC LIMIT $3");
    // SQLite would take an index without what is searched, and read each mail.
    FIND = twin(find!("mail INDEXED BY mail_search", ""), find!("mail", ""));
    FIND_FATE = twin(find!("mail INDEXED BY mail_search", " AND fate = $5"), find!("mail", " AND fate = $5"));
    COUNTS = "SELECT fate, COUNT(*) FROM mail WHERE environment_id = $1 GROUP BY fate ORDER BY fate LIMIT $2";
    COUNTS_FOUND = twin(counts_found!("mail INDEXED BY mail_search"), counts_found!("mail"));
    QUEUE = "UPDATE mail SET fate = 'waiting', under_way = FALSE, retry_at = NULL, refused = FALSE, sender_name = $3, sender_address = $4,
            reply_to = $5, message_id = $6 WHERE environment_id = $1 AND id = $2";
    BEGIN = "UPDATE mail SET under_way = TRUE, retry_at = NULL, attempts = attempts + 1 WHERE environment_id = $1 AND id = $2
            RETURNING attempts, message_id";
    BEGIN_ATTEMPT = "INSERT INTO mail_attempt (environment_id, mail_id, n, server, message_id, started_at, taken)
            VALUES ($1, $2, $3, $4, $5, $6, FALSE)";
    END_ATTEMPT = "UPDATE mail_attempt SET elapsed_us = $4, taken = $5, answer = $6, retry_at = $7
            WHERE environment_id = $1 AND mail_id = $2 AND n = $3";
    SETTLE = "UPDATE mail SET fate = $3, under_way = FALSE, retry_at = $4, sent_at = COALESCE($5, sent_at), refused = $6
            WHERE environment_id = $1 AND id = $2";
    ATTEMPTS = "SELECT n, server, message_id, started_at, elapsed_us, taken, answer, retry_at FROM mail_attempt
            WHERE environment_id = $1 AND mail_id = $2 ORDER BY n DESC LIMIT 200";
}

/// Guards one mail: its attempts are counted and its fate decided one after the other.
pub fn lock(env: Env, id: MailId) -> Lock {
    Lock::new("mail", &[&env.to_string(), &id.to_string()])
}

/// Writes a mail, inside or waiting; a second time changes nothing.
pub fn insert(tx: &mut Tx<'_>, env: Env, mail: &Mail) -> Result<(), Fault> {
    let logo = mail.logo.as_ref().map(serde_json::to_string).transpose().map_err(crate::encoding)?;
    tx.execute(
        &INSERT,
        params![
            &env.to_string(),
            &mail.id.to_string(),
            &mail.run.to_string(),
            &mail.template,
            &mail.sender_name,
            &mail.sender_address,
            mail.reply_to.as_deref(),
            &mail.recipient,
            &mail.subject,
            &mail.body,
            mail.html.as_deref(),
            &mail.message_id,
            mail.state.fate().name(),
            mail.created_at,
            logo.as_deref()
        ],
    )
}

/// The mails of a run, oldest first.
pub fn of_run(tx: &mut Tx<'_>, env: Env, run: RunId) -> Result<Vec<Mail>, Fault> {
    tx.query(&OF_RUN, params![&env.to_string(), &run.to_string()], mail)
}

pub fn get(tx: &mut Tx<'_>, env: Env, id: MailId) -> Result<Option<Mail>, Fault> {
    tx.query_opt(&GET, params![&env.to_string(), &id.to_string()], mail)
}

/// Mails before the one with this id, newest first, at most [`LIST_MAX`].
pub fn list(
    tx: &mut Tx<'_>,
    env: Env,
    filter: &Filter,
    before: Option<MailId>,
    limit: usize,
) -> Result<Vec<Mail>, Fault> {
    let env = env.to_string();
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    match (filter.search.as_deref().map(crate::folded), filter.fate.map(Fate::name)) {
        (None, None) => tx.query(&LIST, params![&env, &before, limit], mail),
        (None, Some(fate)) => tx.query(&LIST_FATE, params![&env, &before, limit, fate], mail),
        (Some(text), None) => tx.query(&FIND, params![&env, &before, limit, &text], mail),
        (Some(text), Some(fate)) => tx.query(&FIND_FATE, params![&env, &before, limit, &text, fate], mail),
    }
}

/// How many mails there are of each fate, or how many of those that the search finds. A fate without mails is absent.
pub fn counts(tx: &mut Tx<'_>, env: Env, search: Option<&str>) -> Result<Vec<(Fate, u64)>, Fault> {
    let (env, most) = (env.to_string(), i64::try_from(Fate::ALL.len()).unwrap_or(0));
    let count = |row: &Row<'_>| Ok((row.parse(0)?, u64::try_from(row.get::<i64>(1)?).unwrap_or(0)));
    match search {
        None => tx.query(&COUNTS, params![&env, most], count),
        Some(text) => tx.query(&COUNTS_FOUND, params![&env, most, &crate::folded(text)], count),
    }
}

/// To be sent, from now on under this stamp. Under [`lock`].
pub fn queue(tx: &mut Tx<'_>, env: Env, id: MailId, stamp: &Stamp) -> Result<(), Fault> {
    tx.holds(&lock(env, id))?;
    let reply_to = stamp.reply_to.as_deref();
    tx.execute(
        &QUEUE,
        params![
            &env.to_string(),
            &id.to_string(),
            &stamp.sender_name,
            &stamp.sender_address,
            reply_to,
            &stamp.message_id
        ],
    )
}

/// A conversation begins: its number. Under [`lock`].
pub fn begin(tx: &mut Tx<'_>, env: Env, id: MailId, server: &str, at: Timestamp) -> Result<i64, Fault> {
    tx.holds(&lock(env, id))?;
    let (env, id) = (env.to_string(), id.to_string());
    let (n, message_id): (i64, String) =
        tx.query_one(&BEGIN, params![&env, &id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    tx.execute(&BEGIN_ATTEMPT, params![&env, &id, n, server, &message_id, at])?;
    Ok(n)
}

/// Conversation `n` has ended. What becomes of the mail, [`settle`] says. Under [`lock`].
pub fn end(tx: &mut Tx<'_>, env: Env, id: MailId, n: i64, end: &End) -> Result<(), Fault> {
    tx.holds(&lock(env, id))?;
    let elapsed = i64::try_from(end.elapsed.as_micros()).unwrap_or(i64::MAX);
    // A stranger's words.
    let answer = sql::without_nul(&end.answer);
    tx.execute(
        &END_ATTEMPT,
        params![&env.to_string(), &id.to_string(), n, elapsed, end.taken, &*answer, end.retry_at],
    )
}

/// Where the mail stands now. Under [`lock`].
pub fn settle(tx: &mut Tx<'_>, env: Env, id: MailId, state: MailState) -> Result<(), Fault> {
    tx.holds(&lock(env, id))?;
    let (retry_at, sent_at) = match state {
        MailState::Retrying(at) => (Some(at), None),
        MailState::Sent(at) => (None, Some(at)),
        _ => (None, None),
    };
    let refused = state == MailState::Rejected;
    tx.execute(
        &SETTLE,
        params![&env.to_string(), &id.to_string(), state.fate().name(), retry_at, sent_at, refused],
    )
}

/// The latest 200 conversations about a mail, in their order.
pub fn attempts(tx: &mut Tx<'_>, env: Env, id: MailId) -> Result<Vec<Attempt>, Fault> {
    let mut attempts = tx.query(&ATTEMPTS, params![&env.to_string(), &id.to_string()], attempt)?;
    attempts.reverse();
    Ok(attempts)
}

fn attempt(row: &Row<'_>) -> Result<Attempt, Fault> {
    let (elapsed, answer): (Option<i64>, Option<String>) = (row.get(4)?, row.get(6)?);
    let end = match (elapsed, answer) {
        (Some(elapsed), Some(answer)) => Some(End {
            elapsed: Duration::from_micros(u64::try_from(elapsed).unwrap_or(0)),
            taken: row.get(5)?,
            answer,
            retry_at: row.get(7)?,
        }),
        _ => None,
    };
    Ok(Attempt { n: row.get(0)?, server: row.get(1)?, message_id: row.get(2)?, started_at: row.get(3)?, end })
}

fn mail(row: &Row<'_>) -> Result<Mail, Fault> {
    Ok(Mail {
        id: row.parse(0)?,
        run: row.parse(1)?,
        template: row.get(2)?,
        sender_name: row.get(3)?,
        sender_address: row.get(4)?,
        reply_to: row.get(5)?,
        recipient: row.get(6)?,
        subject: row.get(7)?,
        body: row.get(8)?,
        html: row.get(9)?,
        logo: row.get::<Option<String>>(18)?.map(|_| crate::json(row, 18)).transpose()?,
        message_id: row.get(10)?,
        state: state(row)?,
        attempts: row.get(16)?,
        created_at: row.get(17)?,
    })
}

fn state(row: &Row<'_>) -> Result<MailState, Fault> {
    let (under_way, refused): (bool, bool) = (row.get(12)?, row.get(15)?);
    let (retry_at, sent_at): (Option<Timestamp>, Option<Timestamp>) = (row.get(13)?, row.get(14)?);
    Ok(match row.parse(11)? {
        Fate::Inside => MailState::Kept,
        Fate::Waiting if under_way => MailState::Sending,
        Fate::Waiting => retry_at.map_or(MailState::Queued, MailState::Retrying),
        Fate::Sent => MailState::Sent(sent_at.unwrap_or(Timestamp::EPOCH)),
        Fate::Undelivered if refused => MailState::Rejected,
        Fate::Undelivered => MailState::GivenUp,
    })
}
