//! Coming in: by password, or by a one-time link.

use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Tone,
        sign_in::{Message, Setup, SignIn},
    },
    visitor::{Asked, address, checked_form, guard_sender},
    words::{rough, term},
};
use app::operator::{self, NewPassword, OperatorFault, SignedIn, Visit};
use app::pool::PoolFault;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Secret, token};
use serde::Deserialize;
use webkit::{cookie::Cookie, csrf};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct LinkForm {
    #[serde(default)]
    link: String,
    #[serde(default)]
    password: String,
}

/// The sign-in form, or on to where one wanted to go.
pub(crate) async fn page(
    State(state): State<ConsoleState>,
    Asked(place): Asked<Where>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let next = path::inside(&place.next).to_owned();
    if let Some(token) = state.cookies.read(&headers, Cookie::Session)
        && operator::session(&state.app, &token).await?.is_some()
    {
        return Ok(Redirect::to(&next).into_response());
    }
    let first = !operator::any_password_set(&state.app).await?;
    Ok(with_visit(&state, &headers, |csrf| {
        html(&SignIn { csrf, email: String::new(), next, notice: None, first })
    }))
}

/// Address and password. What is wrong about them is not told apart.
pub(crate) async fn sign_in(State(state): State<ConsoleState>, request: Request) -> Response {
    let visit = visit(&request);
    let headers = request.headers().clone();
    let form = match posted::<Credentials>(&state, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let next = path::inside(&form.next).to_owned();
    match operator::sign_in(&state.app, &form.email, Secret::new(form.password), &visit).await {
        Ok(signed_in) => come_in(&state, &signed_in, &next),
        Err(fault) => match notice(&fault) {
            Some((status, notice)) => {
                let page = |csrf| {
                    html(&SignIn { csrf, email: form.email, next, notice: Some(notice), first: false })
                };
                let mut response = with_visit(&state, &headers, page);
                *response.status_mut() = status;
                response
            }
            None => Failure::from(fault).into_response(),
        },
    }
}

/// A one-time link is looked at without being used up.
pub(crate) async fn setup_page(
    State(state): State<ConsoleState>,
    Asked(form): Asked<LinkForm>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    show_setup(&state, &headers, form.link, None).await
}

/// Uses the link up: sets the password where one is given, and opens a session.
pub(crate) async fn setup(State(state): State<ConsoleState>, request: Request) -> Result<Response, Response> {
    let visit = visit(&request);
    let headers = request.headers().clone();
    let form = posted::<LinkForm>(&state, request).await?;
    let password = (!form.password.is_empty()).then_some(form.password.as_str());
    let link = Secret::new(form.link.clone());
    match operator::use_link(&state.app, &link, password, &visit).await {
        Ok(signed_in) => Ok(come_in(&state, &signed_in, path::CONSOLE)),
        Err(fault @ (OperatorFault::Password(_) | OperatorFault::PasswordMissing)) => {
            let mut page = show_setup(&state, &headers, form.link, Some(sentence(&fault.to_string())))
                .await
                .map_err(IntoResponse::into_response)?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(OperatorFault::LinkGone) => Ok(gone()),
        Err(fault) => Err(Failure::from(fault).into_response()),
    }
}

async fn show_setup(
    state: &ConsoleState,
    headers: &HeaderMap,
    link: String,
    fault: Option<String>,
) -> Result<Response, Failure> {
    let owner = match operator::link_owner(&state.app, &Secret::new(link.clone())).await {
        Ok(owner) => owner,
        Err(OperatorFault::LinkGone) => return Ok(gone()),
        Err(fault) => return Err(fault.into()),
    };
    Ok(with_visit(state, headers, |csrf| {
        html(&Setup {
            csrf,
            link,
            email: owner.email,
            has_password: owner.has_password,
            chars_min: NewPassword::CHARS_MIN,
            chars_max: NewPassword::CHARS_MAX,
            fault,
        })
    }))
}

fn gone() -> Response {
    let page = Message {
        title: "This link cannot be used".into(),
        text: format!(
            "It was used already, replaced by a newer one, or is older than {}. On the server, thrivestack operator \
             link prints a fresh one.",
            term(operator::LINK_LIFE)
        ),
        href: path::sign_in(""),
        way_on: "Sign in with a password".into(),
        request_id: None,
        request_href: None,
        help: String::new(),
    };
    (StatusCode::GONE, html(&page)).into_response()
}

/// A new session, and the form's cookie is over.
fn come_in(state: &ConsoleState, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    let headers = response.headers_mut();
    let life = operator::SESSION_LIFE.whole;
    headers.append(header::SET_COOKIE, state.cookies.give(Cookie::Session, &signed_in.token, Some(life)));
    headers.append(header::SET_COOKIE, state.cookies.take(Cookie::Visit));
    response
}

/// The form of somebody without a session: bound to the cookie of their visit.
async fn posted<T: serde::de::DeserializeOwned + 'static>(
    state: &ConsoleState,
    request: Request,
) -> Result<T, Response> {
    guard_sender(request.headers(), state).map_err(IntoResponse::into_response)?;
    let absent = || {
        Failure::new(
            kernel::Category::Forbidden,
            "This form was not accepted",
            "The browser sent no cookie with it. Allow cookies for this address, load the page again and repeat it.",
        )
        .into_response()
    };
    let cookie = state.cookies.read(request.headers(), Cookie::Visit).ok_or_else(absent)?;
    checked_form(state, request, &cookie).await
}

/// Draws a form with the token of this visit; a browser without one gets its cookie now.
fn with_visit(state: &ConsoleState, headers: &HeaderMap, page: impl FnOnce(String) -> Response) -> Response {
    let known = state.cookies.read(headers, Cookie::Visit);
    let cookie = known.clone().unwrap_or_else(|| Secret::new(token::<32>(state.app.rng.as_ref())));
    let mut response = page(csrf::token(&cookie, state.app.rng.as_ref()));
    if known.is_none() {
        let line = state.cookies.give(Cookie::Visit, &cookie, None);
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

fn visit(request: &Request) -> Visit {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Visit { address: address(request.extensions()), agent: agent.unwrap_or_default().to_owned() }
}

fn notice(fault: &OperatorFault) -> Option<(StatusCode, Notice)> {
    let bad = |title: String, text: &str| Notice::new(Tone::Bad, title, text);
    match fault {
        OperatorFault::Wrong => Some((
            StatusCode::UNAUTHORIZED,
            bad("That was not right".into(), "The address or the password is wrong."),
        )),
        OperatorFault::Limited { free_in } => Some((
            StatusCode::TOO_MANY_REQUESTS,
            bad(format!("Try again in {}", rough(*free_in)), "There were too many failed sign-ins."),
        )),
        OperatorFault::Pool(PoolFault::Busy) => Some((
            StatusCode::SERVICE_UNAVAILABLE,
            bad("Try again in a moment".into(), "Many people are signing in right now."),
        )),
        _ => None,
    }
}

/// `use at least …` as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
