//! `GET /v1/ValidateAuthOTP` (domain 2.11, decision D30).

use crate::{ApiState, alias, wire};
use app::handover::{OtpFault, exchange};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use webkit::{Family, Refusal, request_id};

/// Our codes have 43 characters; nothing longer is worth hashing.
const CODE_BYTES_MAX: usize = 128;

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "authOTP")]
    code: Option<String>,
}

pub(crate) fn routes() -> Router<ApiState> {
    // HEAD would use a code up and answer without the token.
    alias::everywhere(Router::new(), "/ValidateAuthOTP", get(handle).head(get_alone))
}

async fn get_alone() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")])
}

async fn handle(State(state): State<ApiState>, request: Request) -> Response {
    let id = request_id(request.extensions());
    let code = match Query::<Asked>::try_from_uri(request.uri()) {
        Ok(Query(Asked { code: Some(code) })) if !code.is_empty() => code,
        _ => {
            let refusal = Refusal::invalid("query parameter 'authOTP' is required");
            return refusal.into_response(Family::Workflow, id);
        }
    };
    // What is longer than any code of ours is unknown without a look.
    let known = code.len() <= CODE_BYTES_MAX;
    let exchanged = if known { exchange(&state.app, &code).await } else { Err(OtpFault::Refused) };
    match exchanged {
        Ok(token) => Json(json!({"token": token.expose()})).into_response(),
        Err(OtpFault::Refused) => {
            let refusal = Refusal::unauthorized("the one-time code is unknown, used or too old");
            refusal.into_response(Family::Workflow, id)
        }
        Err(fault) => wire::fault(fault.category(), &fault, id).into_response(Family::Workflow, id),
    }
}
