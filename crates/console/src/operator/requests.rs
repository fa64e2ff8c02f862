//! *Refused requests*: the list, and what happened to one by the id that its answer carried.

use super::list::{Column, Filter as ListFilter, Found, Open, Order, ROWS, Sheet, Wanted, since};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    guide, path,
    view::{
        Room, Tone,
        list::{Content, Nothing, Row},
        request::{Earlier, Request as RequestView, Requests, Subject, Unknown},
        run::Pill,
    },
    visitor::{Partial, Place},
    words::{count, counted, span},
};
use app::{
    key,
    request::{self, Filter, Kept, Refused, Whose},
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{KeyId, RequestId};
use std::collections::HashMap;

static SHEET: Sheet = Sheet {
    name: "requests",
    who: "Requests that",
    search: "Search path, code or id",
    first: Column { name: "request", title: "Request", class: "col-wide", order: None, shown: true },
    columns: &[
        Column { name: "answer", title: "Answer", class: "col-answer", order: None, shown: true },
        Column { name: "code", title: "Code", class: "hide-2 hide col-state", order: None, shown: true },
        Column { name: "key", title: "Key", class: "hide-2 hide", order: None, shown: true },
        Column { name: "came", title: "Came", class: "hide col-when", order: None, shown: true },
        Column { name: "took", title: "Took", class: "hide-2 hide", order: None, shown: false },
        Column { name: "user", title: "Person", class: "hide-2 hide", order: None, shown: false },
        Column { name: "id", title: "Request id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[
        ListFilter {
            name: "answer",
            title: "Answer",
            lead: "",
            choices: &[("4", "were refused (4xx)"), ("5", "failed on our side (5xx)")],
        },
        ListFilter { name: "code", title: "Code", lead: "were answered", choices: CODES },
        ListFilter {
            name: "caller",
            title: "Caller",
            lead: "",
            choices: &[("known", "came from this environment"), ("nobody", "came from nobody that is known")],
        },
        ListFilter {
            name: "since",
            title: "Came",
            lead: "came",
            choices: &[("hour", "in the last hour"), ("day", "in the last 24 hours")],
        },
    ],
    orders: &[Order { name: "came", falls: true, natural: "newest first", turned: "" }],
};

/// Every code of ours. A test holds them against the guide.
#[rustfmt::skip]
pub(crate) const CODES: &[(&str, &str)] = &[
    ("INVALID_REQUEST", "INVALID_REQUEST"), ("EVENT_TOO_LARGE", "EVENT_TOO_LARGE"),
    ("DIALECT_NOT_SUPPORTED", "DIALECT_NOT_SUPPORTED"), ("ONBOARDING_NOT_AWAITED", "ONBOARDING_NOT_AWAITED"),
    ("UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_MEDIA_TYPE"), ("REQUEST_TIMEOUT", "REQUEST_TIMEOUT"),
    ("UNAUTHORIZED", "UNAUTHORIZED"), ("INVALID_CREDENTIALS", "INVALID_CREDENTIALS"), ("FORBIDDEN", "FORBIDDEN"),
    ("WORKFLOW_NOT_FOUND", "WORKFLOW_NOT_FOUND"), ("RUN_NOT_FOUND", "RUN_NOT_FOUND"),
    ("INTEGRATION_INCOMPLETE", "INTEGRATION_INCOMPLETE"), ("IDEMPOTENCY_CONFLICT", "IDEMPOTENCY_CONFLICT"),
    ("ACK_CONFLICT", "ACK_CONFLICT"), ("RUN_ENDED", "RUN_ENDED"), ("CONFLICT", "CONFLICT"),
    ("NOT_FOUND", "NOT_FOUND"), ("METHOD_NOT_ALLOWED", "METHOD_NOT_ALLOWED"),
    ("TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"), ("INTERNAL_ERROR", "INTERNAL_ERROR"), ("UNAVAILABLE", "UNAVAILABLE"),
];

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&SHEET)?;
    let filter = Filter {
        search: open.search(),
        class: open.chosen("answer").and_then(|digit| digit.parse().ok()),
        code: open.chosen("code").map(str::to_owned),
        since: since(open.chosen("since"), place.speaker.now()),
    };
    let whose = match open.chosen("caller") {
        Some("known") => Whose::Known,
        Some(_) => Whose::Nobody,
        None => Whose::All,
    };
    let found = request::list(&state.app, place.env, whose, filter, open.after()?, ROWS).await?;
    let names = key_names(&state, &place).await?;
    let list = open.draw(
        &path::requests(place.stage),
        Found {
            rows: found.rows.iter().map(|kept| row(&place, &open, &names, kept)).collect(),
            total: found.total,
            next: found.next.map(|id| id.to_string()),
            nothing: (found.all == 0).then(|| nothing(&state, &place)),
        },
        |_, _| None,
    );
    let (_, dropped) = state.app.requests.counts();
    let dropped = (dropped > 0).then(|| count(dropped));
    let page = Requests {
        sub: counted(found.all, "request refused", "requests refused"),
        dropped,
        list,
        frame: place.frame(Room::Requests, None),
    };
    Ok(open.answer(&state, partial, &page))
}

fn nothing(state: &ConsoleState, place: &Place) -> Nothing {
    Nothing {
        title: format!("No refused request in {} of late", place.stage.title()),
        text: "A call that is refused stands here a second later, with its code, what to do, and the key that was used. \
               This one brings no credential; the header X-Request-Id of its answer leads to its page."
            .to_owned(),
        snippet: format!(
            "curl -i {} -H 'Content-Type: application/json' -d '{{}}'",
            super::snippet::address(state, "/trigger")
        ),
    }
}

async fn key_names(state: &ConsoleState, place: &Place) -> Result<HashMap<KeyId, String>, Failure> {
    let keys = key::list(&state.app.db, place.env).await?;
    Ok(keys.into_iter().map(|key| (key.id, key.name)).collect())
}

fn row(place: &Place, open: &Open, names: &HashMap<KeyId, String>, kept: &Kept) -> Row {
    let refused = &kept.refused;
    Row {
        id: format!("refused-{}", kept.id),
        pick: None,
        href: path::request(place.stage, refused.request),
        initials: refused.status.to_string(),
        name: title(refused),
        line: refused.message.clone(),
        cells: open.cells(|column| match column {
            "answer" => Content::Pill(pill(refused.status)),
            "code" => Content::Code(refused.code.clone()),
            "key" => {
                let name = refused.about.key.and_then(|id| names.get(&id));
                Content::text(name.cloned().unwrap_or_default())
            }
            "came" => Content::When(place.speaker.ago(refused.at)),
            "took" => Content::Number(span(refused.elapsed)),
            "user" => Content::text(refused.about.user.clone().unwrap_or_default()),
            _ => Content::Code(refused.request.to_string()),
        }),
    }
}

/// `POST /trigger`
pub(super) fn title(refused: &Refused) -> String {
    format!("{} {}", refused.method, refused.path)
}

/// A status in words.
pub(super) fn pill(status: u16) -> Pill {
    let words = match status {
        400 => "Invalid",
        401 => "Not recognised",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Wrong method",
        408 => "Too slow",
        409 => "In conflict",
        410 => "Over",
        415 => "Not JSON",
        429 => "Too many at once",
        503 => "Busy",
        500.. => "Our fault",
        _ => "Refused",
    };
    Pill { tone: if status >= 500 { Tone::Bad } else { Tone::Off }, words: words.to_owned() }
}

pub(crate) async fn one(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let absent =
        || Failure::absent("A request id is a UUID, as the header X-Request-Id of an answer has it.");
    let id: RequestId = id.parse().map_err(|_| absent())?;
    if let Some(found) = request::find(&state.app, place.env, id).await? {
        return Ok(html(&show(&place, found)));
    }
    let page = Unknown {
        elsewhere: elsewhere(&state, &place, id).await?,
        id: id.to_string(),
        frame: place.frame(Room::Requests, None),
    };
    Ok((StatusCode::NOT_FOUND, html(&page)).into_response())
}

/// Another environment of the operator's that has it.
async fn elsewhere(
    state: &ConsoleState,
    place: &Place,
    id: RequestId,
) -> Result<Option<(&'static str, String)>, Failure> {
    for (env, other) in place.visitor.environments.iter().filter(|(env, _)| *env != place.env) {
        if request::find(&state.app, *env, id).await?.is_some() {
            return Ok(Some((other.stage.title(), path::request(other.stage, id))));
        }
    }
    Ok(None)
}

fn show(place: &Place, found: request::Found) -> RequestView {
    let subjects = subjects(place, &found);
    let request::Found { last, earlier, .. } = found;
    let earlier = earlier.iter().map(|one| Earlier {
        at: place.speaker.moment(one.at),
        what: title(one),
        code: format!("{} {}", one.status, one.code),
    });
    RequestView {
        frame: place.frame(Room::Requests, None),
        id: last.request.to_string(),
        title: title(&last),
        state: pill(last.status),
        ago: place.speaker.ago(last.at),
        clock: place.speaker.moment(last.at),
        said: format!("It was answered with {} {} after {}:", last.status, last.code, span(last.elapsed)),
        explained: guide::explained(&last.code),
        help: webkit::answer::explained(&last.code),
        earlier: earlier.collect(),
        subjects,
        message: last.message,
        details: last.details,
        code: last.code,
    }
}

fn subjects(place: &Place, found: &request::Found) -> Vec<Subject> {
    let about = &found.last.about;
    let plain = |name, words: &str| Subject { name, words: words.to_owned(), href: None, id: None };
    let mut subjects = Vec::new();
    subjects.push(match (&found.key, about.environment) {
        (Some(key), _) => Subject {
            name: "Key",
            words: key.name.clone(),
            href: Some(path::key(place.stage, key.id)),
            id: Some(key.id.to_string()),
        },
        (None, Some(_)) => plain("Caller", "an operator, in this console"),
        // An account, a sign-in: they are of no environment.
        (None, None) if found.last.path.starts_with(path::CONSOLE) => {
            plain("Caller", "somebody in this console: the request is listed in every environment")
        }
        (None, None) => plain("Caller", "nobody that is known: the request is listed in every environment"),
    });
    if about.environment.is_some() {
        subjects.push(plain("Environment", place.stage.title()));
    }
    if let Some(run) = about.run {
        let words = run.to_string();
        subjects.push(Subject {
            name: "Run",
            href: Some(path::run(place.stage, run)),
            id: Some(words.clone()),
            words,
        });
    }
    if let Some(user) = &about.user {
        subjects.push(Subject {
            name: "Person",
            words: user.clone(),
            href: found.user_is_known.then(|| path::user(place.stage, user)),
            id: Some(user.clone()),
        });
    }
    subjects
}
