//! Who asks: read from the cookies of a request.

use super::{
    Acme,
    ledger::{Person, Workspace},
    page,
    tour::{Tour, at},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::token;
use std::convert::Infallible;
use url::Url;

const SESSION: &str = "acme_session";
/// Has the value `closed` while somebody does not want to see the tour.
const TOUR: &str = "acme_tour";

/// Anybody.
pub(super) struct Caller {
    pub(super) session: Option<String>,
    pub(super) person: Option<Person>,
    tour_open: bool,
    acme: Acme,
}

/// Somebody signed in whose workspace is there.
pub(super) struct Member {
    pub(super) caller: Caller,
    pub(super) person: Person,
    pub(super) workspace: Workspace,
}

/// The page for somebody who is not where the page asked for is.
pub(super) struct Elsewhere(Box<Response>);

impl Elsewhere {
    pub(super) fn with_cookie(self, cookie: Option<String>) -> Self {
        Self(Box::new(with_cookie(*self.0, cookie)))
    }
}

impl IntoResponse for Elsewhere {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// What stands around every page.
pub(super) struct Chrome {
    pub(super) person: Option<Person>,
    pub(super) workspace: Option<Workspace>,
    /// For somebody who has begun to sign up.
    pub(super) tour: Option<Tour>,
    /// The console's address.
    pub(super) console: Url,
}

impl Caller {
    pub(super) fn of(acme: &Acme, headers: &HeaderMap) -> Self {
        let session = cookie(headers, SESSION).map(str::to_owned);
        let person = session.as_deref().and_then(|session| acme.ledger.signed_in(session));
        let tour_open = cookie(headers, TOUR) != Some("closed");
        Self { session, person, tour_open, acme: acme.clone() }
    }

    /// For a page to which the browser can come `back` by that path.
    pub(super) fn chrome(&self, back: &str) -> Chrome {
        let workspace = self.person.as_ref().and_then(|person| self.acme.ledger.workspace_of(&person.email));
        let tour = self.person.as_ref().map(|person| {
            let steps = self.acme.ledger.steps_of(&person.email);
            let api = &self.acme.client.connection().api;
            Tour::new(api, person, workspace.as_ref(), &steps, self.tour_open, back)
        });
        let console = at(&self.acme.client.connection().api, "/console");
        Chrome { person: self.person.clone(), workspace, tour, console }
    }

    /// Begins a session of this person, unless it is theirs already; the cookie to send with the answer.
    pub(super) fn sign_in(&mut self, person: &Person) -> Option<String> {
        if self.person.as_ref().is_some_and(|known| known.email == person.email) {
            self.person = Some(person.clone());
            return None;
        }
        let session = token::<24>(self.acme.rng.as_ref());
        let line = cookie_line(SESSION, &session);
        self.acme.ledger.begin_session(session.clone(), &person.email);
        (self.session, self.person) = (Some(session), Some(person.clone()));
        Some(line)
    }
}

/// The answer with this cookie, if there is one.
pub(super) fn with_cookie(mut response: Response, cookie: Option<String>) -> Response {
    if let Some(value) = cookie.and_then(|line| HeaderValue::from_str(&line).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

pub(super) fn session_ended() -> String {
    format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

pub(super) fn tour_cookie(open: bool) -> String {
    cookie_line(TOUR, if open { "open" } else { "closed" })
}

fn cookie_line(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

impl FromRequestParts<Acme> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, acme: &Acme) -> Result<Self, Infallible> {
        Ok(Self::of(acme, &parts.headers))
    }
}

impl FromRequestParts<Acme> for Member {
    type Rejection = Elsewhere;

    async fn from_request_parts(parts: &mut Parts, acme: &Acme) -> Result<Self, Elsewhere> {
        Self::of(acme, Caller::of(acme, &parts.headers))
    }
}

impl Member {
    /// Somebody without a workspace is told where it stays.
    pub(super) fn of(acme: &Acme, caller: Caller) -> Result<Self, Elsewhere> {
        let Some(person) = caller.person.clone() else { return Err(stranger(&caller)) };
        match acme.ledger.workspace_of(&person.email) {
            Some(workspace) => Ok(Self { caller, person, workspace }),
            None => Err(Elsewhere(Box::new(page::waiting(&caller, person)))),
        }
    }
}

/// For somebody whom Acme does not know (any more).
pub(super) fn stranger(caller: &Caller) -> Elsewhere {
    let complaint =
        "You are not signed in here. A link may have been used already, or the sample was started anew.";
    Elsewhere(Box::new(page::sign_in(caller, StatusCode::UNAUTHORIZED, "", Some(complaint.to_owned()))))
}
