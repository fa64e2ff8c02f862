//! *Mails*: the list and one mail. Nothing is sent yet, and each page says so.

use super::list::{Column, Found, Open, Order, ROWS, Sheet, Wanted};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room, Tone,
        list::{Content, Nothing, Row},
        mail::{Mail as MailView, Mails},
        run::Pill,
    },
    visitor::{Partial, Place},
    words::{counted, initials},
};
use app::mail::{self, Mail};
use axum::{
    extract::{Path, State},
    response::Response,
};
use kernel::{Category, MailId};

static SHEET: Sheet = Sheet {
    name: "mails",
    who: "Mails that",
    search: "Search recipient, subject or run id",
    first: Column { name: "to", title: "To", class: "col-wide", order: None, shown: true },
    columns: &[
        Column { name: "subject", title: "Subject", class: "hide-2 hide", order: None, shown: true },
        Column { name: "state", title: "State", class: "col-state", order: None, shown: true },
        Column { name: "written", title: "Written", class: "hide col-when", order: None, shown: true },
        Column { name: "template", title: "Text", class: "hide-2 hide", order: None, shown: false },
        Column { name: "run", title: "Run id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[],
    orders: &[Order { name: "written", falls: true, natural: "newest first", turned: "" }],
};

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let found = mail::list(&state.app, place.env, Some(&open.search()), open.after()?, ROWS).await?;
    let list = open.draw(
        &path::mails(place.stage),
        Found {
            rows: found.rows.iter().map(|mail| row(&place, &open, mail)).collect(),
            total: found.total,
            next: found.next.map(|id| id.to_string()),
            nothing: match found.all {
                0 => Some(nothing(&state, &place).await?),
                _ => None,
            },
        },
        |_, _| None,
    );
    let page = Mails {
        sub: counted(found.all, "mail written", "mails written"),
        list,
        frame: place.frame(Room::Mails, None),
    };
    Ok(open.remember(&state, if partial.0 { html(&page.as_list()) } else { html(&page) }))
}

async fn nothing(state: &ConsoleState, place: &Place) -> Result<Nothing, Failure> {
    Ok(Nothing {
        title: format!("No mail in {} yet", place.stage.title()),
        text: "The welcome mail is written when your backend has acknowledged a tenant.".to_owned(),
        snippet: super::snippet::trigger(state, place.env).await?,
    })
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

fn row(place: &Place, open: &Open, mail: &Mail) -> Row {
    Row {
        id: format!("mail-{}", mail.id),
        href: path::mail(place.stage, mail.id),
        initials: initials(&mail.recipient),
        name: mail.recipient.clone(),
        line: String::new(),
        cells: open.cells(|column| match column {
            "subject" => Content::text(&mail.subject),
            "state" => Content::Pill(written()),
            "written" => Content::When(place.speaker.ago(mail.created_at)),
            "template" => Content::Quiet(mail.template.clone()),
            _ => Content::Code(mail.run.to_string()),
        }),
    }
}

/// The one state that a mail has until a mail server is connected.
fn written() -> Pill {
    Pill { tone: Tone::Off, words: "Written, not sent".to_owned() }
}
