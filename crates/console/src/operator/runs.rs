//! *Runs*: the list.

use super::list::{Column, Filter, Found, Open, Order, ROWS, SPANS, Sheet, Wanted, nothing, since};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room, Tone,
        list::{Content, ListPage, Row},
        run::{Pill, Tail},
    },
    visitor::{Partial, Place},
    words::{counted, initials, span},
};
use app::run::{self, RunCounts, RunFilter, Which};
use axum::{extract::State, response::Response};
use kernel::{Cursor, RunId, Timestamp};
use model::run::{Run, RunKind, RunState, WaitingFor};
use std::time::Duration;

/// New runs are counted as far as anybody wants to know.
const NEW_MAX: usize = 50;
/// A command is committed this long after its time was taken, at most.
const UNDER_WAY: Duration = Duration::from_secs(10);

const NOTHING: (&str, &str) =
    ("No run", "A run begins when your backend triggers the workflow for a user who has just signed up.");

static SHEET: Sheet = Sheet {
    name: "runs",
    who: "Runs that",
    search: "Search mail, user id or run id",
    first: Column { name: "person", title: "Person", class: "col-wide", order: None, shown: true },
    columns: &[
        Column { name: "account", title: "Account", class: "hide-2 hide", order: None, shown: true },
        Column { name: "state", title: "State", class: "col-state", order: None, shown: true },
        Column { name: "detail", title: "Detail", class: "hide-2 hide", order: None, shown: true },
        Column {
            name: "started",
            title: "Started",
            class: "hide col-when",
            order: Some("started"),
            shown: true,
        },
        Column { name: "moved", title: "Last step", class: "hide col-when", order: None, shown: false },
        Column { name: "id", title: "Run id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[
        Filter {
            name: "state",
            title: "State",
            lead: "",
            choices: &[
                ("running", "are running"),
                ("waiting", "wait for anything"),
                ("ack", "wait for the acknowledgement"),
                ("waitlist", "wait on the waitlist"),
                ("incident", "need attention"),
                ("completed", "are completed"),
                ("cancelled", "were cancelled"),
            ],
        },
        Filter { name: "since", title: "Began", lead: "began", choices: SPANS },
    ],
    orders: &[Order { name: "started", falls: true, natural: "newest first", turned: "oldest first" }],
};

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let found = run::list(&state.app, place.env, filter(&place, &open)?).await?;
    let mut list = open.draw(
        &path::runs(place.stage),
        Found {
            rows: found.rows.iter().map(|run| row(&place, &open, run)).collect(),
            total: found.total,
            next: found.next.as_ref().map(Cursor::to_string),
            nothing: nothing(&state, &place, found.counts.all, NOTHING).await?,
        },
        |filter, value| (filter == "state").then(|| count_of(&found.counts, value)).flatten(),
    );
    let newest = match found.rows.first() {
        _ if open.after::<Cursor>()?.is_some() => None,
        // New runs would stand at the head of this page.
        Some(first) => (!open.order().1).then(|| first.place()),
        // The first one, in whichever order.
        None => Some(Cursor::at(place.speaker.now().minus(UNDER_WAY), RunId::NIL.to_string())),
    };
    list.tail = Some(tail_url(&place, &open, newest, &found.rows));
    let sub = counted(found.counts.all, "run so far", "runs so far");
    Ok(open.answer(&state, partial, &ListPage { sub, list, frame: place.frame(Room::Runs, None) }))
}

/// Where the page asks for its news: about runs after the newest that it shows, and about those that it shows and that
/// may still move.
fn tail_url(place: &Place, open: &Open, newest: Option<Cursor>, shown: &[Run]) -> String {
    let moving = shown.iter().filter(|run| !run.state.is_over());
    let moving: Vec<_> = moving.map(|run| run.id.to_string()).collect();
    let since = [
        ("newest", newest.map(|cursor| cursor.to_string()).unwrap_or_default()),
        ("moving", moving.join(".")),
        ("at", place.speaker.now().micros().to_string()),
    ];
    open.link_as_shown(&path::runs_tail(place.stage), since)
}

/// What a page of the list has missed: it costs one range of the list's index and a row for each run that may move.
pub(crate) async fn tail(
    State(state): State<ConsoleState>,
    place: Place,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let newest: Option<Cursor> = open.read("newest")?;
    let moving: String = open.read("moving")?.unwrap_or_default();
    let ids = moving.split('.').filter_map(|id| id.parse::<RunId>().ok()).take(ROWS).collect();
    let shown = run::several(&state.app, place.env, ids).await?;
    let new = match &newest {
        Some(newest) => {
            let since =
                RunFilter { after: Some(newest.clone()), oldest_first: true, ..filter(&place, &open)? };
            run::count_upto(&state.app, place.env, since, NEW_MAX + 1).await?
        }
        None => 0,
    };
    // A step that was under way while the page was drawn is older than the page.
    let since = Timestamp::from_micros(open.read("at")?.unwrap_or(0)).minus(UNDER_WAY);
    let moved = shown.iter().filter(|run| run.updated_at > since);
    Ok(html(&Tail {
        news: match new {
            0 => None,
            n if n > NEW_MAX => Some(format!("more than {NEW_MAX} new")),
            n => Some(format!("{n} new")),
        },
        href: open.link(&path::runs(place.stage), []),
        rows: moved.map(|run| row(&place, &open, run)).collect(),
        tail: tail_url(&place, &open, newest, &shown),
    }))
}

fn filter(place: &Place, open: &Open) -> Result<RunFilter, Failure> {
    let which = match open.chosen("state") {
        None => Which::All,
        Some("ack") => Which::WaitingFor(WaitingFor::Ack),
        Some("waitlist") => Which::WaitingFor(WaitingFor::Waitlist),
        Some(name) => name.parse().map_or(Which::All, Which::In),
    };
    Ok(RunFilter {
        which,
        search: open.search(),
        since: since(open.chosen("since"), place.speaker.now()),
        oldest_first: open.order().1,
        after: open.after()?,
        limit: ROWS,
    })
}

/// How many runs a choice of the state has; the waits but the waitlist are counted together alone.
fn count_of(counts: &RunCounts, state: &str) -> Option<u64> {
    match state {
        "running" => Some(counts.open.running),
        "waiting" => Some(counts.open.waiting),
        "waitlist" => Some(counts.open.waitlisted),
        "incident" => Some(counts.open.incident),
        "completed" => Some(counts.completed),
        "cancelled" => Some(counts.cancelled),
        _ => None,
    }
}

fn row(place: &Place, open: &Open, run: &Run) -> Row {
    Row {
        id: format!("run-{}", run.id),
        pick: None,
        href: path::run(place.stage, run.id),
        name: run.email.to_string(),
        line: run.user_id.to_string(),
        initials: initials(run.email.as_str()),
        cells: open.cells(|column| match column {
            "account" => Content::text(&run.account_name),
            "state" => Content::Pill(pill(run)),
            "detail" => Content::Quiet(detail(place, run)),
            "started" => Content::When(place.speaker.ago(run.created_at)),
            "moved" => Content::When(place.speaker.ago(run.updated_at)),
            _ => Content::Code(run.id.to_string()),
        }),
    }
}

/// The run's state in words, with its tone.
pub(super) fn pill(run: &Run) -> Pill {
    let tone = match run.state {
        RunState::Running => Tone::Run,
        RunState::Waiting => Tone::Wait,
        RunState::Incident => Tone::Bad,
        RunState::Completed => Tone::Good,
        RunState::Cancelled => Tone::Off,
    };
    Pill { tone, words: model::run::words(run).to_owned() }
}

/// What one wants to know next to the state: why it stands still, since when it waits, how long it took.
fn detail(place: &Place, run: &Run) -> String {
    let since = |at| span(place.speaker.now().since(at));
    match (run.state, &run.incident) {
        (_, Some(incident)) => incident.message.clone(),
        (RunState::Waiting, _) => format!("for {}", since(run.updated_at)),
        (RunState::Completed, _) if run.kind == RunKind::Login => "signed in again".to_owned(),
        (RunState::Completed, _) => {
            run.finished_at.map(|at| format!("in {}", span(at.since(run.created_at)))).unwrap_or_default()
        }
        (RunState::Running | RunState::Incident | RunState::Cancelled, _) => String::new(),
    }
}
