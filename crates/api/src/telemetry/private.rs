//! `GET /api/event/` (domain 2.18): the environment's events, for whoever holds a private API key.

use crate::{ApiState, alias, wire};
use app::report::{Before, Stored, Wanted, recent};
use axum::{
    Json, Router,
    extract::{Query, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::Uri;
use kernel::{Cursor, Timestamp};
use model::caller::Need;
use model::event::Call;
use model::telemetry::time;
use serde::Deserialize;
use serde_json::{Value, json};
use webkit::{Family, Gate, Refusal};

const GATE: Gate = Gate::new(Family::Private, Need::private_key());
/// Events of a page where the caller does not say.
const PAGE: usize = 100;
/// Most events of a page.
const PAGE_MAX: usize = 1_000;

pub(crate) fn routes() -> Router<ApiState> {
    alias::everywhere(Router::new(), "/event", get(handle))
}

/// The query as it is written; an empty value counts as absent.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    event_name: Option<String>,
    user_id: Option<String>,
    group_id: Option<String>,
    source: Option<String>,
    after: Option<String>,
    before: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

async fn handle(State(state): State<ApiState>, request: Request) -> Response {
    let admitted = match GATE.plain(&*state.callers, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let (wanted, limit) = match read(&admitted.parts.uri) {
        Ok(asked) => asked,
        Err(refusal) => return admitted.refuse(refusal),
    };
    match recent(&state.app, admitted.caller.env, wanted, limit).await {
        Ok(page) => {
            let results: Vec<Value> = page.events.iter().map(event).collect();
            Json(json!({"results": results, "next": page.next.map(cursor)})).into_response()
        }
        Err(fault) => admitted.refuse(wire::fault(fault.category(), &fault, admitted.request_id)),
    }
}

fn read(uri: &Uri) -> Result<(Wanted, usize), Refusal> {
    let Query(asked) =
        Query::<Asked>::try_from_uri(uri).map_err(|_| Refusal::invalid("the query cannot be read"))?;
    let limit = match said(asked.limit) {
        None => PAGE,
        Some(text) => match text.parse() {
            Ok(limit @ 1..=PAGE_MAX) => limit,
            _ => return Err(Refusal::invalid("parameter 'limit' must be a number from 1 to 1000")),
        },
    };
    // A cursor goes on from a page that began before the same instant.
    let before = match said(asked.cursor) {
        Some(text) => {
            Some(position(&text).ok_or_else(|| Refusal::invalid("parameter 'cursor' is not one of ours"))?)
        }
        None => instant("before", asked.before)?.map(|occurred_at| Before { occurred_at, seq: 0 }),
    };
    let wanted = Wanted {
        event_name: said(asked.event_name),
        user_id: said(asked.user_id),
        group_id: said(asked.group_id),
        source: said(asked.source),
        after: instant("after", asked.after)?,
        before,
    };
    Ok((wanted, limit))
}

fn said(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

fn instant(name: &str, value: Option<String>) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = said(value) else { return Ok(None) };
    match time::parse(&text) {
        Ok(instant) => Ok(Some(instant)),
        Err(fault) => Err(Refusal::invalid(format!("parameter '{name}' is {fault}"))),
    }
}

fn cursor(before: Before) -> String {
    Cursor::at(before.occurred_at, before.seq.to_string()).to_string()
}

fn position(text: &str) -> Option<Before> {
    let cursor: Cursor = text.parse().ok()?;
    Some(Before { occurred_at: cursor.time().ok()?, seq: cursor.id.parse().ok()? })
}

fn event(stored: &Stored) -> Value {
    let event = &stored.event;
    let attributes = match event.call {
        Call::Identify | Call::Group => "traits",
        Call::Track | Call::Page => "properties",
    };
    json!({
        "id": event.message_id,
        "type": event.call,
        "event_name": event.name,
        "user_id": event.user_id,
        "group_id": event.group_id,
        "tenant_id": event.tenant_id,
        "device_id": event.device_id,
        "session_id": event.session_id,
        "source": event.source,
        "timestamp": event.occurred_at.to_string(),
        "received_at": event.received_at.to_string(),
        attributes: event.attributes,
        "context": event.context,
    })
}
