//! *Webhooks*: what was sent to the builder's endpoint, what came back, and a test.

use super::{
    list::{Column, Filter, Found, Open, Order, ROWS, Sheet, Wanted, nothing},
    run::last_when_still,
    wire,
};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Room, Tone,
        list::{Content, Row},
        run::{Act, Fact, Pill},
        webhook::{Webhook, Webhooks},
    },
    visitor::{self, Partial, Place, Posted},
    words::{count, counted, initials, rough},
};
use app::webhook::{self, AttemptView, DeliveryDetail, DeliveryFilter, Kind, Listed, Outcome, TestFault};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Category, DeliveryId};
use serde_json::Value;

const SENT: &str = "One is sent when a person has signed up and their tenant is to be made in your app.";
const TRY: &str = "Send a test to see whether your endpoint answers, or trigger a run.";
const SET: &str = "Set the URL of your endpoint first.";

static SHEET: Sheet = Sheet {
    name: "webhooks",
    who: "Webhooks that",
    search: "Search mail, run id or webhook-id",
    first: Column { name: "about", title: "About", class: "col-wide", order: None, shown: true },
    columns: &[
        Column { name: "state", title: "State", class: "col-state", order: None, shown: true },
        Column { name: "answer", title: "Last answer", class: "hide-2 hide", order: None, shown: true },
        Column { name: "made", title: "Made", class: "hide col-when", order: None, shown: true },
        Column {
            name: "attempts",
            title: "Attempts",
            class: "hide-2 hide col-count",
            order: None,
            shown: false,
        },
        Column { name: "run", title: "Run id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[Filter {
        name: "state",
        title: "State",
        lead: "",
        choices: &[
            ("delivered", "were delivered"),
            ("trying", "are being tried"),
            ("failed", "were given up"),
            ("unneeded", "are not needed any more"),
            ("tests", "are tests"),
        ],
    }],
    orders: &[Order { name: "made", falls: true, natural: "newest first", turned: "" }],
};

/// What a choice of the filter is.
fn kind(choice: &str) -> Kind {
    match choice {
        "delivered" => Kind::Of(Outcome::Delivered),
        "trying" => Kind::Of(Outcome::Trying),
        "failed" => Kind::Of(Outcome::GivenUp),
        "unneeded" => Kind::Of(Outcome::CalledOff),
        "tests" => Kind::Tests,
        _ => Kind::All,
    }
}

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let kind_wanted = kind(open.chosen("state").unwrap_or_default());
    let filter =
        DeliveryFilter { kind: kind_wanted, search: open.search(), before: open.after()?, limit: ROWS };
    let found = webhook::list(&state.app, place.env, filter).await?;
    let url = place.current.settings.webhook.url.as_ref().map(url::Url::to_string);
    let text = format!("{SENT} {}", if url.is_some() { TRY } else { SET });
    let list = open.draw(
        &path::webhooks(place.stage),
        Found {
            rows: found.rows.iter().map(|listed| row(&place, &open, listed)).collect(),
            total: found.total,
            next: found.next.map(|id| id.to_string()),
            nothing: nothing(&state, &place, found.counts.all, ("No webhook", &text)).await?,
        },
        |_, choice| Some(found.counts.of(kind(choice))),
    );
    let page = Webhooks {
        sub: counted(found.counts.all, "webhook so far", "webhooks so far"),
        url,
        list,
        frame: place.frame(Room::Webhooks, None),
    };
    Ok(open.answer(&state, partial, &page))
}

pub(crate) async fn one(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let absent = || {
        Failure::new(
            Category::Absent,
            "There is no such webhook",
            "It may belong to the other environment. Search for the person or the webhook-id in the list.",
        )
    };
    let id: DeliveryId = id.parse().map_err(|_| absent())?;
    let detail = webhook::detail(&state.app, place.env, id).await?.ok_or_else(absent)?;
    let page = show(&place, &detail);
    if partial.0 { Ok(last_when_still(html(&page.as_live()), page.live)) } else { Ok(html(&page)) }
}

/// Sends a test and leads to what came of it.
pub(crate) async fn send_test(
    State(state): State<ConsoleState>,
    Posted { place, .. }: Posted<Place, visitor::Nothing>,
) -> Result<Response, Failure> {
    match webhook::send_test(&state.app, place.actor(), place.env).await {
        Ok(id) => Ok(Redirect::to(&path::webhook(place.stage, id)).into_response()),
        Err(TestFault::NoUrl) => Err(Failure::new(
            Category::Conflict,
            "There is nowhere to send a test to",
            "Set the webhook URL in Settings, then send the test again.",
        )),
        Err(fault) => Err(fault.into()),
    }
}

fn row(place: &Place, open: &Open, listed: &Listed) -> Row {
    let name = listed.run.as_ref().map(|run| run.email.to_string());
    let name = name.unwrap_or_else(|| "Test".to_owned());
    let test = listed.run_id.is_none();
    Row {
        id: format!("webhook-{}", listed.id),
        pick: None,
        href: path::webhook(place.stage, listed.id),
        initials: initials(&name),
        name,
        line: listed.id.to_string(),
        cells: open.cells(|column| match column {
            "state" => Content::Pill(pill(listed.outcome, test, listed.attempts)),
            "answer" => Content::Quiet(note(place, listed)),
            "made" => Content::When(place.speaker.ago(listed.created_at)),
            "attempts" => Content::Number(count(u64::try_from(listed.attempts).unwrap_or(0))),
            _ => listed.run_id.map_or(Content::Nothing, |run| Content::Code(run.to_string())),
        }),
    }
}

/// What became of a delivery, in words.
fn pill(outcome: Outcome, test: bool, attempts: i64) -> Pill {
    let (tone, words) = match (outcome, test) {
        (Outcome::Delivered, true) => (Tone::Good, "Test delivered"),
        (Outcome::Delivered, false) => (Tone::Good, "Delivered"),
        (_, true) if attempts == 0 => (Tone::Run, "Test under way"),
        (_, true) => (Tone::Bad, "Test failed"),
        (Outcome::Trying, false) if attempts == 0 => (Tone::Run, "Queued"),
        (Outcome::Trying, false) => (Tone::Wait, "Retrying"),
        (Outcome::GivenUp, false) => (Tone::Bad, "Given up"),
        (Outcome::CalledOff, false) => (Tone::Off, "Not needed any more"),
    };
    Pill { tone, words: words.to_owned() }
}

/// The last answer, and what follows from it.
fn note(place: &Place, listed: &Listed) -> String {
    let answer = match (listed.status, &listed.error) {
        (Some(status), _) => format!("answered {status} {}", wire::reason(status)),
        (None, Some(error)) => wire::short(error),
        (None, None) => return String::new(),
    };
    let attempts = u64::try_from(listed.attempts).unwrap_or(0);
    let after = if attempts > 1 { format!(" · attempt {}", count(attempts)) } else { String::new() };
    let due = listed.retry_at.filter(|_| listed.outcome == Outcome::Trying);
    let next = due.map(|at| format!(" · next {}", place.speaker.ago(at).said)).unwrap_or_default();
    format!("{answer}{after}{next}")
}

fn show(place: &Place, detail: &DeliveryDetail) -> Webhook {
    let (delivery, speaker) = (&detail.delivery, &place.speaker);
    let test = delivery.run.is_none();
    let title = match &detail.run {
        Some(run) => format!("Webhook about {}", run.email),
        None if test => "Test webhook".to_owned(),
        None => "Webhook".to_owned(),
    };
    let body = serde_json::from_str::<Value>(&delivery.body).unwrap_or_default();
    Webhook {
        frame: place.frame(Room::Webhooks, None),
        href: path::webhook(place.stage, delivery.id),
        id: delivery.id.to_string(),
        title,
        state: pill(detail.outcome, test, delivery.attempts),
        made: speaker.ago(delivery.created_at),
        clock: speaker.clock(delivery.created_at),
        told: told(place, detail),
        acts: acts(place, detail),
        again: test && place.current.settings.webhook.url.is_some(),
        attempts: detail.attempts.iter().map(|attempt| wire::attempt(speaker, attempt)).collect(),
        attempted: counted(u64::try_from(delivery.attempts).unwrap_or(0), "attempt", "attempts"),
        about: about(place, detail),
        run_href: delivery.run.map(|run| path::run(place.stage, run)),
        body: wire::document(&body),
        raw: delivery.body.clone(),
        live: detail.outcome == Outcome::Trying,
    }
}

/// *Send again* asks on the run's own page, which says what will happen to whom.
fn acts(place: &Place, detail: &DeliveryDetail) -> Vec<Act> {
    let again = detail.run.as_ref().filter(|_| detail.may_retry).map(|run| Act {
        words: "Send again".to_owned(),
        href: path::run_act(place.stage, run.id, "retry"),
        class: "primary",
    });
    again.into_iter().collect()
}

/// What one wants to know first.
fn told(place: &Place, detail: &DeliveryDetail) -> Option<Notice> {
    let last = detail.attempts.last();
    let answer = last.map(answered).unwrap_or_default();
    let test = detail.delivery.run.is_none();
    let (tone, title, text) = match (detail.outcome, test) {
        (Outcome::Delivered, true) => {
            let disabled = place.current.settings.webhook.disabled_at.is_some();
            let text = if disabled {
                "Webhooks are disabled since the endpoint answered 410. Enable them again in Settings."
            } else {
                "It answered with 2xx. Real webhooks have the same keys without “test”, and what is known of the person."
            };
            (Tone::Good, "Your endpoint accepted the test".to_owned(), text.to_owned())
        }
        (_, true) if last.is_none() => return None,
        (_, true) => (Tone::Bad, "Your endpoint did not accept the test".to_owned(), answer),
        (Outcome::Trying, _) => {
            let due = last.and_then(|last| last.attempt.retry_at)?;
            let next = format!("The next attempt is made {}", place.speaker.ago(due).said);
            (Tone::Wait, next, answer)
        }
        (Outcome::GivenUp, _) => {
            let text = format!("{answer} Mend the cause, then send it again; its id stays the same.");
            (Tone::Bad, "Nobody took this webhook, and it is not tried any more".to_owned(), text)
        }
        (Outcome::CalledOff, _) => {
            let text = "The run was acknowledged, skipped or cancelled before the endpoint had taken it.";
            (Tone::Off, "This webhook is not needed any more".to_owned(), text.to_owned())
        }
        (Outcome::Delivered, false) => return None,
    };
    Some(Notice::new(tone, title, text.trim()))
}

fn answered(view: &AttemptView) -> String {
    match (view.attempt.status, &view.attempt.error) {
        (Some(status), _) => format!("It answered {status} {}.", wire::reason(status)),
        (None, Some(error)) => super::entrance::sentence(error),
        (None, None) => String::new(),
    }
}

fn about(place: &Place, detail: &DeliveryDetail) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(run) = &detail.run {
        facts.push(Fact::text("Person", run.email.as_str()));
        facts.push(Fact::code("Your id", run.user_id.as_str()));
        facts.push(Fact::text("Account", &run.account_name));
        facts.push(Fact::code("Run", run.id.to_string()));
        facts.push(Fact::text("Run is", model::run::words(run)));
    } else if detail.delivery.run.is_none() {
        facts.push(Fact::text("Run", "none: it is a test"));
    }
    if let Some(at) = detail.delivery.first_delivered_at {
        let after = rough(at.since(detail.delivery.created_at));
        facts.push(Fact::text("Delivered", format!("{}, after {after}", place.speaker.moment(at).said)));
    }
    facts
}
