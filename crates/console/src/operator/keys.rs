//! *Keys*: the list, a new one with the one sight of its secret, and revoking.

use super::{
    snippet,
    sure::{self, Sure},
};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Room, Tone,
        key::{Choice, KeyMade, Keys, NewKey, Row},
        run::Pill,
        setting::Field,
        sign_in::Confirm,
    },
    visitor::{Place, Posted},
    words::counted,
};
use app::key::{self, ApiKey, Created, KeyFault, Name, Proof, Status};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use kernel::{Category, KeyId, Timestamp};
use model::{
    caller::{KeyKind, PROJECT_SCOPES, Scope},
    platform::Stage,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Pauses that the form offers, in days (domain 3.1); none comes first.
const ROTATIONS: [(&str, &str); 5] = [
    ("", "Never"),
    ("30", "After 30 days"),
    ("60", "After 60 days"),
    ("90", "After 90 days"),
    ("365", "After a year"),
];

/// What is typed about a new key. Scopes come as `scope.<name>`, one each.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Draft {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    rotate: String,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

impl Draft {
    fn has(&self, scope: Scope) -> bool {
        self.rest.contains_key(&format!("scope.{scope}"))
    }
}

/// What is wrong with a draft, by field.
#[derive(Debug, Default)]
struct Faults {
    name: Option<String>,
    scopes: Option<String>,
    expires: Option<String>,
}

impl Faults {
    fn first(&self) -> &'static str {
        match self {
            Self { name: Some(_), .. } => "name",
            Self { scopes: Some(_), .. } => "scopes",
            Self { expires: Some(_), .. } => "expires",
            _ => "",
        }
    }
}

pub(crate) async fn page(State(state): State<ConsoleState>, place: Place) -> Result<Response, Failure> {
    let keys = key::list(&state.app.db, place.env).await?;
    let now = place.speaker.now();
    let rows = |good: bool| -> Vec<Row> {
        keys.iter()
            .filter(|key| (key::status(key, now) == Status::Active) == good)
            .map(|key| row(&place, key))
            .collect()
    };
    let (rows, ended) = (rows(true), rows(false));
    let snippet = match keys.as_slice() {
        [] => Some(snippet::trigger(&state, place.env).await?),
        _ => None,
    };
    Ok(html(&Keys {
        sub: counted(rows.len() as u64, "key is valid", "keys are valid"),
        ended_said: counted(ended.len() as u64, "expired or revoked key", "expired or revoked keys"),
        snippet,
        frame: place.frame(Room::Keys, None),
        rows,
        ended,
    }))
}

pub(crate) async fn form(place: Place) -> Response {
    let draft = Draft { kind: KeyKind::Private.name().to_owned(), ..Draft::default() };
    html(&draw(&place, &draft, Faults::default(), None))
}

pub(crate) async fn create(
    State(state): State<ConsoleState>,
    Posted { place, form: draft }: Posted<Place, Draft>,
) -> Result<Response, Failure> {
    let refused = |faults: Faults| {
        let text = "What has to change is said at the field in question. Everything you typed is still here.";
        let notice = Notice::new(Tone::Bad, "No key was made", text);
        (StatusCode::BAD_REQUEST, html(&draw(&place, &draft, faults, Some(notice)))).into_response()
    };
    let new = match read(&place, &draft) {
        Ok(new) => new,
        Err(faults) => return Ok(refused(faults)),
    };
    match key::create(&state.app, place.actor(), place.env, new).await {
        Ok(created) => Ok(html(&made(&state, &place, &created).await?)),
        Err(KeyFault::NoScopes) => {
            Ok(refused(Faults { scopes: Some("Tick at least one.".to_owned()), ..Faults::default() }))
        }
        Err(KeyFault::Past) => Ok(refused(Faults {
            expires: Some("That day is over. Choose today or a later one.".to_owned()),
            ..Faults::default()
        })),
        Err(fault @ KeyFault::TooMany) => Err(Failure::new(
            Category::Conflict,
            "No key was made: there are too many",
            &format!(
                "{}. Revoke one that nobody uses.",
                super::entrance::sentence(&fault.to_string()).trim_end_matches('.')
            ),
        )),
        Err(fault) => Err(fault.into()),
    }
}

pub(crate) async fn revoke_page(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let key = good(&state, &place, &id).await?;
    Ok(html(&question(&place, &key)))
}

pub(crate) async fn revoke(
    State(state): State<ConsoleState>,
    Path((_, id)): Path<(String, String)>,
    Posted { place, form: sure }: Posted<Place, Sure>,
) -> Result<Response, Failure> {
    let key = good(&state, &place, &id).await?;
    if !sure.names(&key.name) {
        return Ok(sure.ask_again(question(&place, &key)));
    }
    match key::revoke(&state.app, place.actor(), place.env, key.id).await {
        Ok(()) => Ok(Redirect::to(&path::keys(place.stage)).into_response()),
        Err(KeyFault::Absent) => Err(absent()),
        Err(fault) => Err(fault.into()),
    }
}

/// A key of this environment that is not revoked.
async fn good(state: &ConsoleState, place: &Place, id: &str) -> Result<ApiKey, Failure> {
    let id = id.parse::<KeyId>().map_err(|_| absent())?;
    let keys = key::list(&state.app.db, place.env).await?;
    keys.into_iter().find(|key| key.id == id && key.revoked_at.is_none()).ok_or_else(absent)
}

fn question(place: &Place, key: &ApiKey) -> Confirm {
    let used = match key.last_used_at {
        Some(at) => format!("It was last used {}.", place.speaker.ago(at).said),
        None => "It has never been used.".to_owned(),
    };
    Confirm {
        frame: place.frame(Room::Keys, None),
        title: format!("Revoke {}?", key.name),
        lead: format!("{used} This cannot be undone."),
        consequences: [
            "Requests with this key are refused from now on, and so are tokens that it gave.",
            "Runs that it has begun go on.",
        ]
        .map(str::to_owned)
        .into(),
        action: path::key_revoke(place.stage, key.id),
        button: "Revoke the key".into(),
        danger: true,
        back: path::keys(place.stage),
        word: Some(sure::word("the key's name", &key.name)),
    }
}

fn absent() -> Failure {
    Failure::new(
        Category::Absent,
        "There is no such key to revoke",
        "It was revoked before, or it belongs to the other environment.",
    )
}

fn row(place: &Place, key: &ApiKey) -> Row {
    let speaker = &place.speaker;
    let now = speaker.now();
    let ended = match key::status(key, now) {
        Status::Active => None,
        Status::Expired => Some("Expired".to_owned()),
        Status::Revoked => {
            let when = key.revoked_at.map(|at| speaker.ago(at).said).unwrap_or_default();
            Some(format!("Revoked {when}"))
        }
    };
    let rotate_by = key::rotate_by(key);
    Row {
        name: key.name.clone(),
        kind: title(key.kind),
        id: key.id.to_string(),
        hint: match &key.proof {
            Proof::Opaque { hint, .. } => Some(hint.clone()),
            Proof::Rsa { .. } => None,
        },
        scopes: key.scopes.iter().map(|scope| scope.name()).collect(),
        ended: ended.map(|words| Pill { tone: Tone::Off, words }),
        expires: key.expires_at.map(|at| speaker.ago(at)),
        rotate_by: rotate_by.map(|at| speaker.ago(at)),
        overdue: rotate_by.is_some_and(|at| at <= now),
        used: key.last_used_at.map(|at| speaker.ago(at)),
        made: speaker.ago(key.created_at),
        revoke: key.revoked_at.is_none().then(|| path::key_revoke(place.stage, key.id)),
    }
}

const fn title(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Private => "Private API key",
        KeyKind::Rsa => "RSA key",
        KeyKind::Project => "Project key",
    }
}

fn read(place: &Place, draft: &Draft) -> Result<key::NewKey, Faults> {
    let kind = draft.kind.parse().unwrap_or(KeyKind::Private);
    let name = Name::new(draft.name.trim()).map_err(|fault| super::entrance::sentence(&fault.to_string()));
    let expires = last_moment(place, &draft.expires);
    let scopes: Vec<Scope> = match kind {
        KeyKind::Project => PROJECT_SCOPES.to_vec(),
        KeyKind::Rsa | KeyKind::Private => Scope::ALL.into_iter().filter(|scope| draft.has(*scope)).collect(),
    };
    match (name, expires, scopes.is_empty()) {
        (Ok(name), Ok(expires_at), false) => Ok(key::NewKey {
            name,
            kind,
            scopes,
            expires_at,
            rotate_days: draft.rotate.parse().ok().filter(|days| offered(*days)),
        }),
        (name, expires, none) => Err(Faults {
            name: name.err(),
            scopes: none.then(|| "Tick at least one.".to_owned()),
            expires: expires.err(),
        }),
    }
}

fn offered(days: u32) -> bool {
    ROTATIONS.iter().any(|(known, _)| known.parse() == Ok(days))
}

/// The midnight that ends the typed day, in the environment's zone.
fn last_moment(place: &Place, day: &str) -> Result<Option<Timestamp>, String> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let unread = || format!("{day:?} is not a day. Write it as 2027-01-31.");
    let day: Date = day.trim().parse().map_err(|_| unread())?;
    let next = day.tomorrow().map_err(|_| unread())?;
    let end = next.to_zoned(zone(place)).map_err(|_| unread())?;
    Ok(Some(Timestamp::from_micros(end.timestamp().as_microsecond())))
}

fn zone(place: &Place) -> TimeZone {
    TimeZone::get(place.speaker.zone_name()).unwrap_or(TimeZone::UTC)
}

fn draw(place: &Place, draft: &Draft, faults: Faults, notice: Option<Notice>) -> NewKey {
    let kinds = [
        (
            KeyKind::Private,
            "For your backend. Goes along with each request; keep it out of browsers. It reads all events and runs, \
             whatever is ticked below.",
        ),
        (
            KeyKind::Rsa,
            "For your backend, without sending the key itself: it gives tokens that end soon. They may do what is \
             ticked below and nothing else.",
        ),
        (KeyKind::Project, "For browsers and apps. May be public: it sends telemetry and reads nothing."),
    ];
    let kinds = kinds.map(|(kind, help)| Choice {
        name: kind.name(),
        title: title(kind),
        help,
        checked: draft.kind == kind.name(),
    });
    let scopes = Scope::ALL.map(|scope| Choice {
        name: scope.name(),
        title: scope.name(),
        help: allows(scope),
        checked: draft.has(scope),
    });
    let rotations =
        ROTATIONS.map(|(days, title)| Choice { name: days, title, help: "", checked: draft.rotate == days });
    let field = |name, value: &str, fault| Field { name, value: value.to_owned(), fault, theirs: None };
    NewKey {
        frame: place.frame(Room::Keys, notice),
        focus: faults.first(),
        name: field("name", &draft.name, faults.name),
        kinds: kinds.into(),
        scopes: scopes.into(),
        scope_fault: faults.scopes,
        expires: field("expires", &draft.expires, faults.expires),
        today: place.speaker.now().to_jiff().to_zoned(zone(place)).date().to_string(),
        rotations: rotations.into(),
    }
}

/// What a scope adds. A private key reads besides; the help of the kinds says so.
const fn allows(scope: Scope) -> &'static str {
    match scope {
        Scope::TelemetryApis => "Send identify, group, track and page.",
        Scope::TrackApi => "Send track, and no other telemetry.",
        Scope::IdentifyApi => "Send identify, and no other telemetry.",
        Scope::GroupApi => "Send group, and no other telemetry.",
        Scope::UserManagement => "For users, roles and teams. Nothing asks for it yet.",
        Scope::WorkflowTriggerApi => "Begin a workflow, acknowledge tenants and read runs.",
        Scope::RevenueApis => "For plans, customers and invoices. Nothing asks for it yet.",
    }
}

async fn made(state: &ConsoleState, place: &Place, created: &Created) -> Result<KeyMade, Failure> {
    let key = &created.key;
    let secret = created.secret.expose().clone();
    let member = if key.kind == KeyKind::Rsa { "private_key" } else { "api_key" };
    let json = serde_json::json!({
        "key_id": key.id.to_string(),
        "name": key.name,
        "kind": key.kind.name(),
        "environment_id": place.env.to_string(),
        "scopes": key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
        "expires_at": key.expires_at.map(|at| at.to_string()),
        member: secret,
    });
    let file = snippet::file(place.stage, key.kind);
    Ok(KeyMade {
        frame: place.frame(Room::Keys, None),
        notice: Notice::new(
            if place.stage == Stage::Production { Tone::Bad } else { Tone::Wait },
            "This is the only time that the secret is shown",
            "We keep what proves it, not the secret itself. Copy it or keep the file, then go on.",
        ),
        name: key.name.clone(),
        kind: title(key.kind),
        id: key.id.to_string(),
        snippet: snippet::first_use(state, place.env, created, &file).await?,
        json: format!("{json:#}"),
        file,
        secret,
    })
}
