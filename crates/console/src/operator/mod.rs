//! The rooms of the console and their doors.

mod account;
mod act;
mod entrance;
pub(crate) mod home;
mod integrate;
mod integration;
mod keys;
mod list;
mod logo;
mod mails;
mod people;
mod preview;
mod profile;
mod requests;
mod reset;
mod run;
mod runs;
mod search;
mod settings;
mod snippet;
mod sure;
mod waitlist;
mod webhooks;
mod wire;
mod wording;
mod workflows;

pub(crate) use integrate::verifiers;
pub(crate) use requests::CODES;
pub(crate) use wording::built_in;

use crate::{ConsoleState, failure::Failure, path, visitor::Visitor};
use axum::{
    Router,
    extract::OriginalUri,
    response::Redirect,
    routing::{get, post},
};
use kernel::Category;
use model::platform::Stage;

/// Everything under `/console`. The tests hold a list of these with each kind of caller.
pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/", get(entrance_hall))
        .route("/sign-in", get(entrance::page).post(entrance::sign_in))
        .route("/setup", get(entrance::setup_page).post(entrance::setup))
        .route("/sign-out", post(account::sign_out))
        .route("/sign-out-everywhere", post(account::sign_out_everywhere))
        .route("/account", get(account::page))
        .route("/{stage}", get(home::page))
        .route("/{stage}/try", post(home::try_signup))
        .route("/{stage}/integration", get(integration::page))
        .route("/{stage}/runs", get(runs::page))
        .route("/{stage}/runs/tail", get(runs::tail))
        .route("/{stage}/runs/{id}", get(run::page))
        .route("/{stage}/runs/{id}/{act}", get(act::page).post(act::act))
        .route("/{stage}/users", get(people::users))
        .route("/{stage}/users/one", get(profile::user))
        .route("/{stage}/users/reset", get(reset::page).post(reset::reset))
        .route("/{stage}/accounts", get(people::accounts))
        .route("/{stage}/accounts/one", get(profile::account))
        .route("/{stage}/waitlist", get(waitlist::page))
        .route("/{stage}/waitlist/admit", get(waitlist::ask).post(waitlist::admit))
        .route("/{stage}/search", get(search::page))
        .route("/{stage}/mails", get(mails::page))
        .route("/{stage}/mails/{mail}", get(mails::one))
        .route("/{stage}/mails/{mail}/html", get(mails::framed))
        .route("/{stage}/mails/{mail}/message.eml", get(mails::file))
        .route("/{stage}/mails/{mail}/send", post(mails::send))
        .route("/{stage}/webhooks", get(webhooks::page))
        .route("/{stage}/webhooks/test", post(webhooks::send_test))
        .route("/{stage}/webhooks/integrate", get(integrate::page))
        .route("/{stage}/webhooks/{delivery}", get(webhooks::one))
        .route("/{stage}/requests", get(requests::page))
        .route("/{stage}/requests/{request}", get(requests::one))
        .route("/{stage}/workflows", get(workflows::page))
        .route("/{stage}/keys", get(keys::page))
        .route("/{stage}/keys/new", get(keys::form).post(keys::create))
        .route("/{stage}/keys/{key}/revoke", get(keys::revoke_page).post(keys::revoke))
        .route("/{stage}/settings", get(settings::page).post(settings::save))
        .route("/{stage}/settings/preview", post(settings::preview))
        .route("/{stage}/settings/test-mail", post(settings::test_mail))
        .route("/{stage}/settings/words", get(wording::page).post(wording::save))
        .route("/{stage}/settings/words/preview", get(wording::saved).post(wording::preview))
        .route("/{stage}/settings/logo", get(logo::page).post(logo::save))
        .route("/{stage}/settings/logo/preview", post(logo::preview))
        .route("/{stage}/settings/logo/remove", post(logo::remove))
        .route("/{stage}/settings/logo/restore", post(logo::restore))
        .route("/{stage}/settings/enable", post(settings::enable))
        .route("/{stage}/settings/rotate", get(settings::rotate_page).post(settings::rotate))
        .fallback(unknown)
        .method_not_allowed_fallback(not_like_this)
}

/// Development comes first: that is where one works.
async fn entrance_hall(visitor: Visitor) -> Redirect {
    let stage = visitor.environments.first().map_or(Stage::Development, |(_, first)| first.stage);
    Redirect::to(&path::home(stage))
}

/// A final slash is no other page (decision D2): whoever typed one is led to the page itself.
async fn unknown(OriginalUri(uri): OriginalUri) -> Result<Redirect, Failure> {
    let page = uri.path().trim_end_matches('/');
    if page.len() < uri.path().len() {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Ok(Redirect::permanent(&format!("{page}{query}")));
    }
    Err(Failure::absent("The address leads nowhere. The menu has all the rooms there are."))
}

async fn not_like_this() -> axum::response::Response {
    use axum::response::IntoResponse;
    let page = Failure::new(
        Category::Invalid,
        "This page is not for that",
        "It was asked for in a way that it does not answer.",
    );
    let mut response = page.into_response();
    *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
    response
}
