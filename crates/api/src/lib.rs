//! The JSON routes and their wire types: what the domain's section 2 promises, path by path.
//!
//! A route has three steps (parse, one use case, present) and no rule of its own. Paths are registered under
//! every alias of decision D2 by [`alias`]; credentials and bodies go through [`webkit::Gate`].

mod ack;
mod alias;
mod fallback;
mod jwks;
mod otp;
mod run;
mod state;
mod telemetry;
mod token;
mod trigger;
mod wire;

pub use fallback::json_only;
pub use state::ApiState;

use axum::{Router, middleware};

/// Every JSON route. The router has a fallback, so the pages' routers must be merged into it without one.
/// With [`json_only`] around it, what it answers with 400 and above is JSON, whoever refused.
pub fn router(state: ApiState) -> Router {
    Router::new()
        .merge(telemetry::routes().layer(middleware::from_fn(webkit::cors::layer)))
        .merge(telemetry::private::routes())
        .merge(trigger::routes())
        .merge(ack::routes())
        .merge(run::routes())
        .merge(otp::routes())
        .merge(token::routes())
        .merge(jwks::routes())
        .fallback(fallback::unknown_path)
        .with_state(state)
}
