//! Who asks for a page, and in which environment: the extractors that every operator page begins with.

use crate::{
    ConsoleState,
    failure::{Failure, Whereabouts},
    path,
    view::{Frame, Notice, Room, StageLink},
    words::Speaker,
};
use app::{
    operator::{self, Actor},
    run::{self, OpenRuns},
    setting::{self, Current},
};
use axum::{
    Form, RequestExt,
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Category, Env, RequestId, Secret};
use model::platform::{Environment, Stage};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, sync::Arc};
use url::form_urlencoded;
use webkit::{
    ClientAddress,
    body::{self, BodyFault},
    cookie::Cookie,
    csrf,
};

/// An operator who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub actor: Actor,
    pub token: Secret<String>,
    pub csrf: String,
    pub environments: Vec<(Env, Environment)>,
    pub request_id: RequestId,
}

/// An operator in one environment.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub visitor: Visitor,
    pub env: Env,
    pub stage: Stage,
    pub current: Arc<Current>,
    pub speaker: Speaker,
    pub open: OpenRuns,
}

/// A form that was sent from our own page by the one who is signed in.
#[derive(Debug)]
pub(crate) struct Posted<P, T> {
    pub place: P,
    pub form: T,
}

/// A form that says everything by being sent.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Nothing {}

/// Whether htmx asks: then a partial is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partial(pub bool);

impl Place {
    pub(crate) fn actor(&self) -> &Actor {
        &self.visitor.actor
    }

    pub(crate) fn frame(&self, room: Room, notice: Option<Notice>) -> Frame {
        // The room, not the page: one run or one form exists in its own environment alone.
        let link = |stage: Stage| StageLink { stage, href: room.path(stage), current: stage == self.stage };
        Frame {
            product: self.current.settings.product_name.clone(),
            logo: self.current.settings.logo.as_ref().map(|logo| crate::hosted::picture(self.env, logo)),
            stage: self.stage,
            stages: self.visitor.environments.iter().map(|(_, one)| link(one.stage)).collect(),
            room,
            email: self.visitor.actor.email.clone(),
            csrf: self.visitor.csrf.clone(),
            incidents: self.open.incident,
            waiting: self.open.waitlisted,
            speaker: self.speaker.clone(),
            notice,
        }
    }

    /// The place of a visitor in this stage.
    pub(crate) async fn of(state: &ConsoleState, visitor: Visitor, stage: Stage) -> Result<Self, Failure> {
        let unknown = || Failure::absent("This installation has no such environment.");
        let (env, _) = operator::of_stage(&visitor.environments, stage).ok_or_else(unknown)?;
        let env = *env;
        let current = setting::current(&state.app, env).await?;
        let open = run::open(&state.app, env).await?;
        let speaker = Speaker::new(state.app.db.now(), &current.settings.time_zone);
        Ok(Self { visitor, env, stage, current, speaker, open })
    }
}

impl FromRequestParts<ConsoleState> for Visitor {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let away = || away(parts);
        let token = state.cookies.read(&parts.headers, Cookie::Session).ok_or_else(away)?;
        let found = operator::session(&state.app, &token).await;
        let actor = found.map_err(failed)?.ok_or_else(away)?;
        let environments = operator::environments(&state.app, &actor).await.map_err(failed)?;
        let csrf = csrf::token(&token, state.app.rng.as_ref());
        Ok(Self { actor, token, csrf, environments, request_id: webkit::request_id(&parts.extensions) })
    }
}

impl FromRequestParts<ConsoleState> for Place {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let Path(segments) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let stage = segments.get("stage").and_then(|stage| stage.parse().ok());
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let absent = || Failure::absent("Rooms are under /console/dev and /console/prod.").into_response();
        let place = Self::of(state, visitor, stage.ok_or_else(absent)?).await;
        let place = place.map_err(IntoResponse::into_response)?;
        if let Some(whereabouts) = parts.extensions.get::<Whereabouts>() {
            whereabouts.are(place.stage, place.env.id());
        }
        Ok(place)
    }
}

impl<P, T> FromRequest<ConsoleState> for Posted<P, T>
where
    P: FromRequestParts<ConsoleState, Rejection = Response> + AsVisitor + Send + 'static,
    T: DeserializeOwned + 'static,
{
    type Rejection = Response;
    async fn from_request(mut request: Request, state: &ConsoleState) -> Result<Self, Response> {
        guard_sender(request.headers(), state).map_err(IntoResponse::into_response)?;
        let place = request.extract_parts_with_state::<P, _>(state).await?;
        let form = checked_form(state, request, &place.visitor().token).await?;
        Ok(Self { place, form })
    }
}

/// What a form's sender must be: somebody with a session.
pub(crate) trait AsVisitor {
    fn visitor(&self) -> &Visitor;
}

impl AsVisitor for Visitor {
    fn visitor(&self) -> &Visitor {
        self
    }
}

impl AsVisitor for Place {
    fn visitor(&self) -> &Visitor {
        &self.visitor
    }
}

impl<S: Sync> FromRequestParts<S> for Partial {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let restoring = parts.headers.contains_key("hx-history-restore-request");
        Ok(Self(parts.headers.contains_key("hx-request") && !restoring))
    }
}

/// Refuses a form that another site's page sent.
pub(crate) fn guard_sender(headers: &HeaderMap, state: &ConsoleState) -> Result<(), Failure> {
    if csrf::from_our_page(headers, &state.authority) { Ok(()) } else { Err(forged()) }
}

/// Reads the form if it carries the token that belongs to `cookie`.
pub(crate) async fn checked_form<T: DeserializeOwned + 'static>(
    state: &ConsoleState,
    request: Request,
    cookie: &Secret<String>,
) -> Result<T, Response> {
    let (parts, body) = request.into_parts();
    let bytes = body::read_within(body, state.form).await.map_err(unread)?;
    let sent =
        form_urlencoded::parse(&bytes).find(|(name, _)| name == "csrf").map(|(_, token)| token.into_owned());
    if !sent.is_some_and(|sent| csrf::matches(cookie, &sent)) {
        return Err(forged().into_response());
    }
    let again = Request::from_parts(parts, Body::from(bytes));
    let read = Form::<T>::from_request(again, &()).await;
    read.map(|Form(form)| form).map_err(unreadable)
}

/// What the address asks for. One that cannot be read gets a page, like everything here.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<ConsoleState> for Asked<T> {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(asked)| Self(asked)).map_err(unreadable)
    }
}

/// The client's address; loopback where there is no connection, as in tests.
pub(crate) fn address(parts: &axum::http::Extensions) -> std::net::IpAddr {
    let known = parts.get::<ClientAddress>().and_then(|client| client.0);
    known.unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
}

pub(crate) fn unread(fault: BodyFault) -> Response {
    let refused = |title, text| Failure::new(Category::Invalid, title, text).into_response();
    match fault {
        BodyFault::TooLarge => refused("The form is too large", "Shorten what you entered."),
        BodyFault::Broken => refused("The form did not arrive", "It broke off on its way. Send it again."),
        BodyFault::TooSlow => {
            let mut late =
                refused("The form did not arrive", "It took too long on its way. Send it again in a moment.");
            *late.status_mut() = StatusCode::REQUEST_TIMEOUT;
            late
        }
    }
}

pub(crate) fn forged() -> Failure {
    Failure::new(
        Category::Forbidden,
        "This form was not accepted",
        "It is older than your session, or another site sent it. Go back, load the page again and repeat it.",
    )
}

fn failed(fault: impl Into<Failure>) -> Response {
    fault.into().into_response()
}

pub(crate) fn unreadable(cause: impl std::error::Error + Send + Sync + 'static) -> Response {
    Failure::of(Category::Invalid, cause).into_response()
}

/// To the sign-in page and back afterwards. A partial makes the whole page go there.
fn away(parts: &Parts) -> Response {
    let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let here = if parts.method == Method::GET {
        uri.path_and_query().map_or(path::CONSOLE, |all| all.as_str()).to_owned()
    } else {
        referring_page(&parts.headers).unwrap_or_else(|| path::CONSOLE.to_owned())
    };
    if parts.headers.contains_key("hx-request") {
        let page = parts.headers.get("hx-current-url").and_then(|url| url.to_str().ok());
        let page = page.and_then(path_of).unwrap_or(here);
        let mut response = StatusCode::OK.into_response();
        if let Ok(target) = HeaderValue::from_str(&path::sign_in(&page)) {
            response.headers_mut().insert("hx-redirect", target);
        }
        return response;
    }
    Redirect::to(&path::sign_in(path::inside(&here))).into_response()
}

fn referring_page(headers: &HeaderMap) -> Option<String> {
    path_of(headers.get(header::REFERER)?.to_str().ok()?)
}

fn path_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(path::inside(&format!("{}{query}", url.path())).to_owned())
}
