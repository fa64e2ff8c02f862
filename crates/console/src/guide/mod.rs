//! The guide (`docs/*.md`) as pages under `/docs`: for everybody, without a sign-in, and without script.
//!
//! The files are part of the program. They are rendered once, when the first page is asked for, by [`markdown`]; links
//! between files work on a code host as they stand and lead from page to page here. A test walks every link and anchor.

mod markdown;
mod page;
mod search;

use crate::{
    ConsoleState, failure, path,
    view::guide::{Frame, Neighbour, Page as PageView, Search},
};
use axum::{
    Router,
    extract::{Path, Query, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use page::{Page, pages};
use serde::Deserialize;

/// `/docs`, its pages and its search.
pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/docs", get(|| async { shown("") }))
        .route("/docs/", get(|| async { Redirect::permanent(path::DOCS) }))
        .route("/docs/search", get(search_page))
        .route("/docs/{page}", get(one))
        .route("/docs/{page}/", get(|Path(name): Path<String>| async move { led_to(&name) }))
}

/// A page by its name. Somebody may have copied a link of the code host.
async fn one(Path(name): Path<String>) -> Response {
    match name.strip_suffix(".md") {
        Some(name) => led_to(name),
        None => shown(&name),
    }
}

/// Another spelling of a page's address. What is no page is not echoed: it may not even stand in a header.
fn led_to(name: &str) -> Response {
    match pages().iter().any(|page| page.name == name) {
        true => Redirect::permanent(&path::guide(name)).into_response(),
        false => absent(),
    }
}

fn shown(name: &str) -> Response {
    view(name).map_or_else(absent, |page| failure::html(&page))
}

fn absent() -> Response {
    let mut response = failure::html(&missed());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

async fn search_page(asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map(|Query(Asked { q })| q).unwrap_or_default();
    failure::html(&results(asked.trim()))
}

/// The page of this name.
pub(crate) fn view(name: &str) -> Option<PageView<'static>> {
    let all = pages();
    let at = all.iter().position(|page| page.name == name)?;
    let neighbour = |page: &Page| Neighbour { title: page.title.clone(), href: path::guide(page.name) };
    Some(PageView {
        frame: frame(name, ""),
        title: all[at].title.clone(),
        html: &all[at].html,
        headings: &all[at].headings,
        before: at.checked_sub(1).map(|before| neighbour(&all[before])),
        after: all.get(at + 1).map(neighbour),
    })
}

/// What happened and what to do, by the code of an error: a section of the guide.
pub(crate) fn explained(code: &str) -> Option<&'static str> {
    page::section("errors", &code.to_lowercase())
}

/// The codes of errors that lists know, each with its section if the guide has one.
pub fn codes() -> Vec<(&'static str, Option<&'static str>)> {
    crate::operator::CODES.iter().map(|(code, _)| (*code, explained(code))).collect()
}

/// What a search finds.
pub(crate) fn results(asked: &str) -> Search {
    Search { frame: frame("search", asked), missed: false, hits: search::find(asked) }
}

/// Nothing is there: a search is the way on.
pub(crate) fn missed() -> Search {
    Search { frame: frame("search", ""), missed: true, hits: Vec::new() }
}

fn frame(current: &str, asked: &str) -> Frame {
    Frame { groups: page::groups(current), asked: asked.to_owned() }
}

/// Each page of the guide with its address, for the tests that hold it against the files.
pub fn all() -> Vec<(&'static str, String)> {
    pages().iter().map(|page| (page.file, path::guide(page.name))).collect()
}
