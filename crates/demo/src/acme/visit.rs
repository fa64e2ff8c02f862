//! The browser comes back: the one-time code, the onboarding page, and what happened so far.

use super::{
    Acme, Kind, Step,
    caller::{Caller, Elsewhere, Member, stranger, with_cookie},
    ledger::Person,
    news, page,
    starter::Starter,
};
use crate::exchange::{Exchange, Message, masked_path};
use axum::{
    Form, Json,
    extract::{Query, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// Of a workspace, in characters.
pub(super) const NAME_CHARS_MAX: usize = 60;

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
    caller: Caller,
    uri: Uri,
    Query(arrival): Query<Arrival>,
) -> Response {
    let (member, cookie) = match arrive(&acme, caller, &uri, &arrival).await {
        Ok(arrived) => arrived,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let choice = Choice { name: member.workspace.name.clone(), template: String::new() };
    with_cookie(page::onboarding(&member, StatusCode::OK, &choice, Complaints::default()), cookie)
}

/// The answers of the onboarding page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) template: String,
}

/// What has to be mended, each beside its field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Complaints {
    pub(super) name: Option<&'static str>,
    pub(super) template: Option<&'static str>,
}

const NAME_MISSING: &str = "Give the workspace a name, in at most 60 characters.";
const TEMPLATE_MISSING: &str = "Choose what the workspace begins with.";

/// Onboarding is done: on to the return URL, which leads to `/home` by way of thrivestack.
pub(super) async fn onboarded(
    State(acme): State<Acme>,
    mut member: Member,
    Form(choice): Form<Choice>,
) -> Response {
    let name = choice.name.trim();
    let unnamed = name.is_empty() || name.chars().count() > NAME_CHARS_MAX;
    let starter = Starter::of(&choice.template);
    let (Some(starter), false) = (starter, unnamed) else {
        let complaints = Complaints {
            name: unnamed.then_some(NAME_MISSING),
            template: starter.is_none().then_some(TEMPLATE_MISSING),
        };
        return page::onboarding(&member, StatusCode::BAD_REQUEST, &choice, complaints);
    };
    name.clone_into(&mut member.workspace.name);
    if acme.ledger.settle(&member.workspace.id, name, starter.key) {
        furnish(&acme, &member, starter);
        news::onboarded(&acme, &member, starter.key);
    }
    let target = acme.ledger.return_of(&member.person.email).unwrap_or_else(|| "/home".to_owned());
    let shown = Url::parse(&target).map_or_else(|_| target.clone(), |url| masked_path(&url));
    let exchange = Exchange {
        at: acme.clock.now(),
        took: Duration::ZERO,
        request: Message::new("POST /onboarding"),
        response: Message::new("303 See Other").with_header("location", shown),
    };
    let detail = format!("The workspace is called {name}; on to the return URL");
    acme.note(&member.person.email, Kind::Onboarded, Ok(detail), Some(exchange));
    Redirect::to(&target).into_response()
}

fn furnish(acme: &Acme, member: &Member, starter: &Starter) {
    let now = acme.clock.now();
    for draft in starter.drafts() {
        let bytes = draft.title.len() + draft.text.len();
        // A sample that is full begins empty.
        let _ = acme.ledger.write(&member.workspace.id, bytes, |notes| notes.add(&draft, now));
    }
}

/// Lets in whoever brings a good code, or has a session (a page that is reloaded shows its code a second time, and a
/// code works once). Answers the cookie of a session that begins.
pub(super) async fn arrive(
    acme: &Acme,
    mut caller: Caller,
    uri: &Uri,
    arrival: &Arrival,
) -> Result<(Member, Option<String>), Elsewhere> {
    let known = match &arrival.code {
        Some(code) => exchange(acme, uri, code).await,
        None => None,
    };
    let Some(person) = known.or_else(|| caller.person.clone()) else { return Err(stranger(&caller)) };
    let cookie = caller.sign_in(&person);
    // A redirect goes back to thrivestack or nowhere: the query string is anybody's to write.
    if let Some(url) = arrival.return_url.as_ref().filter(|url| is_ours(acme, url)) {
        acme.ledger.remember_return(&person.email, url.clone());
    }
    match Member::of(acme, caller) {
        Ok(member) => Ok((member, cookie)),
        Err(elsewhere) => Err(elsewhere.with_cookie(cookie)),
    }
}

/// Who the code stands for.
async fn exchange(acme: &Acme, uri: &Uri, code: &str) -> Option<Person> {
    let at = acme.clock.now();
    let (client, tape) = acme.client.taped();
    let visitor = match client.exchange(code).await {
        Ok(visitor) => visitor,
        Err(fault) => {
            tracing::info!(error = %kernel::chain(&fault), "the one-time code was not taken");
            return None;
        }
    };
    let email = visitor.email_id.to_lowercase();
    acme.note(
        &email,
        Kind::Landed,
        Ok("With a one-time code in the address".to_owned()),
        Some(landed(at, uri)),
    );
    let tenant = if visitor.tenant_name.is_empty() { &visitor.tenant_id } else { &visitor.tenant_name };
    let detail = format!("The token says {email}, of {tenant}");
    acme.note(&email, Kind::Exchanged, Ok(detail), tape.take());
    let name = email.split('@').next().unwrap_or_default().to_owned();
    acme.ledger.recognise(Person { user_id: visitor.user_id, email, name }).ok()
}

fn landed(at: kernel::Timestamp, uri: &Uri) -> Exchange {
    let shown = Url::parse(&format!("http://acme.example{uri}"))
        .map_or_else(|_| uri.path().to_owned(), |url| masked_path(&url));
    Exchange {
        at,
        took: Duration::ZERO,
        request: Message::new(format!("GET {shown}")),
        response: Message::new("200 OK").with_header("content-type", "text/html"),
    }
}

fn is_ours(acme: &Acme, url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.origin() == acme.client.connection().api.origin())
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
