//! Mails as operators read them.

use super::Mail;
use crate::App;
use kernel::{Category, Env, MailId};
use store::mail::LIST_MAX;

/// Why mails could not be shown.
#[derive(Debug, thiserror::Error)]
#[error("mail store")]
pub struct MailViewFault(#[from] sql::Fault);

impl MailViewFault {
    pub fn category(&self) -> Category {
        self.0.category()
    }
}

/// One page of mails, newest first.
#[derive(Debug, Clone)]
pub struct MailPage {
    pub rows: Vec<Mail>,
    /// The next page comes after this one.
    pub next: Option<MailId>,
    /// All that the search finds, pages aside.
    pub total: u64,
    /// All of the environment.
    pub all: u64,
}

/// Mails before the one with the id `before`, newest first. `search` is a part of recipient, subject or run id; `limit`
/// is 1 to 199, because one more row tells whether there is another page.
pub async fn list(
    app: &App,
    env: Env,
    search: Option<&str>,
    before: Option<MailId>,
    limit: usize,
) -> Result<MailPage, MailViewFault> {
    let limit = limit.clamp(1, LIST_MAX - 1);
    let search = search.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let page = app.db.read(move |tx| {
        let search = search.as_deref();
        let mut rows = store::mail::list(tx, env, search, before, limit + 1)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let all = store::mail::count(tx, env, None)?;
        Ok::<_, sql::Fault>(MailPage {
            next: rows.last().filter(|_| more).map(|mail| mail.id),
            total: if search.is_some() { store::mail::count(tx, env, search)? } else { all },
            all,
            rows,
        })
    });
    Ok(page.await?)
}

/// One mail; `None` when the environment has no such mail.
pub async fn get(app: &App, env: Env, id: MailId) -> Result<Option<Mail>, MailViewFault> {
    Ok(app.db.read(move |tx| store::mail::get(tx, env, id)).await?)
}
