//! `GET /api/runs/{id}`: where a run stands, for a backend that waits.

use crate::{ApiState, alias, wire};
use app::run::{Status, ViewFault, status};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use model::caller::{Need, Scope};
use model::run::WaitingFor;
use serde_json::{Value, json};
use webkit::{Family, Gate, Refusal};

const GATE: Gate = Gate::new(Family::Workflow, Need::scope(&[Scope::WorkflowTriggerApi]).or_private_key());

pub(crate) fn routes() -> Router<ApiState> {
    alias::everywhere(Router::new(), "/runs/{id}", get(handle))
}

async fn handle(State(state): State<ApiState>, Path(id): Path<String>, request: Request) -> Response {
    let admitted = match GATE.plain(&*state.callers, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    match status(&state.app, admitted.caller.env, &id).await {
        Ok(found) => Json(json!({"status": 200, "data": present(&found)})).into_response(),
        Err(ViewFault::Unknown) => {
            admitted.refuse(Refusal::absent("no such run in this environment").with_code("RUN_NOT_FOUND"))
        }
        Err(fault) => admitted.refuse(wire::fault(fault.category(), &fault, admitted.request_id)),
    }
}

fn present(found: &Status) -> Value {
    let run = &found.run;
    let lead = found.lead.as_ref().map(|lead| {
        json!({
            "lead_id": lead.id,
            "email_id": lead.email,
            "account_name": lead.account_name,
            "plan": lead.plan_name,
            "role": lead.role_name,
            "created_at": lead.created_at.to_string(),
        })
    });
    let mail = found.welcome_mail.as_ref().map(|mail| {
        json!({
            "mail_id": mail.id,
            "to": mail.recipient,
            "subject": mail.subject,
            "created_at": mail.created_at.to_string(),
        })
    });
    json!({
        "workflow_runtime_id": run.id,
        "workflow_id": run.workflow,
        "state": run.state.name(),
        "waiting_for": run.waiting_for.map(WaitingFor::name),
        "ts_tenant_id": run.tenant,
        "tenant_id": run.builder_tenant.as_ref().and_then(|tenant| tenant.id.as_deref()),
        "lead": lead,
        "welcome_mail": mail,
    })
}
