//! *Mails*: the list and one mail. Nothing is sent yet, and each page says so.

use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room, Tone,
        mail::{Mail as MailView, Mails, Row},
        run::Pill,
    },
    visitor::{Asked, Partial, Place},
    words::{count, counted, initials},
};
use app::mail::{self, Mail, MailPage};
use axum::{
    extract::{Path, State},
    response::Response,
};
use kernel::{Category, MailId};
use serde::Deserialize;

/// Rows of one page.
const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
    /// How many rows stand before this page, for "Rows 51–100 of".
    #[serde(default)]
    from: u64,
}

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let after = (!wanted.after.is_empty()).then(|| wanted.after.parse::<MailId>()).transpose();
    let after = after.map_err(|fault| Failure::of(Category::Invalid, fault))?;
    let search: String = wanted.q.trim().chars().filter(|c| *c != '\0').take(200).collect();
    let found = mail::list(&state.app, place.env, Some(&search), after, ROWS).await?;
    // It comes from the address: at most what there is.
    let before = wanted.from.min(found.total.saturating_sub(found.rows.len() as u64));
    let link = |after: Option<(MailId, u64)>| {
        let (after, from) = after.map(|(id, n)| (id.to_string(), n.to_string())).unwrap_or_default();
        path::mails_with(place.stage, &[("q", &search), ("after", &after), ("from", &from)])
    };
    let page = Mails {
        sub: counted(found.all, "mail written", "mails written"),
        rows: found.rows.iter().map(|mail| row(&place, mail)).collect(),
        shown: shown(&found, before),
        first: (before > 0).then(|| link(None)),
        next: found.next.map(|id| link(Some((id, before + found.rows.len() as u64)))),
        empty: found.all == 0,
        snippet: super::snippet::trigger(&state, place.env).await?,
        frame: place.frame(Room::Mails, None),
        search,
    };
    Ok(if partial.0 { html(&page.as_list()) } else { html(&page) })
}

pub(crate) async fn one(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let absent = || {
        Failure::new(
            Category::Absent,
            "There is no such mail",
            "It may belong to the other environment. Search for the recipient in the list of mails.",
        )
    };
    let id: MailId = id.parse().map_err(|_| absent())?;
    let mail = mail::get(&state.app, place.env, id).await?.ok_or_else(absent)?;
    Ok(html(&MailView {
        frame: place.frame(Room::Mails, None),
        id: mail.id.to_string(),
        state: written(),
        written: place.speaker.ago(mail.created_at),
        run: mail.run.to_string(),
        run_href: path::run(place.stage, mail.run),
        recipient: mail.recipient,
        subject: mail.subject,
        body: mail.body,
        template: mail.template,
    }))
}

fn shown(page: &MailPage, before: u64) -> String {
    let to = before + page.rows.len() as u64;
    format!("Rows {}–{} of {}", count(before + 1), count(to), count(page.total))
}

fn row(place: &Place, mail: &Mail) -> Row {
    Row {
        href: path::mail(place.stage, mail.id),
        initials: initials(&mail.recipient),
        recipient: mail.recipient.clone(),
        subject: mail.subject.clone(),
        state: written(),
        written: place.speaker.ago(mail.created_at),
    }
}

/// The one state that a mail has until a mail server is connected.
fn written() -> Pill {
    Pill { tone: Tone::Off, words: "Written, not sent".to_owned() }
}
