//! The operator's own page: sessions, and leaving.

use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room,
        sign_in::{Account, SessionRow},
    },
    visitor::{Nothing, Place, Posted, Visitor},
    words::term,
};
use app::operator;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use model::platform::Stage;
use webkit::cookie::Cookie;

pub(crate) async fn page(State(state): State<ConsoleState>, visitor: Visitor) -> Result<Response, Failure> {
    let stage = visitor.environments.first().map_or(Stage::Development, |(_, first)| first.stage);
    let place = Place::of(&state, visitor, stage).await?;
    let sessions = operator::sessions(&state.app, place.actor()).await?;
    let row = |session: &_| -> SessionRow {
        let session: &app::operator::OpenSession = session;
        SessionRow {
            agent: browser(&session.agent),
            address: session.address.clone(),
            seen: place.speaker.ago(session.seen_at),
            opened: place.speaker.ago(session.created_at),
            this: operator::is_this(session, &place.visitor.token),
        }
    };
    let sessions = sessions.iter().map(row).collect();
    Ok(html(&Account {
        frame: place.frame(Room::Account, None),
        sessions,
        idle: term(operator::SESSION_LIFE.idle),
        whole: term(operator::SESSION_LIFE.whole),
    }))
}

pub(crate) async fn sign_out(
    State(state): State<ConsoleState>,
    Posted { place: visitor, .. }: Posted<Visitor, Nothing>,
) -> Result<Response, Failure> {
    operator::sign_out(&state.app, &visitor.actor, &visitor.token).await?;
    Ok(leave(&state))
}

pub(crate) async fn sign_out_everywhere(
    State(state): State<ConsoleState>,
    Posted { place: visitor, .. }: Posted<Visitor, Nothing>,
) -> Result<Response, Failure> {
    operator::sign_out_everywhere(&state.app, &visitor.actor).await?;
    Ok(leave(&state))
}

fn leave(state: &ConsoleState) -> Response {
    let mut response = Redirect::to(&path::sign_in("")).into_response();
    response.headers_mut().append(header::SET_COOKIE, state.cookies.take(Cookie::Session));
    response
}

/// `Firefox on Linux` from a user agent; the text itself where it is none that we know.
fn browser(agent: &str) -> String {
    let named = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ if agent.is_empty() => "unknown".to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}
