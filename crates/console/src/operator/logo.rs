//! *Logo*: chosen, looked at on the real pages before it is saved, removed.

use super::{entrance::sentence, preview, wording};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    hosted, path,
    upload::Upload,
    view::{
        Notice, Room, Tone,
        logo::{Logo as LogoView, Shown},
    },
    visitor::{Asked, Nothing, Place, Posted},
    words::count,
};
use app::setting::{self, SettingFault};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use model::setting::logo::{Kind, Logo, LogoFault, MAIL_BYTES_MAX};
use serde::Deserialize;

/// How the page is opened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct View {
    /// `saved`, `removed` or `restored`: just now.
    #[serde(default)]
    done: String,
    /// The one that was removed, by its hash.
    logo: Option<String>,
}

/// Which logo is shown again.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Removed {
    #[serde(default)]
    logo: String,
}

pub(crate) async fn page(place: Place, Asked(view): Asked<View>) -> Response {
    let (title, text) = match view.done.as_str() {
        "saved" => ("Saved", "Pages that are loaded and mails that are written from now on show it."),
        "removed" => ("The logo is removed", "The product\u{2019}s initial stands in its place."),
        "restored" => ("The logo is back", "Pages and mails show it as before."),
        _ => return html(&draw(&place, None, None)),
    };
    let notice = Notice::new(Tone::Good, title, text);
    let undo = view.logo.filter(|_| view.done == "removed" && place.current.settings.logo.is_none());
    match undo {
        Some(hash) => html(&LogoView { undo: Some((notice, hash)), ..draw(&place, None, None) }),
        None => html(&draw(&place, None, Some(notice))),
    }
}

pub(crate) async fn save(
    State(state): State<ConsoleState>,
    Upload { place, file, .. }: Upload,
) -> Result<Response, Failure> {
    let saved = match file {
        Ok(file) => setting::save_logo(&state.app, place.actor(), place.env, file.into()).await,
        Err(fault) => Err(fault.into()),
    };
    match saved {
        Ok(_) => Ok(back(&place, "saved")),
        Err(SettingFault::Logo(fault)) => {
            let status = match fault {
                LogoFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            let notice = Notice::new(Tone::Bad, "Not saved", "What is shown to your users stays as it was.");
            Ok((status, html(&draw(&place, Some(fault), Some(notice)))).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The pages with the file that is chosen; nothing is saved.
pub(crate) async fn preview(
    State(state): State<ConsoleState>,
    Upload { place, file, page }: Upload,
) -> Result<Response, Failure> {
    let file = match file {
        Ok(file) if file.is_empty() => return preview::show(&state, &place.current, &page).await,
        Ok(file) => file,
        Err(fault) => return Ok(refused(&place, fault)),
    };
    match Logo::examine(&file) {
        Ok(logo) => preview::show_with(&place.current, &page, &logo, &file),
        Err(fault) => Ok(refused(&place, fault)),
    }
}

fn refused(place: &Place, fault: LogoFault) -> Response {
    hosted::remark(&place.current, "This file cannot be the logo", &sentence(&fault.to_string()))
}

pub(crate) async fn remove(
    State(state): State<ConsoleState>,
    Posted { place, .. }: Posted<Place, Nothing>,
) -> Result<Response, Failure> {
    let removed = setting::remove_logo(&state.app, place.actor(), place.env).await?;
    let (done, hash) = (("done", "removed"), removed.unwrap_or_default());
    let parts = [done, ("logo", hash.as_str())];
    let parts = if hash.is_empty() { &parts[..1] } else { &parts[..] };
    Ok(Redirect::to(&path::with(&path::logo(place.stage), parts)).into_response())
}

/// Undoes [`remove`].
pub(crate) async fn restore(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Removed>,
) -> Result<Response, Failure> {
    match setting::restore_logo(&state.app, place.actor(), place.env, &form.logo).await {
        Ok(()) => Ok(back(&place, "restored")),
        Err(SettingFault::Stale(_)) => {
            let text = "It stands below and stays. To have the one that was removed, choose its file again.";
            let notice = Notice::new(Tone::Wait, "Not undone: another logo was chosen meanwhile", text);
            Ok((StatusCode::CONFLICT, html(&draw(&place, None, Some(notice)))).into_response())
        }
        Err(SettingFault::Missing) => Err(Failure::absent(
            "This logo is not kept any more. Choose its file again under Settings, Logo.",
        )),
        Err(fault) => Err(fault.into()),
    }
}

fn back(place: &Place, done: &str) -> Response {
    Redirect::to(&path::with(&path::logo(place.stage), &[("done", done)])).into_response()
}

fn draw(place: &Place, fault: Option<LogoFault>, notice: Option<Notice>) -> LogoView {
    LogoView {
        undo: None,
        frame: place.frame(Room::Settings, notice),
        product: place.current.settings.product_name.clone(),
        shown: place.current.settings.logo.as_ref().map(|logo| shown(place, logo)),
        fault: fault.map(|fault| sentence(&fault.to_string())),
        accept: Kind::ACCEPT,
        pages: wording::titles(),
    }
}

fn shown(place: &Place, logo: &Logo) -> Shown {
    let facts = format!(
        "{} × {} pixels, {} kB",
        count(u64::from(logo.width)),
        count(u64::from(logo.height)),
        logo.bytes.div_ceil(1_000),
    );
    Shown { picture: hosted::picture(place.env, logo), facts, absent_in_mails: absent_in_mails(logo) }
}

/// Why mails do not carry it.
fn absent_in_mails(logo: &Logo) -> Option<String> {
    match logo.kind {
        _ if logo.travels() => None,
        Kind::WebP => Some("Mails show the name instead: many mail programs do not draw WebP.".to_owned()),
        _ => Some(format!(
            "Mails show the name instead: every mail would carry the logo, so there it may have {} kB at most.",
            MAIL_BYTES_MAX / 1_000
        )),
    }
}
