//! Mails as they were written.

use kernel::{Env, MailId, RunId, Timestamp};
use sql::{Fault, Tx, params, statements};

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

statements! {
    INSERT = "INSERT INTO mail (environment_id, id, run_id, template, recipient, subject, body, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (environment_id, id) DO NOTHING";
    OF_RUN = "SELECT id, run_id, template, recipient, subject, body, created_at FROM mail
              WHERE environment_id = $1 AND run_id = $2 ORDER BY created_at, id LIMIT 10";
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
    tx.query(&OF_RUN, params![&env.to_string(), &run.to_string()], |row| {
        Ok(Mail {
            id: row.parse(0)?,
            run: row.parse(1)?,
            template: row.get(2)?,
            recipient: row.get(3)?,
            subject: row.get(4)?,
            body: row.get(5)?,
            created_at: row.get(6)?,
        })
    })
}
