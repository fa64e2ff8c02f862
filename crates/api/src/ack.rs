//! Acknowledging a tenant: three paths, three shapes (domain 2.10).

use crate::{ApiState, alias, wire};
use app::run::{AckFault, AckRequest, acknowledge};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use model::caller::{Need, Scope};
use model::run::BuilderTenant;
use serde_json::{Map, Value, json};
use webkit::{Admitted, Family, Gate, Refusal};

const GATE: Gate = Gate::new(Family::Workflow, Need::scope(&[Scope::WorkflowTriggerApi]));

pub(crate) fn routes() -> Router<ApiState> {
    let router = alias::everywhere(Router::new(), "/workflow", post(handle));
    alias::exact(router, "/thrivestackWebhook/acknowledgeTenant", post(handle))
}

async fn handle(State(state): State<ApiState>, request: Request) -> Response {
    let admitted = match GATE.json(&*state.callers, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let wanted = match wire::object(&admitted).and_then(|body| read(&body)) {
        Ok(wanted) => wanted,
        Err(refusal) => return admitted.refuse(refusal),
    };
    let run = wanted.run.parse().ok();
    match acknowledge(&state.app, admitted.caller.env, wanted).await {
        // The seed's spelling (decision D7).
        Ok(()) => Json(json!({"status": 200, "data": {"message": "Acknowledment recieved"}})).into_response(),
        Err(fault) => {
            let refusal = refusal(&fault, &admitted);
            let found = matches!(fault, AckFault::Mismatch { .. } | AckFault::Conflict | AckFault::Ended);
            admitted.refuse(refusal.on_run(run.filter(|_| found)))
        }
    }
}

/// K2 has one of two objects; sample backends send both, one of them empty. Everything else is K1 or K3.
fn read(body: &Map<String, Value>) -> Result<AckRequest, Refusal> {
    if body.contains_key("isOnboardingCompleted") {
        let message = "this workflow hands the browser over and does not wait for onboarding";
        return Err(Refusal::invalid(message).with_code("ONBOARDING_NOT_AWAITED"));
    }
    match (part(body, "createAccountResponse")?, part(body, "joinAccountResponse")?) {
        (Some(created), _) => ack(created, tenant(created, "accountId", "accountName")?),
        (None, Some(joined)) => ack(joined, joined_tenant(joined)?),
        (None, None) => ack(body, tenant(body, "tenantId", "tenantName")?),
    }
}

fn part<'b>(body: &'b Map<String, Value>, name: &str) -> Result<Option<&'b Map<String, Value>>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(part)) => {
            let filled = part.values().any(|value| !matches!(value, Value::Null) && value != "");
            Ok(filled.then_some(part))
        }
        Some(_) => Err(Refusal::invalid(format!("field '{name}' must be an object"))),
    }
}

fn ack(part: &Map<String, Value>, builder: BuilderTenant) -> Result<AckRequest, Refusal> {
    // K3's name for it is read in every shape: no shape gives it another meaning.
    let user_email = match wire::text(part, "userEmailId")? {
        Some(email) => Some(email),
        None => wire::text(part, "emailId")?,
    };
    Ok(AckRequest {
        run: wire::required(part, "workflowRuntimeId")?,
        workflow: wire::text(part, "workflowDesignTimeId")?,
        tenant: wire::text(part, "thrivestackTenantId")?,
        builder,
        user_email,
    })
}

fn tenant(part: &Map<String, Value>, id: &str, name: &str) -> Result<BuilderTenant, Refusal> {
    Ok(BuilderTenant { id: wire::text(part, id)?, name: wire::text(part, name)? })
}

fn joined_tenant(part: &Map<String, Value>) -> Result<BuilderTenant, Refusal> {
    let wrong = || Refusal::invalid("field 'accountIds' must be an array of strings");
    let id = match part.get("accountIds") {
        None | Some(Value::Null) => None,
        Some(Value::Array(ids)) => match ids.first() {
            Some(Value::String(id)) if id.len() <= wire::TEXT_BYTES_MAX => Some(id.clone()),
            None => None,
            Some(_) => return Err(wrong()),
        },
        Some(_) => return Err(wrong()),
    };
    Ok(BuilderTenant { id, name: None })
}

fn refusal(fault: &AckFault, admitted: &Admitted) -> Refusal {
    match fault {
        AckFault::Forbidden => Refusal::forbidden(),
        AckFault::Unknown => {
            Refusal::absent("no run with that workflowRuntimeId waits or waited for an acknowledgement")
                .with_code("RUN_NOT_FOUND")
        }
        AckFault::Mismatch { field } => {
            Refusal::invalid(format!("field '{field}' does not belong to this run"))
        }
        AckFault::Conflict => Refusal::new(
            StatusCode::CONFLICT,
            "ACK_CONFLICT",
            "this run was acknowledged with another tenant id; the first acknowledgement stands",
        ),
        AckFault::Ended => Refusal::new(StatusCode::GONE, "RUN_ENDED", "this run was cancelled"),
        other => wire::fault(other.category(), other, admitted.request_id),
    }
}
