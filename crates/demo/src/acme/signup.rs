//! The front door: what Acme is, signing up, in and out. Acme knows the person first, then thrivestack takes over.

use super::{
    Acme, Kind,
    caller::{Caller, session_ended, with_cookie},
    ledger::Person,
    page,
};
use crate::{
    client::ClientFault,
    exchange::{Exchange, Message, masked_url},
};
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use kernel::token;
use serde::Deserialize;
use url::Url;

/// In characters, as the field's `maxlength` has it.
const NAME_CHARS_MAX: usize = 80;
const EMAIL_BYTES_MAX: usize = 254;

const NAME_MISSING: &str = "Please tell us your name, in at most 80 characters.";
const EMAIL_WRONG: &str = "Please enter a work e-mail such as kim@example.com.";
const NOBODY: &str = "There is no workspace with this address yet. You can create one on the front page.";

#[derive(Debug, Deserialize)]
pub(super) struct About {
    #[serde(rename = "signed-out")]
    signed_out: Option<String>,
}

pub(super) async fn landing(caller: Caller, Query(about): Query<About>) -> Response {
    let notice = about.signed_out.map(|_| "You are signed out. See you soon.");
    page::landing(&caller, StatusCode::OK, &Fields::default(), &Faults::default(), notice)
}

/// What was typed, so that nothing is lost when something has to be mended.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
}

/// What has to be mended, each beside its field, or above the form.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) name: Option<&'static str>,
    pub(super) email: Option<&'static str>,
    pub(super) form: Option<Complaint>,
}

/// Why it did not work, for the person; and for the builder, what thrivestack said.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) text: &'static str,
    pub(super) cause: String,
}

impl Complaint {
    fn of(fault: &ClientFault) -> Self {
        let text = match fault {
            ClientFault::Unreachable { .. } => {
                "Sign-up cannot be reached just now. Nothing is lost: please try again in a moment."
            }
            ClientFault::Refused { status, .. } if *status == StatusCode::CONFLICT => {
                "Sign-up is closed while we set something up. Please come back in a few minutes."
            }
            _ => {
                "Your workspace could not be created just now. Nothing is lost: please try again in a moment."
            }
        };
        Self { text, cause: fault.to_string() }
    }
}

pub(super) async fn submit(
    State(acme): State<Acme>,
    mut caller: Caller,
    Form(fields): Form<Fields>,
) -> Response {
    let (name, email) = match checked(&fields) {
        Ok(pair) => pair,
        Err(faults) => return page::landing(&caller, StatusCode::BAD_REQUEST, &fields, &faults, None),
    };
    let mend = |caller: &Caller, status, complaint| {
        let faults = Faults { form: Some(complaint), ..Faults::default() };
        page::landing(caller, status, &fields, &faults, None)
    };
    let fresh = Person { user_id: format!("u_{}", token::<12>(acme.rng.as_ref())), email, name };
    let person = match acme.ledger.welcome(fresh) {
        Ok(person) => person,
        Err(full) => {
            let text = "Acme Notes takes no more people for now. Please come back later.";
            let complaint = Complaint { text, cause: full.to_string() };
            return mend(&caller, StatusCode::SERVICE_UNAVAILABLE, complaint);
        }
    };
    acme.note(&person.email, Kind::SignedUp, Ok(format!("As user_id {}", person.user_id)), None);
    match hand_over(&acme, &person, "POST /").await {
        Ok(onward) => with_cookie(onward, caller.sign_in(&person)),
        Err(fault) => mend(&caller, StatusCode::BAD_GATEWAY, Complaint::of(&fault)),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    email: String,
}

pub(super) async fn sign_in_form(caller: Caller) -> Response {
    page::sign_in(&caller, StatusCode::OK, "", None)
}

/// Triggers again: for somebody who is through that is a login, for everybody else the run that stands.
pub(super) async fn sign_in(
    State(acme): State<Acme>,
    mut caller: Caller,
    Form(Address { email }): Form<Address>,
) -> Response {
    let typed = email.trim().to_lowercase();
    let Some(person) = acme.ledger.person(&typed) else {
        let complaint = if plausible(&typed) { NOBODY } else { EMAIL_WRONG };
        return page::sign_in(&caller, StatusCode::BAD_REQUEST, &email, Some(complaint.to_owned()));
    };
    match hand_over(&acme, &person, "POST /sign-in").await {
        Ok(onward) => with_cookie(onward, caller.sign_in(&person)),
        Err(fault) => {
            let complaint = Complaint::of(&fault).text.to_owned();
            page::sign_in(&caller, StatusCode::BAD_GATEWAY, &email, Some(complaint))
        }
    }
}

pub(super) async fn sign_out(State(acme): State<Acme>, caller: Caller) -> Response {
    if let Some(session) = &caller.session {
        acme.ledger.end_session(session);
    }
    with_cookie(Redirect::to("/?signed-out=1").into_response(), Some(session_ended()))
}

/// Token and trigger; answers with the redirect of the browser, whose form was sent to `form`.
async fn hand_over(acme: &Acme, person: &Person, form: &str) -> Result<Response, ClientFault> {
    let began = acme.clock.monotonic();
    let onward = begin(acme, person).await;
    if let Err(fault) = &onward {
        tracing::error!(error = %kernel::chain(fault), "signup could not be handed to thrivestack");
    }
    let onward = onward?;
    let shown = Url::parse(&onward).map_or_else(|_| onward.clone(), |url| masked_url(&url));
    let response = Message::new("303 See Other").with_header("location", shown);
    let (at, took) = (acme.clock.now(), acme.clock.monotonic().since(began));
    let exchange = Exchange { at, took, request: Message::new(form), response };
    let detail = "The form's answer leads to ThriveStack's page of this run".to_owned();
    acme.note(&person.email, Kind::Redirect, Ok(detail), Some(exchange));
    Ok(Redirect::to(&onward).into_response())
}

async fn begin(acme: &Acme, person: &Person) -> Result<String, ClientFault> {
    let (client, tape) = acme.client.taped();
    let token = client.token().await;
    let exchange = tape.take();
    let detail = match &token {
        Ok(_) if exchange.is_some() => Ok("Good for one hour and two scopes".to_owned()),
        Ok(_) => Ok("The one from an earlier sign-up is still good".to_owned()),
        Err(fault) => Err(fault.to_string()),
    };
    acme.note(&person.email, Kind::Token, detail, exchange);
    token?;
    let triggered = client.trigger(&person.user_id, &person.email).await;
    let detail = match &triggered {
        Ok(triggered) => Ok(format!("{}: run {}", triggered.message, triggered.run_id)),
        Err(fault) => Err(fault.to_string()),
    };
    acme.note(&person.email, Kind::Trigger, detail, tape.take());
    triggered.map(|triggered| triggered.redirect_url)
}

fn checked(fields: &Fields) -> Result<(String, String), Faults> {
    let name = fields.name.trim();
    let email = fields.email.trim().to_lowercase();
    let faults = Faults {
        name: (name.is_empty() || name.chars().count() > NAME_CHARS_MAX).then_some(NAME_MISSING),
        email: (!plausible(&email)).then_some(EMAIL_WRONG),
        form: None,
    };
    match faults {
        Faults { name: None, email: None, .. } => Ok((name.to_owned(), email)),
        faults => Err(faults),
    }
}

fn plausible(email: &str) -> bool {
    let parts = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    parts && email.len() <= EMAIL_BYTES_MAX && !email.contains(char::is_whitespace)
}
