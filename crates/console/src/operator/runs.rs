//! *Runs*: the list.

use super::list::{ROWS, Wanted};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room, Tone,
        run::{Chip, Pill, Row, Runs},
    },
    visitor::{Asked, Partial, Place},
    words::{count, counted, initials, span},
};
use app::run::{self, RunCounts, RunFilter};
use axum::{extract::State, response::Response};
use kernel::{Category, Cursor};
use model::run::{Run, RunKind, RunState, WaitingFor};

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let (of_state, waiting_for) = filter_state(&wanted.state)?;
    let search = wanted.search();
    let filter = RunFilter {
        state: of_state,
        waiting_for,
        search: (!search.is_empty()).then(|| search.clone()),
        after: wanted.after()?,
        limit: ROWS,
    };
    let found = run::list(&state.app, place.env, filter).await?;
    let next = found.next.as_ref().map(Cursor::to_string);
    let pages = wanted.pages(&path::runs(place.stage), found.rows.len(), found.total, next);
    let page = Runs {
        sub: counted(found.counts.all, "run so far", "runs so far"),
        chips: chips(&place, &found.counts, &wanted.state, &search),
        rows: found.rows.iter().map(|run| row(&place, run)).collect(),
        shown: pages.shown,
        first: pages.first,
        next: pages.next,
        empty: found.counts.all == 0,
        snippet: super::snippet::trigger(&state, place.env).await?,
        waitlisted: found.counts.waitlisted,
        state: wanted.state,
        search,
        frame: place.frame(Room::Runs, None),
    };
    Ok(if partial.0 { html(&page.as_list()) } else { html(&page) })
}

fn filter_state(name: &str) -> Result<(Option<RunState>, Option<WaitingFor>), Failure> {
    match name {
        "" => Ok((None, None)),
        "waitlist" => Ok((Some(RunState::Waiting), Some(WaitingFor::Waitlist))),
        name => {
            let state = name.parse().map_err(|fault| Failure::of(Category::Invalid, fault))?;
            Ok((Some(state), None))
        }
    }
}

fn chips(place: &Place, counts: &RunCounts, current: &str, search: &str) -> Vec<Chip> {
    let all = [
        ("All", "", counts.all),
        ("Running", "running", counts.running),
        ("Waiting", "waiting", counts.waiting),
        ("On the waitlist", "waitlist", counts.waitlisted),
        ("Needs attention", "incident", counts.incident),
        ("Completed", "completed", counts.completed),
        ("Cancelled", "cancelled", counts.cancelled),
    ];
    let chip = |(words, state, n): (&str, &str, u64)| Chip {
        words: words.to_owned(),
        count: count(n),
        href: path::with(&path::runs(place.stage), &[("state", state), ("q", search)]),
        current: state == current,
    };
    // Rare states keep out of the way until there is one.
    let shown = |(_, state, n): &(&str, &str, u64)| {
        *n > 0 || *state == current || !matches!(*state, "waitlist" | "cancelled")
    };
    all.into_iter().filter(shown).map(chip).collect()
}

fn row(place: &Place, run: &Run) -> Row {
    Row {
        href: path::run(place.stage, run.id),
        name: run.email.to_string(),
        line: run.user_id.to_string(),
        initials: initials(run.email.as_str()),
        account: run.account_name.clone(),
        state: pill(run),
        note: detail(place, run),
        started: place.speaker.ago(run.created_at),
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
