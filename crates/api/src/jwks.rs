use crate::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
}
