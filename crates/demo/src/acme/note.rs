//! The workspace: its notes listed and searched, written, deleted, and brought back.

use super::{
    Acme,
    caller::{Caller, Member, with_cookie},
    news,
    notebook::{Draft, DraftFault},
    page,
    visit::{Arrival, arrive},
};
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// What is looked for, and what was done before.
#[derive(Debug, Default, Deserialize)]
pub(super) struct View {
    #[serde(default)]
    pub(super) q: String,
    /// A note that was deleted: it can come back.
    pub(super) deleted: Option<u32>,
    pub(super) restored: Option<u32>,
}

pub(super) async fn home(
    State(acme): State<Acme>,
    caller: Caller,
    uri: Uri,
    Query(arrival): Query<Arrival>,
    Query(view): Query<View>,
) -> Response {
    let (member, cookie) = match arrive(&acme, caller, &uri, &arrival).await {
        Ok(arrived) => arrived,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let look = |notes: &super::notebook::Notebook| {
        let binned = notes.binned().filter(|note| view.deleted == Some(note.id)).cloned();
        (notes.list(&view.q), notes.len(), binned)
    };
    let shelf = acme.ledger.read(&member.workspace.id, look).unwrap_or_default();
    with_cookie(page::home(&member, &view, shelf, acme.clock.now()), cookie)
}

pub(super) async fn blank(member: Member) -> Response {
    page::note(&member, StatusCode::OK, page::Editor::blank(Draft::default(), None))
}

#[derive(Debug, Deserialize)]
pub(super) struct Done {
    saved: Option<String>,
}

pub(super) async fn open(
    State(acme): State<Acme>,
    member: Member,
    Path(id): Path<u32>,
    Query(done): Query<Done>,
) -> Response {
    let note = acme.ledger.read(&member.workspace.id, |notes| notes.get(id).cloned()).flatten();
    match note {
        Some(note) => {
            let editor = page::Editor::of(note, acme.clock.now(), done.saved.is_some());
            page::note(&member, StatusCode::OK, editor)
        }
        None => gone(member),
    }
}

pub(super) async fn add(State(acme): State<Acme>, member: Member, Form(draft): Form<Draft>) -> Response {
    let now = acme.clock.now();
    match acme.ledger.write(&member.workspace.id, bytes(&draft), |notes| notes.add(&draft, now)) {
        Ok(id) => {
            news::used(&acme, &member, "note_create");
            Redirect::to(&format!("/notes/{id}?saved=1")).into_response()
        }
        Err(fault) => page::note(&member, status(fault), page::Editor::blank(draft, Some(fault))),
    }
}

pub(super) async fn change(
    State(acme): State<Acme>,
    member: Member,
    Path(id): Path<u32>,
    Form(draft): Form<Draft>,
) -> Response {
    let now = acme.clock.now();
    let workspace = &member.workspace.id;
    let fault = match acme.ledger.write(workspace, bytes(&draft), |notes| notes.change(id, &draft, now)) {
        Ok(()) => {
            news::used(&acme, &member, "note_edit");
            return Redirect::to(&format!("/notes/{id}?saved=1")).into_response();
        }
        Err(fault) => fault,
    };
    let kept = acme.ledger.read(workspace, |notes| notes.get(id).cloned()).flatten();
    let editor = match kept {
        Some(kept) => page::Editor::mended(kept, draft, now, fault),
        // It was deleted meanwhile: what was typed can still become a note.
        None => page::Editor::blank(draft, Some(fault)),
    };
    page::note(&member, status(fault), editor)
}

pub(super) async fn bin(State(acme): State<Acme>, member: Member, Path(id): Path<u32>) -> Response {
    // A notebook that is not there holds no note either.
    let _ = acme.ledger.write(&member.workspace.id, 0, |notes| {
        notes.bin(id);
        Ok(())
    });
    Redirect::to(&format!("/home?deleted={id}")).into_response()
}

pub(super) async fn restore(State(acme): State<Acme>, member: Member, Path(id): Path<u32>) -> Response {
    let restored = acme.ledger.write(&member.workspace.id, 0, |notes| Ok(notes.restore(id)));
    let there = acme.ledger.read(&member.workspace.id, |notes| notes.get(id).is_some());
    match restored == Ok(true) || there == Some(true) {
        true => Redirect::to(&format!("/home?restored={id}")).into_response(),
        false => gone(member),
    }
}

fn gone(member: Member) -> Response {
    let text = "It was deleted, or the address has a slip in it. Your other notes are all there.";
    page::message(member.caller, StatusCode::NOT_FOUND, "This note is not here", text)
}

fn bytes(draft: &Draft) -> usize {
    draft.title.len() + draft.text.len()
}

fn status(fault: DraftFault) -> StatusCode {
    match fault {
        DraftFault::Empty | DraftFault::Title | DraftFault::Text => StatusCode::BAD_REQUEST,
        DraftFault::Many | DraftFault::Changed => StatusCode::CONFLICT,
        DraftFault::Gone => StatusCode::NOT_FOUND,
        DraftFault::Full => StatusCode::SERVICE_UNAVAILABLE,
    }
}
