//! Acme's pages: what each template receives.

use super::{
    caller::{Caller, Chrome, Member},
    ledger::{Person, Workspace},
    note::View,
    notebook::{Draft, DraftFault, Note},
    signup::{Faults, Fields},
    starter::{STARTERS, Starter},
    visit::{Choice, Complaints},
};
use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use kernel::Timestamp;

fn shown(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(markup) => (status, Html(markup)).into_response(),
        Err(fault) => {
            tracing::error!(error = %fault, "a page of Acme Notes cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "acme/landing.html")]
struct Landing<'p> {
    chrome: Chrome,
    fields: &'p Fields,
    faults: &'p Faults,
    notice: Option<&'static str>,
}

pub(super) fn landing(
    caller: &Caller,
    status: StatusCode,
    fields: &Fields,
    faults: &Faults,
    notice: Option<&'static str>,
) -> Response {
    shown(status, &Landing { chrome: caller.chrome("/"), fields, faults, notice })
}

#[derive(Template)]
#[template(path = "acme/sign_in.html")]
struct SignIn<'p> {
    chrome: Chrome,
    email: &'p str,
    complaint: Option<String>,
}

pub(super) fn sign_in(
    caller: &Caller,
    status: StatusCode,
    email: &str,
    complaint: Option<String>,
) -> Response {
    shown(status, &SignIn { chrome: caller.chrome("/sign-in"), email, complaint })
}

#[derive(Template)]
#[template(path = "acme/message.html")]
struct Notice<'p> {
    chrome: Chrome,
    title: &'p str,
    text: &'p str,
}

pub(super) fn message(caller: Caller, status: StatusCode, title: &str, text: &str) -> Response {
    shown(status, &Notice { chrome: caller.chrome("/home"), title, text })
}

#[derive(Template)]
#[template(path = "acme/waiting.html")]
struct Waiting {
    chrome: Chrome,
    person: Person,
}

/// For somebody who has signed up and whose workspace has not come yet; the page looks again by itself.
pub(super) fn waiting(caller: &Caller, person: Person) -> Response {
    let mut response = shown(StatusCode::OK, &Waiting { chrome: caller.chrome("/home"), person });
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("15"));
    response
}

#[derive(Template)]
#[template(path = "acme/onboarding.html")]
struct Onboarding<'p> {
    chrome: Chrome,
    person: &'p Person,
    choice: &'p Choice,
    starters: &'static [Starter],
    complaints: Complaints,
}

impl Onboarding<'_> {
    fn chosen(&self, starter: &Starter) -> bool {
        let key = Starter::of(&self.choice.template).map_or(STARTERS[0].key, |chosen| chosen.key);
        starter.key == key
    }
}

pub(super) fn onboarding(
    member: &Member,
    status: StatusCode,
    choice: &Choice,
    complaints: Complaints,
) -> Response {
    let chrome = member.caller.chrome("/onboarding");
    let starters = &STARTERS;
    shown(status, &Onboarding { chrome, person: &member.person, choice, starters, complaints })
}

/// The notes that match, how many there are in all, and the one that was just deleted.
pub(super) type Shelf = (Vec<Note>, usize, Option<Note>);

#[derive(Template)]
#[template(path = "acme/home.html")]
struct Home<'p> {
    chrome: Chrome,
    workspace: &'p Workspace,
    view: &'p View,
    notes: Vec<Note>,
    total: usize,
    binned: Option<Note>,
    now: Timestamp,
}

impl Home<'_> {
    fn ago(&self, note: &Note) -> String {
        ago(note.edited_at, self.now)
    }

    fn excerpt(&self, note: &Note) -> String {
        excerpt(&note.text)
    }
}

pub(super) fn home(member: &Member, view: &View, (notes, total, binned): Shelf, now: Timestamp) -> Response {
    let chrome = member.caller.chrome("/home");
    let page = Home { chrome, workspace: &member.workspace, view, notes, total, binned, now };
    shown(StatusCode::OK, &page)
}

/// A note on the desk: what its form shows.
pub(super) struct Editor {
    /// `None` while it is not kept yet.
    note: Option<(Note, String)>,
    draft: Draft,
    fault: Option<DraftFault>,
    saved: bool,
}

impl Editor {
    pub(super) fn blank(draft: Draft, fault: Option<DraftFault>) -> Self {
        Self { note: None, draft: Draft { revision: 0, ..draft }, fault, saved: false }
    }

    pub(super) fn of(note: Note, now: Timestamp, saved: bool) -> Self {
        let draft = Draft { title: note.title.clone(), text: note.text.clone(), revision: note.revision };
        let edited = ago(note.edited_at, now);
        Self { note: Some((note, edited)), draft, fault: None, saved }
    }

    /// What was typed over a note that is kept, to be saved again over its newest state.
    pub(super) fn mended(kept: Note, typed: Draft, now: Timestamp, fault: DraftFault) -> Self {
        let draft = Draft { revision: kept.revision, ..typed };
        Self { draft, fault: Some(fault), ..Self::of(kept, now, false) }
    }

    fn action(&self) -> String {
        self.note.as_ref().map_or_else(|| "/notes".to_owned(), |(note, _)| format!("/notes/{}", note.id))
    }
}

#[derive(Template)]
#[template(path = "acme/note.html")]
struct NotePage {
    chrome: Chrome,
    editor: Editor,
}

pub(super) fn note(member: &Member, status: StatusCode, editor: Editor) -> Response {
    let back = editor.note.as_ref().map_or_else(|| "/notes/new".to_owned(), |_| editor.action());
    shown(status, &NotePage { chrome: member.caller.chrome(&back), editor })
}

/// As one would say it.
fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.since(then).as_secs() {
        0..60 => "just now".to_owned(),
        s @ 60..3_600 => format!("{} min ago", s / 60),
        s @ 3_600..86_400 => format!("{} h ago", s / 3_600),
        s => format!("{} d ago", s / 86_400),
    }
}

/// The first words of a text, for the list.
fn excerpt(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

const EXCERPT_CHARS: usize = 140;
