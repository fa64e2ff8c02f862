//! The sign-up form: Acme knows the person first, then thrivestack takes over.

use super::{Acme, html, ledger::Person, page, session_cookie};
use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use kernel::token;
use serde::Deserialize;

const NAME_BYTES_MAX: usize = 80;
const EMAIL_BYTES_MAX: usize = 254;

pub(super) async fn form() -> impl IntoResponse {
    html(page::signup(&Fields::default(), None))
}

/// What was typed, so that nothing is lost when something has to be mended.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
}

pub(super) async fn submit(State(acme): State<Acme>, Form(fields): Form<Fields>) -> Response {
    let (name, email) = match checked(&fields) {
        Ok(pair) => pair,
        Err(complaint) => return mend(&fields, StatusCode::BAD_REQUEST, complaint),
    };
    let fresh = Person { user_id: format!("u_{}", token::<12>(acme.rng.as_ref())), email, name };
    let person = match acme.ledger.welcome(fresh) {
        Ok(person) => person,
        Err(full) => return mend(&fields, StatusCode::SERVICE_UNAVAILABLE, &full.to_string()),
    };
    acme.note(&person.email, "signed up", "Acme Notes knows the person");
    match hand_over(&acme, &person).await {
        Ok(redirect_url) => {
            let session = token::<24>(acme.rng.as_ref());
            let cookie = AppendHeaders([(header::SET_COOKIE, session_cookie(&session))]);
            acme.ledger.begin_session(session, &person.email);
            (cookie, Redirect::to(&redirect_url)).into_response()
        }
        Err(fault) => {
            tracing::error!(error = %kernel::chain(&fault), "signup could not be handed to thrivestack");
            mend(&fields, StatusCode::BAD_GATEWAY, &fault.to_string())
        }
    }
}

/// Token and trigger; answers where the browser goes.
async fn hand_over(acme: &Acme, person: &Person) -> Result<String, crate::client::ClientFault> {
    acme.client.token().await?;
    acme.note(&person.email, "token", "POST /api/user/token → 200");
    let triggered = acme.client.trigger(&person.user_id, &person.email).await?;
    let detail = format!("POST /trigger → run {} · {}", triggered.run_id, triggered.message);
    acme.note(&person.email, "trigger", detail);
    Ok(triggered.redirect_url)
}

fn checked(fields: &Fields) -> Result<(String, String), &'static str> {
    let name = fields.name.trim();
    let email = fields.email.trim().to_lowercase();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err("Please tell us your name, in at most 80 characters.");
    }
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    if !plausible || email.len() > EMAIL_BYTES_MAX || email.contains(char::is_whitespace) {
        return Err("Please enter a work e-mail such as ada@example.com.");
    }
    Ok((name.to_owned(), email))
}

fn mend(fields: &Fields, status: StatusCode, complaint: &str) -> Response {
    (status, html(page::signup(fields, Some(complaint)))).into_response()
}
