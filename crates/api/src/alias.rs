//! Every path of ours is served with and without the prefixes `/api` and `/v1`, with or without a slash at its
//! end (decision D2).

use crate::ApiState;
use axum::{Router, routing::MethodRouter};

const PREFIXES: [&str; 4] = ["", "/api", "/v1", "/api/v1"];

/// Registers a route under every alias of `path`, which is written without prefix and without final slash.
pub(crate) fn everywhere(
    router: Router<ApiState>,
    path: &str,
    route: MethodRouter<ApiState>,
) -> Router<ApiState> {
    PREFIXES.iter().fold(router, |router, prefix| exact(router, &format!("{prefix}{path}"), route.clone()))
}

/// Registers a route under one path that stands as written, with and without a final slash.
pub(crate) fn exact(router: Router<ApiState>, path: &str, route: MethodRouter<ApiState>) -> Router<ApiState> {
    router.route(path, route.clone()).route(&format!("{path}/"), route)
}
