//! *Mails*: the list, and one mail: its text, its HTML, the file, what became of it.

use super::list::{Column, Filter as ListFilter, Found, Open, Order, ROWS, Sheet, Wanted, nothing};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    policy::Framed,
    view::{
        Notice, Room, Tone,
        list::{Content, Row},
        mail::{Attempt as AttemptView, Inside, Mail as MailView, Mails},
        run::Pill,
    },
    visitor::{Asked, Nothing, Partial, Place, Posted},
    words::{counted, initials, span},
};
use app::mail::{self, Attempt, Filter, Mail, MailDetail, MailPage, SendAgainFault, Way};
use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use kernel::{Category, MailId};
use model::mail::{Fate, MailState};
use serde::Deserialize;

/// How a mail's page is opened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct View {
    /// `sent`: it was just queued.
    #[serde(default)]
    done: String,
}

const NOTHING: (&str, &str) =
    ("No mail", "The welcome mail is written when your backend has acknowledged a tenant.");

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
    filters: &[ListFilter {
        name: "state",
        title: "State",
        lead: "",
        choices: &[
            ("inside", "are kept inside"),
            ("waiting", "are on their way"),
            ("sent", "were sent"),
            ("undelivered", "were not delivered"),
        ],
    }],
    orders: &[Order { name: "written", falls: true, natural: "newest first", turned: "" }],
};

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let fate = open.chosen("state").and_then(|name| name.parse::<Fate>().ok());
    let filter = Filter { search: open.search(), fate };
    let found = mail::list(&state.app, place.env, filter, open.after()?, ROWS).await?;
    let list = open.draw(
        &path::mails(place.stage),
        Found {
            rows: found.rows.iter().map(|mail| row(&place, &open, mail)).collect(),
            total: found.total,
            next: found.next.map(|id| id.to_string()),
            nothing: nothing(&state, &place, found.all, NOTHING).await?,
        },
        |_, value| value.parse::<Fate>().ok().map(|fate| count_of(&found, fate)),
    );
    let page = Mails {
        sub: counted(found.all, "mail written", "mails written"),
        inside: inside(&state, &place),
        list,
        frame: place.frame(Room::Mails, None),
    };
    Ok(open.answer(&state, partial, &page))
}

pub(crate) async fn one(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
    Asked(view): Asked<View>,
) -> Result<Response, Failure> {
    let detail = find(&state, &place, &id).await?;
    let queued = "The attempt and the server\u{2019}s answer appear below.";
    let notice = (view.done == "sent").then(|| Notice::new(Tone::Good, "On its way", queued));
    Ok(html(&draw(&state, &place, detail, notice)))
}

/// The HTML as a mail program would show it, for the frame on the mail's page.
pub(crate) async fn framed(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let mail = find(&state, &place, &id).await?.mail;
    let text = mail::html(&state.app, place.env, &mail).await?.ok_or_else(absent)?;
    Ok((Extension(Framed::Mail), Html(text)).into_response())
}

/// The bytes as they are sent.
pub(crate) async fn file(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let mail = find(&state, &place, &id).await?.mail;
    let bytes = mail::eml(&state.app, place.env, &mail).await?;
    let name = format!("attachment; filename=\"{}.eml\"", mail.id);
    let name = HeaderValue::from_str(&name).map_err(|fault| Failure::of(Category::Fault, fault))?;
    let kind = HeaderValue::from_static("message/rfc822");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

pub(crate) async fn send(
    State(state): State<ConsoleState>,
    Path((_, id)): Path<(String, String)>,
    Posted { place, .. }: Posted<Place, Nothing>,
) -> Result<Response, Failure> {
    let id: MailId = id.parse().map_err(|_| absent())?;
    let refusal = match mail::send_again(&state.app, place.actor(), place.env, id).await {
        Ok(()) => {
            let to = path::with(&path::mail(place.stage, id), &[("done", "sent")]);
            return Ok(Redirect::to(&to).into_response());
        }
        Err(SendAgainFault::Unknown) => return Err(absent()),
        Err(SendAgainFault::NoServer) => Notice::new(
            Tone::Bad,
            "Not sent: no mail server is connected",
            "Settings, Mail, says how to connect one.",
        ),
        Err(SendAgainFault::Kept) => Notice::new(
            Tone::Bad,
            "Not sent: this environment keeps its mails",
            "Settings, Mail, lets them leave.",
        ),
        Err(SendAgainFault::UnderWay) => Notice::new(
            Tone::Wait,
            "Not sent again: an attempt is under way",
            "Look again in a moment; its end decides what follows.",
        ),
        Err(fault) => return Err(fault.into()),
    };
    let detail = find(&state, &place, &id.to_string()).await?;
    Ok((StatusCode::CONFLICT, html(&draw(&state, &place, detail, Some(refusal)))).into_response())
}

fn absent() -> Failure {
    Failure::new(
        Category::Absent,
        "There is no such mail",
        "It may belong to the other environment. Search for the recipient in the list of mails.",
    )
}

async fn find(state: &ConsoleState, place: &Place, id: &str) -> Result<MailDetail, Failure> {
    let id: MailId = id.parse().map_err(|_| absent())?;
    mail::get(&state.app, place.env, id).await?.ok_or_else(absent)
}

/// Why mails do not leave this environment; `None` when they do.
pub(super) fn inside(state: &ConsoleState, place: &Place) -> Option<Inside> {
    match mail::way(&state.app, &place.current) {
        Way::NoServer => Some(Inside::NoServer),
        Way::Kept => Some(Inside::Kept),
        Way::Leaves { .. } => None,
    }
}

/// How many mails of this fate the search finds.
fn count_of(found: &MailPage, fate: Fate) -> u64 {
    found.found.iter().find(|(one, _)| *one == fate).map_or(0, |(_, count)| *count)
}

fn row(place: &Place, open: &Open, mail: &Mail) -> Row {
    Row {
        id: format!("mail-{}", mail.id),
        pick: None,
        href: path::mail(place.stage, mail.id),
        initials: initials(&mail.recipient),
        name: mail.recipient.clone(),
        line: String::new(),
        cells: open.cells(|column| match column {
            "subject" => Content::text(&mail.subject),
            "state" => Content::Pill(pill(mail.state)),
            "written" => Content::When(place.speaker.ago(mail.created_at)),
            "template" => Content::Quiet(mail.template.clone()),
            _ => Content::Code(mail.run.to_string()),
        }),
    }
}

/// A mail's state in words.
pub(super) fn pill(state: MailState) -> Pill {
    let (tone, words) = match state {
        MailState::Kept => (Tone::Off, "Kept inside"),
        MailState::Queued => (Tone::Wait, "Queued"),
        MailState::Sending => (Tone::Run, "Sending"),
        MailState::Retrying(_) => (Tone::Wait, "Tried again later"),
        MailState::Sent(_) => (Tone::Good, "Sent"),
        MailState::Rejected => (Tone::Bad, "Rejected"),
        MailState::GivenUp => (Tone::Bad, "Given up"),
    };
    Pill { tone, words: words.to_owned() }
}

fn draw(state: &ConsoleState, place: &Place, detail: MailDetail, notice: Option<Notice>) -> MailView {
    let MailDetail { mail, attempts } = detail;
    let inside = inside(state, place);
    MailView {
        frame: place.frame(Room::Mails, notice),
        href: path::mail(place.stage, mail.id),
        // One that waits for its next attempt stands still until then.
        live: matches!(mail.state, MailState::Queued | MailState::Sending),
        id: mail.id.to_string(),
        state: pill(mail.state),
        remark: remark(place, &mail, inside),
        written: place.speaker.ago(mail.created_at),
        run: mail.run.to_string(),
        run_href: path::run(place.stage, mail.run),
        from: format!("{} <{}>", mail.sender_name, mail.sender_address),
        html: mail.html.is_some().then(|| path::mail_html(place.stage, mail.id)),
        file: path::mail_file(place.stage, mail.id),
        attempts: attempts.iter().rev().map(|one| attempt(place, &mail, one)).collect(),
        send: inside
            .is_none()
            .then(|| button(mail.state))
            .flatten()
            .map(|words| (words, path::mail_send(place.stage, mail.id))),
        inside,
        recipient: mail.recipient,
        reply_to: mail.reply_to,
        subject: mail.subject,
        body: mail.body,
        template: mail.template,
        message_id: format!("<{}>", mail.message_id),
    }
}

const fn button(state: MailState) -> Option<&'static str> {
    match state {
        MailState::Kept => Some("Send it"),
        MailState::Retrying(_) => Some("Try again now"),
        MailState::Sent(_) | MailState::Rejected | MailState::GivenUp => Some("Send again"),
        MailState::Queued | MailState::Sending => None,
    }
}

fn remark(place: &Place, mail: &Mail, inside: Option<Inside>) -> String {
    match mail.state {
        MailState::Kept => match inside {
            Some(reason) => format!("It stays inside: {}.", reason.words()),
            None => "It was written while mails stayed inside, and leaves only when you send it.".to_owned(),
        },
        MailState::Queued => "It leaves in a moment.".to_owned(),
        MailState::Sending => "The mail server is being spoken to.".to_owned(),
        MailState::Retrying(at) => {
            format!("The server did not accept it yet; the next attempt is {}.", place.speaker.ago(at).said)
        }
        MailState::Sent(_) => {
            "The mail server took it. If it bounces later, the sender\u{2019}s mailbox hears of it."
                .to_owned()
        }
        MailState::Rejected => "The mail server will not take it; its words are below.".to_owned(),
        MailState::GivenUp => "The attempts have ended; nothing more is tried by itself.".to_owned(),
    }
}

fn attempt(place: &Place, mail: &Mail, attempt: &Attempt) -> AttemptView {
    let under_way = attempt.n == mail.attempts && mail.state == MailState::Sending;
    let (tone, words) = match &attempt.end {
        Some(end) if end.taken => (Tone::Good, "Accepted"),
        Some(end) if end.retry_at.is_some() => (Tone::Wait, "Not accepted yet"),
        Some(_) => (Tone::Bad, "Rejected"),
        None if under_way => (Tone::Run, "Under way"),
        None => (Tone::Off, "Unknown"),
    };
    let silent = || {
        let words = if under_way {
            ""
        } else {
            "The process ended before an answer was recorded: the server may have taken it."
        };
        words.to_owned()
    };
    AttemptView {
        state: Pill { tone, words: words.to_owned() },
        at: place.speaker.moment(attempt.started_at),
        where_and_long: match &attempt.end {
            Some(end) => format!("{}, {}", attempt.server, span(end.elapsed)),
            None => attempt.server.clone(),
        },
        answer: attempt.end.as_ref().map_or_else(silent, |end| end.answer.clone()),
        next: attempt.end.as_ref().and_then(|end| end.retry_at).map(|at| place.speaker.moment(at)),
    }
}
