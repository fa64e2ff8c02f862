//! `POST /api/user/token`, `/api/token`, `/token`, and `/api/team/update` by its body (domain 2.2, decision D16).

use crate::{ApiState, alias, wire};
use app::token::{TokenFault, Wanted, issue};
use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::{Category, RequestId, Secret};
use serde_json::{Map, Value, json};
use webkit::{Family, Refusal, gate::open_json};

/// The largest RSA key that anybody makes (16,384 bits) has some 13 KB.
const PEM_BYTES_MAX: usize = 16 * 1_024;

pub(crate) fn routes() -> Router<ApiState> {
    let router = alias::everywhere(Router::new(), "/user/token", post(give));
    let router = alias::everywhere(router, "/token", post(give));
    alias::everywhere(router, "/team/update", post(by_body))
}

async fn give(State(state): State<ApiState>, request: Request) -> Response {
    match open_json(Family::Token, request).await {
        Ok((request_id, body)) => answer(&state, request_id, &body).await,
        Err(refused) => refused,
    }
}

/// The path of the Teams API, which the seed prints for tokens: the body decides whose request it is.
async fn by_body(State(state): State<ApiState>, request: Request) -> Response {
    let (request_id, body) = match open_json(Family::Token, request).await {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let for_a_token = serde_json::from_slice::<Map<String, Value>>(&body)
        .is_ok_and(|body| body.contains_key("key_id") || body.contains_key("private_key"));
    if for_a_token {
        return answer(&state, request_id, &body).await;
    }
    Refusal::absent("teams are not served yet; for a token send key_id and private_key")
        .into_response(Family::Telemetry, request_id)
}

async fn answer(state: &ApiState, request_id: RequestId, body: &[u8]) -> Response {
    let wanted = match read(body) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal.into_response(Family::Token, request_id),
    };
    match issue(&state.app, wanted).await {
        Ok(token) => Json(json!({
            "token": token.expose(),
            "response_id": request_id,
            "message": "Token fetched successfully",
        }))
        .into_response(),
        Err(fault) => refusal(&fault, request_id).into_response(Family::Token, request_id),
    }
}

fn read(body: &[u8]) -> Result<Wanted, Refusal> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Err(Refusal::invalid("the body must be a JSON object"));
    };
    Ok(Wanted {
        key_id: text(&body, "key_id")?,
        private_key: Secret::new(text(&body, "private_key")?),
        scopes: scopes(body.get("scopes"))?,
        expiry: expiry(body.get("expiry"))?,
    })
}

/// A text that must be there. Whether it says anything sensible is judged later: that is 401, not 400.
fn text(body: &Map<String, Value>, field: &str) -> Result<String, Refusal> {
    wire::text_within(body, field, PEM_BYTES_MAX)?.ok_or_else(|| wire::missing(field))
}

/// A string or an array of strings; without any it is an empty list, which the use case refuses.
fn scopes(value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let wrong = || Refusal::invalid("field 'scopes' must be a string or an array of strings");
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) => {
            many.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn expiry(value: Option<&Value>) -> Result<Option<i64>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_i64().map(Some).ok_or_else(|| Refusal::invalid(TokenFault::Expiry.to_string()))
        }
    }
}

fn refusal(fault: &TokenFault, request_id: RequestId) -> Refusal {
    let category = fault.category();
    let refusal = wire::fault(category, fault, request_id);
    match category {
        Category::Unauthenticated => refusal.with_code("INVALID_CREDENTIALS"),
        _ => refusal,
    }
}
