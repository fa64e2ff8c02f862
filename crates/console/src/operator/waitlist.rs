//! *Waitlist*: who waits at which place, and letting in one, several, or those who have waited longest.

use super::list::{Column, Filter, Found, Open, Order, ROWS, SPANS, Sheet, Wanted, since};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Room, Tone,
        list::{Content, Nothing, Row},
        waitlist::{Admit, Going, Waitlist},
    },
    visitor::{Asked, Partial, Place, Posted},
    words::{count, counted},
};
use app::run::{self, BATCH_MAX, BatchFault, OLDEST_MAX, Waiting, WaitlistFilter};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Category, Cursor, RunId};
use model::run::Run;
use serde::Deserialize;

/// How many people the page names before it says how many others there are.
const NAMED: usize = 8;

static SHEET: Sheet = Sheet {
    name: "waitlist",
    who: "People who",
    search: "Search mail, user id or run id",
    first: Column { name: "person", title: "Person", class: "col-wide", order: None, shown: true },
    columns: &[
        Column { name: "place", title: "Place", class: "col-count", order: Some("place"), shown: true },
        Column { name: "account", title: "Company", class: "hide-2 hide", order: None, shown: true },
        Column { name: "since", title: "Waits since", class: "hide col-when", order: None, shown: true },
        Column { name: "country", title: "Country", class: "hide-2 hide", order: None, shown: false },
        Column { name: "id", title: "Run id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[Filter { name: "since", title: "Came", lead: "came", choices: SPANS }],
    orders: &[Order {
        name: "place",
        falls: false,
        natural: "next one first",
        turned: "who came last first",
    }],
};

/// What was done just now, for the sentence above the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    admitted: Option<usize>,
    #[serde(default)]
    skipped: usize,
}

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(done): Asked<Done>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let filter = WaitlistFilter {
        search: open.search(),
        since: since(open.chosen("since"), place.speaker.now()),
        newest_first: open.order().1,
        after: open.after()?,
        limit: ROWS,
    };
    let limit = place.current.settings.waitlist_limit;
    let found = run::waitlist(&state.app, place.env, limit, filter).await?;
    let list = open.draw(
        &path::waitlist(place.stage),
        Found {
            rows: found.rows.iter().map(|one| row(&place, &open, one)).collect(),
            total: found.total,
            next: found.next.as_ref().map(Cursor::to_string),
            nothing: (found.all == 0).then(|| nothing(limit)),
        },
        |_, _| None,
    );
    let page = Waitlist {
        frame: place.frame(Room::Waitlist, done.admitted.map(|admitted| notice(admitted, done.skipped))),
        sub: counted(found.all, "person waits", "people wait"),
        places: places(found.places, found.all),
        setting: path::waitlist_setting(place.stage),
        admit: path::waitlist_admit(place.stage),
        oldest: found.all.min(10).to_string(),
        most: found.all.min(OLDEST_MAX as u64).to_string(),
        list,
    };
    Ok(open.answer(&state, partial, &page))
}

fn row(place: &Place, open: &Open, Waiting { place: nth, run }: &Waiting) -> Row {
    Row {
        id: format!("run-{}", run.id),
        pick: Some(run.id.to_string()),
        href: path::run(place.stage, run.id),
        initials: crate::words::initials(run.email.as_str()),
        name: run.email.to_string(),
        line: run.user_id.to_string(),
        cells: open.cells(|column| match column {
            "place" => Content::Number(count(*nth)),
            "account" => Content::text(&run.account_name),
            "since" => Content::When(place.speaker.ago(run.updated_at)),
            "country" => Content::text(&run.enrichment.place.country),
            _ => Content::Code(run.id.to_string()),
        }),
    }
}

fn nothing(limit: Option<u32>) -> Nothing {
    let text = match limit {
        None => "Everybody who signs up passes, because no number of users is set. Set one, and whoever comes after so \
                 many waits here until you admit them."
            .to_owned(),
        Some(limit) => format!(
            "{} allowed before somebody has to wait. Whoever comes after them stands here until you admit them.",
            counted(limit.into(), "user is", "users are")
        ),
    };
    Nothing { title: "Nobody waits".to_owned(), text, snippet: String::new() }
}

fn places(places: Option<run::Places>, waiting: u64) -> String {
    match places {
        None => "No number of users is set: whoever signs up now passes.".to_owned(),
        Some(places) if places.allowed == 0 => "Nobody passes without being admitted.".to_owned(),
        Some(places) => match places.allowed - places.taken {
            0 => format!("All {} places are taken.", count(places.allowed)),
            free => {
                let who = if waiting == 0 { "whoever" } else { "those you admit and for whoever" };
                format!("{} of {} places free for {who} signs up now.", count(free), count(places.allowed))
            }
        },
    }
}

fn notice(admitted: usize, skipped: usize) -> Notice {
    let title = format!("{} admitted", counted(admitted as u64, "person was", "people were"));
    let text = match skipped {
        0 => "Your webhook gets the tenant data of each.".to_owned(),
        n => format!("{} skipped: no longer waiting.", counted(n as u64, "person was", "people were")),
    };
    Notice::new(if admitted > 0 { Tone::Good } else { Tone::Wait }, title, text)
}

/// Whom to admit: those who are ticked (`run`, several), or the `count` who have waited longest. The page that asks turns
/// the latter into everybody `upto` a place in the queue; with a part done, `done` of `of` are admitted.
#[derive(Debug, Default)]
struct Whom {
    ids: Vec<RunId>,
    count: String,
    upto: String,
    of: usize,
    done: usize,
}

/// The fields of a form in which one comes several times.
type Pairs = Vec<(String, String)>;

impl Whom {
    fn read(pairs: Pairs) -> Self {
        let mut whom = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "run" if whom.ids.len() < BATCH_MAX => whom.ids.extend(value.parse::<RunId>().ok()),
                "count" => whom.count = value,
                "upto" => whom.upto = value,
                "of" => whom.of = value.parse().unwrap_or(0),
                "done" => whom.done = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        whom
    }
}

/// Who would be admitted and what that means, before it happens.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(pairs): Asked<Pairs>,
) -> Result<Response, Failure> {
    let whom = Whom::read(pairs);
    let asked = match whom.count.as_str() {
        "" => named(&state, &place, &whom.ids).await?,
        count => oldest(&state, &place, count).await?,
    };
    Ok(html(&asked))
}

async fn named(state: &ConsoleState, place: &Place, ids: &[RunId]) -> Result<Admit, Failure> {
    let waiting = run::waiting(&state.app, place.env, ids).await?;
    let gone = (ids.len() - waiting.len()) as u64;
    let fault = match (ids.len(), gone) {
        (0, _) => Some("Nobody is ticked. Tick those whom you want to admit, then ask again.".to_owned()),
        (_, 0) => None,
        (_, n) => {
            let gone = counted(n, "of those ticked does", "of those ticked do");
            Some(format!("{gone} not wait any more, and nothing happens to them."))
        }
    };
    let fields = waiting.iter().map(|run| ("run", run.id.to_string())).collect();
    Ok(Admit { fields, fault, ..question(place, waiting.len() as u64, &waiting) })
}

async fn oldest(state: &ConsoleState, place: &Place, wanted: &str) -> Result<Admit, Failure> {
    let wanted = wanted.trim().parse::<usize>().ok().filter(|n| (1..=OLDEST_MAX).contains(n));
    let wanted = wanted.ok_or_else(|| {
        let most = count(OLDEST_MAX as u64);
        let text = format!("Write a whole number from 1 to {most}. Nobody was admitted.");
        Failure::new(Category::Invalid, "How many?", &text)
    })?;
    let oldest = run::oldest(&state.app, place.env, wanted).await?;
    let mut fields: Vec<_> = oldest.upto.iter().map(|upto| ("upto", upto.to_string())).collect();
    fields.push(("of", oldest.count.to_string()));
    Ok(Admit { fields, ..question(place, oldest.count, &oldest.first) })
}

fn question(place: &Place, n: u64, first: &[Run]) -> Admit {
    let names: Vec<_> = first.iter().take(NAMED).map(|run| run.email.to_string()).collect();
    let others = n.saturating_sub(names.len() as u64);
    Admit {
        frame: place.frame(Room::Waitlist, None),
        title: match (n, first) {
            (0, _) => "Nobody to admit".to_owned(),
            (1, [one, ..]) => format!("Admit {}?", one.email),
            _ => format!("Admit {} people?", count(n)),
        },
        names,
        others: (others > 0).then(|| counted(others, "other", "others")),
        fields: Vec::new(),
        fault: None,
        possible: n > 0,
        action: path::waitlist_admit(place.stage),
        back: path::waitlist(place.stage),
    }
}

/// Admits those who were named, or the next part of those up to a place in the queue.
pub(crate) async fn admit(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Pairs>,
) -> Result<Response, Failure> {
    let whom = Whom::read(form);
    let (app, actor, env) = (&state.app, place.actor(), place.env);
    let (admitted, skipped) = if whom.upto.is_empty() {
        let done = run::admit_these(app, actor, env, &whom.ids).await.map_err(partly)?;
        (done.admitted, done.skipped)
    } else {
        let upto: Cursor = whom.upto.parse().map_err(|fault| Failure::of(Category::Invalid, fault))?;
        let (part, more) = run::admit_upto(app, actor, env, upto).await.map_err(partly)?;
        let admitted = whom.done.saturating_add(part.admitted);
        if more {
            return Ok(html(&going(&place, &whom, admitted)));
        }
        (admitted, whom.of.saturating_sub(admitted))
    };
    Ok(Redirect::to(&path::waitlist_done(place.stage, admitted, skipped)).into_response())
}

fn partly(fault: BatchFault) -> Failure {
    let admitted = counted(fault.admitted as u64, "person was", "people were");
    Failure::from(fault).after(&format!("{admitted} admitted before that."))
}

/// Part of many is done, and the rest follows by itself.
fn going(place: &Place, whom: &Whom, admitted: usize) -> Going {
    let of = whom.of.max(admitted);
    Going {
        frame: place.frame(Room::Waitlist, None),
        said: format!("{} of {} are admitted so far.", count(admitted as u64), count(of as u64)),
        done: admitted,
        of,
        fields: vec![
            ("upto", whom.upto.clone()),
            ("of", whom.of.to_string()),
            ("done", admitted.to_string()),
        ],
        action: path::waitlist_admit(place.stage),
        back: path::waitlist(place.stage),
    }
}
