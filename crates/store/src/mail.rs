//! Mails as they were written.

use kernel::{Env, MailId, RunId, Timestamp};
use sql::{Fault, Row, Tx, params, statements};

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub run: RunId,
    /// Which text it was made from, `name@version`.
    pub template: String,
    pub recipient: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
    pub created_at: Timestamp,
}

/// The most rows of one page.
pub const LIST_MAX: usize = 200;

statements! {
    INSERT = "INSERT INTO mail (environment_id, id, run_id, template, recipient, subject, body, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (environment_id, id) DO NOTHING";
    OF_RUN = "SELECT id, run_id, template, recipient, subject, body, created_at FROM mail
              WHERE environment_id = $1 AND run_id = $2 ORDER BY created_at, id LIMIT 10";
    GET = "SELECT id, run_id, template, recipient, subject, body, created_at FROM mail
           WHERE environment_id = $1 AND id = $2";
    // Ids are time-ordered, so the primary key is the order of the list.
    LIST = "SELECT id, run_id, template, recipient, subject, body, created_at FROM mail
            WHERE environment_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    FIND = "SELECT id, run_id, template, recipient, subject, body, created_at FROM mail
            WHERE environment_id = $1 AND id < $2
            AND (LOWER(recipient) LIKE $4 ESCAPE '!' OR LOWER(subject) LIKE $4 ESCAPE '!' OR run_id LIKE $4 ESCAPE '!')
            ORDER BY id DESC LIMIT $3";
    COUNT = "SELECT COUNT(*) FROM mail WHERE environment_id = $1";
    COUNT_FOUND = "SELECT COUNT(*) FROM mail WHERE environment_id = $1
            AND (LOWER(recipient) LIKE $2 ESCAPE '!' OR LOWER(subject) LIKE $2 ESCAPE '!' OR run_id LIKE $2 ESCAPE '!')";
}

pub fn insert(tx: &mut Tx<'_>, env: Env, mail: &Mail) -> Result<(), Fault> {
    tx.execute(
        &INSERT,
        params![
            &env.to_string(),
            &mail.id.to_string(),
            &mail.run.to_string(),
            &mail.template,
            &mail.recipient,
            &mail.subject,
            &mail.body,
            mail.created_at
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

/// Mails before the one with this id, newest first, at most [`LIST_MAX`]; `search` is a part of recipient, subject
/// or run id.
pub fn list(
    tx: &mut Tx<'_>,
    env: Env,
    search: Option<&str>,
    before: Option<MailId>,
    limit: usize,
) -> Result<Vec<Mail>, Fault> {
    let env = env.to_string();
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let limit = i64::try_from(limit.min(LIST_MAX)).unwrap_or(0);
    match search {
        None => tx.query(&LIST, params![&env, &before, limit], mail),
        Some(text) => tx.query(&FIND, params![&env, &before, limit, &crate::like(text)], mail),
    }
}

/// How many mails there are, or how many the search finds.
pub fn count(tx: &mut Tx<'_>, env: Env, search: Option<&str>) -> Result<u64, Fault> {
    let env = env.to_string();
    let count: i64 = match search {
        None => tx.query_one(&COUNT, params![&env], |row| row.get(0))?,
        Some(text) => tx.query_one(&COUNT_FOUND, params![&env, &crate::like(text)], |row| row.get(0))?,
    };
    Ok(u64::try_from(count).unwrap_or(0))
}

fn mail(row: &Row<'_>) -> Result<Mail, Fault> {
    Ok(Mail {
        id: row.parse(0)?,
        run: row.parse(1)?,
        template: row.get(2)?,
        recipient: row.get(3)?,
        subject: row.get(4)?,
        body: row.get(5)?,
        created_at: row.get(6)?,
    })
}
