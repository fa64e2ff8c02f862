//! `POST /trigger` (domain 2.8).

use crate::{ApiState, alias, wire};
use app::run::{Missing, Trigger, TriggerFault, Triggered, trigger};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use model::caller::{Need, Scope};
use model::run::{RunKind, UserId};
use model::setting::Choice;
use serde_json::{Map, Value, json};
use webkit::{Admitted, Family, Gate, Refusal};

const GATE: Gate = Gate::new(Family::Workflow, Need::scope(&[Scope::WorkflowTriggerApi]));
/// Bytes of an `Idempotency-Key`.
const KEY_BYTES_MAX: usize = 255;

pub(crate) fn routes() -> Router<ApiState> {
    alias::everywhere(Router::new(), "/trigger", post(handle))
}

async fn handle(State(state): State<ApiState>, request: Request) -> Response {
    let admitted = match GATE.json(&*state.callers, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let wanted = match read(&admitted) {
        Ok(wanted) => wanted,
        Err(refusal) => return admitted.refuse(refusal),
    };
    let user_id = wanted.user_id.clone();
    match trigger(&state.app, admitted.caller.env, wanted).await {
        Ok(triggered) => answer(&triggered),
        Err(fault) => admitted.refuse(refusal(&fault, &admitted).on_user(user_id.as_str())),
    }
}

fn read(admitted: &Admitted) -> Result<Trigger, Refusal> {
    let body = wire::object(admitted)?;
    let user_id = wire::required(&body, "user_id")?;
    let email = wire::required(&body, "email_id")?;
    let workflow = wire::required(&body, "workflow_id")?;
    Ok(Trigger {
        user_id: UserId::new(user_id)
            .map_err(|fault| Refusal::invalid(format!("field 'user_id' {fault}")))?,
        email: email.parse().map_err(|fault| Refusal::invalid(format!("field 'email_id' is {fault}")))?,
        role: role(&body)?,
        workflow,
        address: address(&body)?,
        idempotency: key(admitted)?.map(|key| (key, Value::Object(body))),
    })
}

fn role(body: &Map<String, Value>) -> Result<Option<Choice>, Refusal> {
    let role = match body.get("role") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(role)) => role,
        Some(_) => return Err(Refusal::invalid("field 'role' must be an object")),
    };
    let id = wire::text(role, "role_id")?.unwrap_or_default();
    let name = wire::text(role, "role_name")?.unwrap_or_default();
    if id.is_empty() {
        // A name alone names no role: the one that is set applies (decision D24).
        return Ok(None);
    }
    let name = if name.is_empty() { id.clone() } else { name };
    Ok(Some(Choice { id, name }))
}

fn address(body: &Map<String, Value>) -> Result<Option<std::net::IpAddr>, Refusal> {
    match wire::text(body, "ip")? {
        Some(text) if !text.is_empty() => {
            text.parse().map(Some).map_err(|_| Refusal::invalid("field 'ip' must be an IP address"))
        }
        _ => Ok(None),
    }
}

fn key(admitted: &Admitted) -> Result<Option<String>, Refusal> {
    let Some(key) = admitted.parts.headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().map_err(|_| Refusal::invalid("the Idempotency-Key must be visible ASCII"))?;
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        let message = format!("the Idempotency-Key must have 1 to {KEY_BYTES_MAX} characters");
        return Err(Refusal::invalid(message));
    }
    Ok(Some(key.to_owned()))
}

fn answer(triggered: &Triggered) -> Response {
    let message = match triggered.kind {
        RunKind::Signup => "Successful",
        RunKind::Login => "Successful: this user is known, the run is a login",
    };
    let data = json!({
        "workflow_runtime_id": triggered.run,
        "redirect_url": triggered.redirect_url,
        "message": message,
    });
    Json(json!({"status": 200, "data": data})).into_response()
}

fn refusal(fault: &TriggerFault, admitted: &Admitted) -> Refusal {
    match fault {
        TriggerFault::Workflow => {
            Refusal::absent("this environment has no published workflow with that workflow_id")
                .with_code("WORKFLOW_NOT_FOUND")
        }
        TriggerFault::Incomplete(missing) => {
            Refusal::new(StatusCode::CONFLICT, "INTEGRATION_INCOMPLETE", incomplete(missing))
        }
        TriggerFault::Idempotency => Refusal::new(
            StatusCode::CONFLICT,
            "IDEMPOTENCY_CONFLICT",
            "this Idempotency-Key was used with another body in the last 24 hours",
        ),
        other => wire::fault(other.category(), other, admitted.request_id),
    }
}

fn incomplete(missing: &[Missing]) -> String {
    let items: Vec<_> = missing.iter().map(|one| format!("{} ({})", one.item, one.page)).collect();
    format!("the integration is not complete; set first: {}", items.join(", "))
}
