//! Pages: the operator's console under `/console`, and the hosted pages that a builder's end users meet.
//!
//! Two routers with two content-security policies. A page is a template with a view struct; the view knows no use case, a
//! handler asks a use case and fills the view. A partial is a named block of its page: an htmx request gets the block,
//! anyone else the page. Everything works without script.

mod asset;
#[doc(hidden)]
pub mod chart;
mod colour;
mod failure;
#[doc(hidden)]
pub mod guide;
mod hosted;
mod operator;
mod path;
mod policy;
#[doc(hidden)]
pub mod sample;
mod upload;
mod view;
mod visitor;
#[doc(hidden)]
pub mod words;

use app::{App, setting};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use model::setting::colour::Colour;
use std::time::Duration;
use tower_http::compression::CompressionLayer;
use webkit::{Family, Refusal, Told, Unserved, body::Bounds, cookie::Cookies};

/// Forms without a file are small; the largest is the one of the words, where a letter may take nine bytes. A browser sends
/// one in one go.
const FORM: Bounds = Bounds { bytes_max: 160 * 1_024, time_max: Duration::from_secs(10) };

/// What the pages are made with.
#[derive(Clone)]
pub struct ConsoleState {
    pub(crate) app: App,
    pub(crate) cookies: Cookies,
    /// Host and port of our public address, as browsers write them in `Origin`.
    pub(crate) authority: String,
    pub(crate) form: Bounds,
}

impl ConsoleState {
    pub fn new(app: App) -> Self {
        let url = &app.options.public_url;
        let authority = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        Self { cookies: Cookies::new(url.scheme() == "https"), authority, form: FORM, app }
    }

    /// With other bounds for forms: a test does not wait as long as a slow client may.
    #[must_use]
    pub fn with_form(self, form: Bounds) -> Self {
        Self { form, ..self }
    }
}

/// `/`, `/console/…`, the guide and the assets. Has no fallback of its own outside of `/console`.
pub fn operator_router(state: ConsoleState) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to(path::CONSOLE) }))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .merge(guide::routes())
        .nest(path::CONSOLE, operator::routes())
        // Nesting leaves this one out.
        .route(&format!("{}/", path::CONSOLE), get(|| async { Redirect::permanent(path::CONSOLE) }))
        .layer(DefaultBodyLimit::max(FORM.bytes_max))
        .layer(middleware::from_fn(failure::layer))
        .layer(middleware::from_fn_with_state(state.clone(), policy::operator))
        .layer(compression())
        .with_state(state.clone())
        .merge(asset_router())
        .merge(logo_router(state))
}

/// `/{product}/{environment}/{workflow}/{page}/{token}`.
pub fn hosted_router(state: ConsoleState) -> Router {
    hosted::routes()
        .layer(middleware::from_fn_with_state(state.clone(), policy::hosted))
        .layer(compression())
        .with_state(state)
}

/// Draws a page for a browser that asks for an address that nobody serves; programs keep the JSON.
pub async fn unserved(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let reads_pages = request.method() == Method::GET && names_html(request.headers());
    let response = next.run(request).await;
    if !reads_pages || response.extensions().get::<Unserved>().is_none() {
        return response;
    }
    policy::page(&state, async { failure::nowhere() }).await
}

/// Browsers name the type; what takes anything is a program.
fn names_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| one.trim().starts_with("text/html"))
}

fn asset_router() -> Router {
    Router::new()
        .route("/assets/{file}", get(asset_file))
        .route("/assets/brand/{colour}", get(brand))
        .layer(middleware::from_fn(policy::asset))
        .layer(compression())
}

/// What a builder has uploaded, for everybody. Pictures are small by themselves: nothing compresses them.
fn logo_router(state: ConsoleState) -> Router {
    Router::new()
        .route("/assets/logo/{environment}/{file}", get(logo))
        .layer(middleware::from_fn(policy::asset))
        .with_state(state)
}

/// Text is a quarter as long on its way. Tokens in forms are masked for its sake ([`webkit::csrf::token`]).
fn compression() -> CompressionLayer {
    CompressionLayer::new()
}

async fn asset_file(Path(file): Path<String>, request: Request) -> Response {
    let Some(asset) = asset::find(&file) else { return no_such_file(&request) };
    let headers = request.headers();
    let tag = format!("\"{}\"", asset.hashed);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.media_type)], asset.bytes.as_ref()).into_response()
    };
    keep(response.headers_mut());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The colour of a builder's pages. Its name is its content, so it may be kept as long as a hashed file.
async fn brand(Path(file): Path<String>, request: Request) -> Response {
    let colour = file.strip_suffix(".css").and_then(|digits| format!("#{digits}").parse::<Colour>().ok());
    let Some(colour) = colour else { return no_such_file(&request) };
    let style = colour::style(colour);
    let mut response = ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response();
    keep(response.headers_mut());
    response
}

/// The logo of an environment's pages. Its media type is the one that its bytes were found to have.
async fn logo(
    State(state): State<ConsoleState>,
    Path((environment, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Ok(environment) = environment.parse() else { return no_such_file(&request) };
    match setting::logo_file(&state.app, environment, &file).await {
        Ok(Some((logo, bytes))) => {
            let mut response = ([(header::CONTENT_TYPE, logo.kind.media_type())], bytes).into_response();
            keep(response.headers_mut());
            response
        }
        Ok(None) => no_such_file(&request),
        Err(fault) => {
            let id = webkit::request_id(request.extensions());
            tracing::error!(request.id = %id, error = %kernel::chain(&fault), "a logo could not be read");
            Refusal::of(fault.category(), "the logo could not be read").into_response(Family::Telemetry, id)
        }
    }
}

fn no_such_file(request: &Request) -> Response {
    let id = webkit::request_id(request.extensions());
    Told::unkept(Refusal::absent("there is no such file").into_response(Family::Telemetry, id))
}

fn keep(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
}
