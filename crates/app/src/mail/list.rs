//! Mails as operators read them.

use super::{Attempt, Filter, Mail};
use crate::{App, page};
use kernel::{Category, Env, MailId};
use model::mail::Fate;
use outbound::smtp::LetterFault;
use store::mail::LIST_MAX;

/// Why mails could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum MailViewFault {
    #[error("mail store")]
    Store(#[from] sql::Fault),
    #[error("write the mail as a file")]
    Letter(#[from] LetterFault),
}

impl MailViewFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Store(fault) => fault.category(),
            Self::Letter(_) => Category::Fault,
        }
    }
}

/// One page of mails, newest first.
#[derive(Debug, Clone)]
pub struct MailPage {
    pub rows: Vec<Mail>,
    /// The next page comes after this one.
    pub next: Option<MailId>,
    /// All that the filter finds, pages aside.
    pub total: u64,
    /// All that the search finds, by fate.
    pub found: Vec<(Fate, u64)>,
    /// All of the environment.
    pub all: u64,
}

/// One mail with its latest conversations, in their order.
#[derive(Debug, Clone)]
pub struct MailDetail {
    pub mail: Mail,
    pub attempts: Vec<Attempt>,
}

/// Mails before the one with the id `before`, newest first. `limit` is 1 to 199, because one more row tells whether there
/// is another page.
pub async fn list(
    app: &App,
    env: Env,
    filter: Filter,
    before: Option<MailId>,
    limit: usize,
) -> Result<MailPage, MailViewFault> {
    let limit = limit.clamp(1, LIST_MAX - 1);
    let page = app.db.read(move |tx| {
        let mut rows = store::mail::list(tx, env, &filter, before, limit + 1)?;
        let next = page::cut(&mut rows, limit, |mail| mail.id);
        let found = store::mail::counts(tx, env, filter.search.as_deref())?;
        let all = match filter.search {
            None => sum(&found, None),
            Some(_) => sum(&store::mail::counts(tx, env, None)?, None),
        };
        Ok::<_, sql::Fault>(MailPage { next, total: sum(&found, filter.fate), found, all, rows })
    });
    Ok(page.await?)
}

/// How many of one fate, or of all.
fn sum(counts: &[(Fate, u64)], fate: Option<Fate>) -> u64 {
    counts.iter().filter(|(one, _)| fate.is_none_or(|fate| fate == *one)).map(|(_, count)| count).sum()
}

/// One mail; `None` when the environment has no such mail.
pub async fn get(app: &App, env: Env, id: MailId) -> Result<Option<MailDetail>, MailViewFault> {
    let detail = app.db.read(move |tx| {
        let Some(mail) = store::mail::get(tx, env, id)? else { return Ok(None) };
        Ok::<_, sql::Fault>(Some(MailDetail { mail, attempts: store::mail::attempts(tx, env, id)? }))
    });
    Ok(detail.await?)
}
