//! *Home*: signups and accounts per day, and *try a signup* in Development.

use super::{entrance::sentence, mails, snippet};
use crate::{
    ConsoleState,
    chart::{self, Day},
    failure::{Failure, html},
    path,
    view::{
        Notice, Room, Tone,
        home::{DayRow, First, Home, Tile, Tried, Try},
    },
    visitor::{Place, Posted},
    words::{count, counted, day},
};
use app::{
    report,
    run::{self, Missing, TriggerFault, TryFault},
};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::hex;
use model::platform::Stage;
use serde::Deserialize;

/// Days that the page speaks of; as many before them are what it compares with.
const DAYS: u16 = 28;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct TryForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    user_id: String,
}

pub(crate) async fn page(State(state): State<ConsoleState>, place: Place) -> Result<Response, Failure> {
    let mut unique = [0; 4];
    state.app.rng.fill(&mut unique);
    let form =
        TryForm { email: "sam@try-it-out.example".to_owned(), user_id: format!("try-{}", hex(unique)) };
    show(&state, &place, form, None).await
}

/// Triggers the real workflow, then leaves for the page that the end user sees.
pub(crate) async fn try_signup(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, TryForm>,
) -> Result<Response, Failure> {
    match run::try_signup(&state.app, place.actor(), place.env, &form.email, &form.user_id).await {
        Ok(triggered) => Ok(html(&Tried {
            frame: place.frame(Room::Home, None),
            url: triggered.redirect_url.to_string(),
            run: path::run(place.stage, triggered.run),
            message: format!("{} goes through the workflow.", form.email.trim()),
        })),
        Err(fault @ (TryFault::Email | TryFault::UserId)) => {
            let mut page = show(&state, &place, form, Some(sentence(&fault.to_string()))).await?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(TryFault::Trigger(TriggerFault::Incomplete(_))) => show(&state, &place, form, None).await,
        Err(fault) => Err(fault.into()),
    }
}

async fn show(
    state: &ConsoleState,
    place: &Place,
    form: TryForm,
    fault: Option<String>,
) -> Result<Response, Failure> {
    let (all, notice) = match report::daily(&state.app, place.env, DAYS * 2).await {
        Ok(days) => (days, None),
        Err(fault) => {
            tracing::error!(error = %kernel::chain(&fault), "the daily counts could not be read");
            let text = "Runs and settings work; the counts come back by themselves.";
            (Vec::new(), Some(Notice::new(Tone::Wait, "The numbers cannot be read right now", text)))
        }
    };
    let days: Vec<Day> =
        all.iter().map(|d| Day { date: d.date, whole: d.signups, part: d.accounts }).collect();
    let (before, now) = days.split_at(days.len().saturating_sub(usize::from(DAYS)));
    let totals = Totals::of(&all, usize::from(DAYS));
    let quiet = totals.signups.0 + totals.signups.1 == 0
        && !now.is_empty()
        && before.iter().all(|d| d.whole + d.part == 0);
    let first = match quiet && !run::any(&state.app, place.env).await? {
        true => Some(First {
            integration: super::integration::said(&app::integration::checklist(&state.app, place.env).await?),
            snippet: snippet::trigger(state, place.env).await?,
        }),
        false => None,
    };
    let page = Home {
        first,
        frame: place.frame(Room::Home, notice),
        period: period(place, now),
        tiles: tiles(place, &totals),
        chart: chart::bars(now, "signups", "accounts created", width(place.stage)),
        narrow: chart::bars(now, "signups", "accounts created", chart::PHONE),
        summary: summary(now, &totals),
        days: all.iter().rev().take(usize::from(DAYS)).map(row).collect(),
        trial: trial(state, place, form, fault),
        inside: mails::inside(state, place),
    };
    Ok(html(&page))
}

/// Of the period, and of the one before it.
pub(crate) struct Totals {
    pub(crate) signups: (u64, u64),
    pub(crate) accounts: (u64, u64),
    pub(crate) joined: u64,
}

impl Totals {
    fn of(all: &[report::Day], period: usize) -> Self {
        let (before, now) = all.split_at(all.len().saturating_sub(period));
        let sum = |days: &[report::Day], of: fn(&report::Day) -> u64| days.iter().map(of).sum::<u64>();
        Self {
            signups: (sum(now, |d| d.signups), sum(before, |d| d.signups)),
            accounts: (sum(now, |d| d.accounts), sum(before, |d| d.accounts)),
            joined: sum(now, |d| d.joined),
        }
    }
}

/// In Development the form stands beside the chart.
const fn width(stage: Stage) -> f64 {
    match stage {
        Stage::Development => chart::BESIDE,
        Stage::Production => chart::ALONE,
    }
}

fn period(place: &Place, days: &[Day]) -> String {
    match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!(
            "{} to {}, up to {} today",
            day(first.date),
            day(last.date),
            place.speaker.short_clock(place.speaker.now())
        ),
        _ => "No days could be counted".to_owned(),
    }
}

fn tiles(place: &Place, totals: &Totals) -> Vec<Tile> {
    let counts = &place.open;
    let stage = place.stage;
    let awaiting = counts.waiting.saturating_sub(counts.waitlisted);
    vec![
        Tile { note: arrived(totals), ..compared("Signups", totals.signups) },
        compared("Accounts created", totals.accounts),
        Tile {
            name: "Waiting now".to_owned(),
            value: count(counts.waiting),
            change: String::new(),
            change_class: "",
            against: format!(
                "{} on the waitlist, {} for an acknowledgement",
                count(counts.waitlisted),
                count(awaiting)
            ),
            href: Some(path::with(&path::runs(stage), &[("state", "waiting")])),
            note: String::new(),
        },
        Tile {
            name: "Needs attention now".to_owned(),
            value: count(counts.incident),
            change: String::new(),
            change_class: "",
            against: if counts.incident == 0 {
                "nothing stands still"
            } else {
                "stand still until somebody acts"
            }
            .to_owned(),
            href: Some(path::with(&path::runs(stage), &[("state", "incident")])),
            note: String::new(),
        },
    ]
}

/// A number against the same number of days before.
pub(crate) fn compared(name: &str, (now, before): (u64, u64)) -> Tile {
    let (change, change_class) = change(now, before);
    let against = if before == 0 {
        format!("none in the {DAYS} days before")
    } else {
        format!("against the {DAYS} days before")
    };
    Tile {
        name: name.to_owned(),
        value: count(now),
        change,
        change_class,
        against,
        href: None,
        note: String::new(),
    }
}

/// What became of those who signed up; nothing to say where nobody joins anybody.
pub(crate) fn arrived(totals: &Totals) -> String {
    match totals.joined {
        0 => String::new(),
        joined => format!("{} created an account, {} joined one", count(totals.accounts.0), count(joined)),
    }
}

fn change(now: u64, before: u64) -> (String, &'static str) {
    if before == 0 {
        return (String::new(), "");
    }
    let percent = (now as f64 - before as f64) / before as f64 * 100.0;
    let rounded = percent.abs().round();
    match percent {
        _ if rounded == 0.0 => ("as many".to_owned(), "flat"),
        p if p > 0.0 => (format!("+ {rounded} %"), ""),
        _ => (format!("− {rounded} %"), "bad"),
    }
}

pub(crate) fn summary(days: &[Day], totals: &Totals) -> String {
    let most = days.iter().max_by_key(|d| d.whole).filter(|d| d.whole > 0);
    let peak = most.map(|d| format!("; most on {}: {}", day(d.date), count(d.whole))).unwrap_or_default();
    let joined = match totals.joined {
        0 => String::new(),
        joined => format!(", {} joined one", count(joined)),
    };
    format!(
        "{} in {} days and {} created{joined}{peak}",
        counted(totals.signups.0, "signup", "signups"),
        days.len(),
        counted(totals.accounts.0, "account", "accounts")
    )
}

fn row(d: &report::Day) -> DayRow {
    DayRow {
        iso: d.date.to_string(),
        day: day(d.date),
        signups: count(d.signups),
        accounts: count(d.accounts),
        joined: count(d.joined),
    }
}

fn trial(state: &ConsoleState, place: &Place, form: TryForm, fault: Option<String>) -> Option<Try> {
    let missing = run::missing(&place.current, &state.app.options.public_url);
    let named = |missing: Missing| (sentence(missing.item).trim_end_matches('.').to_owned(), missing.page);
    let missing = missing.into_iter().map(named).collect();
    (place.stage == Stage::Development).then_some(Try {
        email: form.email,
        user_id: form.user_id,
        fault,
        missing,
    })
}
