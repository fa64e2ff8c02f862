//! `GET /environments/{id}/.well-known/jwks.json`: the keys by which anyone can verify an environment's tokens
//! offline (decision D4, RFC 7517).

use crate::{ApiState, alias, wire};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Extensions, header};
use kernel::{EnvironmentId, RequestId};
use webkit::{Family, Refusal, request_id};

/// Verifiers ask again after five minutes at the latest.
const CACHE: &str = "public, max-age=300";

pub(crate) fn routes() -> Router<ApiState> {
    alias::everywhere(Router::new(), "/environments/{environment}/.well-known/jwks.json", get(handle))
}

async fn handle(
    State(state): State<ApiState>,
    Path(environment): Path<String>,
    extensions: Extensions,
) -> Response {
    let request_id = request_id(&extensions);
    let Ok(environment) = environment.parse::<EnvironmentId>() else { return unknown(request_id) };
    match state.app.signers.published(environment).await {
        Ok(Some(set)) => ([(header::CACHE_CONTROL, CACHE)], Json(set)).into_response(),
        Ok(None) => unknown(request_id),
        Err(fault) => {
            wire::fault(fault.category(), &fault, request_id).into_response(Family::Telemetry, request_id)
        }
    }
}

fn unknown(request_id: RequestId) -> Response {
    Refusal::absent("there is no such environment").into_response(Family::Telemetry, request_id)
}
