//! *Mails*: the list and one mail. Nothing is sent yet, and each page says so.

use super::list::{ROWS, Wanted};
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
    words::{counted, initials},
};
use app::mail::{self, Mail};
use axum::{
    extract::{Path, State},
    response::Response,
};
use kernel::{Category, MailId};

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let search = wanted.search();
    let found = mail::list(&state.app, place.env, Some(&search), wanted.after()?, ROWS).await?;
    let next = found.next.map(|id| id.to_string());
    let pages = wanted.pages(&path::mails(place.stage), found.rows.len(), found.total, next);
    let page = Mails {
        sub: counted(found.all, "mail written", "mails written"),
        rows: found.rows.iter().map(|mail| row(&place, mail)).collect(),
        shown: pages.shown,
        first: pages.first,
        next: pages.next,
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
