//! The browser comes back: onboarding, home, and what happened so far.

use super::{Acme, Step, html, ledger::Person, page, session, session_cookie};
use axum::{
    Form, Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use kernel::token;
use serde::{Deserialize, Serialize};
use url::Url;

/// What thrivestack adds to the onboarding and the success URL (domain 4.5), as far as Acme reads it.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    #[serde(rename = "authOTP")]
    code: Option<String>,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
}

pub(super) async fn onboarding(
    State(acme): State<Acme>,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Response {
    let Some(person) = recognise(&acme, &headers, &arrival, "onboarding").await else {
        return unknown();
    };
    let workspace = acme.ledger.workspace_of(&person.email);
    let return_url = arrival.return_url.filter(|url| is_ours(&acme, url));
    let steps = acme.ledger.steps_of(&person.email);
    let markup = page::onboarding(&person, workspace.as_ref(), return_url.as_deref(), &steps);
    welcome(&acme, &headers, &person, markup)
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    template: String,
    #[serde(default)]
    return_url: String,
}

/// Onboarding is done: on to the return URL, which leads to `/home` by way of thrivestack.
pub(super) async fn onboarded(
    State(acme): State<Acme>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    let Some(person) = session(&headers).and_then(|token| acme.ledger.signed_in(token)) else {
        return unknown();
    };
    if page::TEMPLATES.iter().any(|(key, _, _)| *key == choice.template) {
        acme.ledger.choose_template(&person.email, &choice.template);
    }
    acme.note(&person.email, "onboarded", "on to returnUrl");
    let target = if is_ours(&acme, &choice.return_url) { choice.return_url.as_str() } else { "/home" };
    Redirect::to(target).into_response()
}

pub(super) async fn home(
    State(acme): State<Acme>,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Response {
    let Some(person) = recognise(&acme, &headers, &arrival, "home").await else {
        return unknown();
    };
    let workspace = acme.ledger.workspace_of(&person.email);
    let steps = acme.ledger.steps_of(&person.email);
    let markup = page::home(&person, workspace.as_ref(), &steps);
    welcome(&acme, &headers, &person, markup)
}

#[derive(Debug, Deserialize)]
pub(super) struct About {
    email: String,
}

/// For `demo --check`, which looks at Acme from outside like everything else.
pub(super) async fn steps(State(acme): State<Acme>, Query(about): Query<About>) -> Json<Account> {
    let user_id = acme.ledger.person(&about.email).map(|person| person.user_id);
    Json(Account { user_id, steps: acme.ledger.steps_of(&about.email) })
}

#[derive(Serialize)]
pub(super) struct Account {
    user_id: Option<String>,
    steps: Vec<Step>,
}

/// Who is here: by the one-time code if there is a good one, else by Acme's own session (a page that is
/// reloaded shows its code a second time, and a code works once).
async fn recognise(
    acme: &Acme,
    headers: &HeaderMap,
    arrival: &Arrival,
    landed: &'static str,
) -> Option<Person> {
    let from_session = session(headers).and_then(|token| acme.ledger.signed_in(token));
    let Some(code) = &arrival.code else {
        if let Some(person) = &from_session {
            acme.note(&person.email, landed, "by Acme's own session");
        }
        return from_session;
    };
    match acme.client.exchange(code).await {
        Ok(visitor) => {
            let email = visitor.email_id.to_lowercase();
            acme.note(&email, landed, "the browser landed");
            let account =
                if visitor.tenant_name.is_empty() { &visitor.tenant_id } else { &visitor.tenant_name };
            acme.note(&email, "exchanged", format!("GET /v1/ValidateAuthOTP → {email} of {account}"));
            let name = email.split('@').next().unwrap_or_default().to_owned();
            let fresh = Person { user_id: format!("u_{}", token::<12>(acme.rng.as_ref())), email, name };
            acme.ledger.welcome(fresh).ok()
        }
        Err(fault) => {
            tracing::info!(error = %kernel::chain(&fault), "the one-time code was not taken");
            from_session
        }
    }
}

fn welcome(acme: &Acme, headers: &HeaderMap, person: &Person, markup: String) -> Response {
    let known = session(headers).and_then(|token| acme.ledger.signed_in(token));
    if known.is_some_and(|known| known.email == person.email) {
        return html(markup).into_response();
    }
    let session = token::<24>(acme.rng.as_ref());
    let cookie = AppendHeaders([(header::SET_COOKIE, session_cookie(&session))]);
    acme.ledger.begin_session(session, &person.email);
    (cookie, html(markup)).into_response()
}

/// A redirect goes back to thrivestack or nowhere: the query string is anybody's to write.
fn is_ours(acme: &Acme, url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.origin() == acme.client.connection().api.origin())
}

fn unknown() -> Response {
    let text = "Acme Notes does not know who you are. Your link may have been used already.";
    page::message(StatusCode::UNAUTHORIZED, "Please sign in", text)
}
