//! `POST` identify, group, track, page and events (domain 2.3-2.7).

pub(crate) mod private;

use crate::{ApiState, alias, wire};
use app::telemetry::{TelemetryFault, accept};
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{header, request::Parts};
use kernel::RequestId;
use model::caller::{Need, Scope};
use model::event::Call;
use model::telemetry::{answer::Refusal as Refused, body::Body, dialect};
use webkit::{Admitted, Family, Gate, Refusal};

const IDENTIFY: Gate = gate(&[Scope::TelemetryApis, Scope::IdentifyApi]);
const GROUP: Gate = gate(&[Scope::TelemetryApis, Scope::GroupApi]);
const TRACK: Gate = gate(&[Scope::TelemetryApis, Scope::TrackApi]);
const PAGE: Gate = gate(&[Scope::TelemetryApis]);

const fn gate(scopes: &'static [Scope]) -> Gate {
    Gate::new(Family::Telemetry, Need::scope(scopes)).with_dialect(foreign)
}

/// The telemetry routes, which browsers of any origin may call.
pub(crate) fn routes() -> Router<ApiState> {
    let calls = [
        ("/identify", Call::Identify, IDENTIFY),
        ("/group", Call::Group, GROUP),
        ("/track", Call::Track, TRACK),
        ("/events", Call::Track, TRACK),
        ("/page", Call::Page, PAGE),
    ];
    calls.into_iter().fold(Router::new(), |router, (path, call, gate)| {
        let handler = move |state, request| handle(state, request, call, gate);
        alias::everywhere(router, path, post(handler))
    })
}

async fn handle(State(state): State<ApiState>, request: Request, call: Call, gate: Gate) -> Response {
    let admitted = match gate.json(&*state.callers, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let Admitted { caller, body, request_id, .. } = &admitted;
    match accept(&state.app, caller, call, body, *request_id).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(fault) => admitted.refuse(refusal(fault, *request_id)),
    }
}

fn refusal(fault: TelemetryFault, request_id: RequestId) -> Refusal {
    match fault {
        TelemetryFault::Refused(Refused { code, message, details }) => {
            details.into_iter().fold(Refusal::invalid(message).with_code(code.name()), |refusal, detail| {
                refusal.with_detail(detail.field, detail.message)
            })
        }
        other => wire::fault(other.category(), &other, request_id),
    }
}

/// Another client's dialect on a path that we share with it (decision D2). The body was not judged yet: one that
/// is not JSON speaks no dialect but PostHog's form.
fn foreign(parts: &Parts, body: &[u8]) -> Option<&'static str> {
    let authorization = parts.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    if authorization.is_some_and(|value| value.get(..6).is_some_and(|s| s.eq_ignore_ascii_case(b"basic "))) {
        return Some(dialect::Dialect::Segment.name());
    }
    let spoken = dialect::of_bytes(body).or_else(|| dialect::of_body(&Body::read(body).ok()?));
    spoken.map(dialect::Dialect::name)
}
