//! What end users will see, for the frame beside a form: the hosted pages and the welcome mail as they are saved, or as they
//! are about to be.

use crate::{ConsoleState, failure::Failure, hosted, policy::Framed, view::hosted::Picture};
use app::{
    mail,
    setting::{self, Current},
};
use axum::{
    Extension,
    response::{Html, IntoResponse, Response},
};
use kernel::Category;
use model::setting::logo::Logo;

/// How the preview calls the welcome mail, beside the pages.
pub(super) const MAIL: &str = "mail";

/// A page of this environment, with its logo.
pub(super) async fn show(state: &ConsoleState, current: &Current, page: &str) -> Result<Response, Failure> {
    let logo = current.settings.logo.as_ref();
    if page != MAIL {
        let picture = logo.map(|logo| hosted::picture(current.env, logo));
        return Ok(hosted::preview(current, page, picture));
    }
    let bytes = match logo {
        Some(logo) => {
            setting::logo_bytes(&state.app, current.env, logo).await.map_err(setting::SettingFault::from)?
        }
        None => None,
    };
    letter(current, logo.zip(bytes.as_deref()))
}

/// The same with a logo that is not saved.
pub(super) fn show_with(
    current: &Current,
    page: &str,
    logo: &Logo,
    file: &[u8],
) -> Result<Response, Failure> {
    if page == MAIL {
        return letter(current, Some((logo, file)));
    }
    Ok(hosted::preview(current, page, Some(Picture::of(logo, logo.inline(file)))))
}

/// The welcome mail in its frame, the subject above it. What the frame shows comes with it: it is cut off from everything.
fn letter(current: &Current, logo: Option<(&Logo, &[u8])>) -> Result<Response, Failure> {
    let logo = logo.filter(|(logo, _)| logo.travels()).map(|(logo, file)| (logo, logo.inline(file)));
    let logo = logo.as_ref().map(|(logo, address)| (*logo, address.as_str()));
    let written = mail::sample(current, logo).map_err(|fault| Failure::of(Category::Fault, fault))?;
    Ok((Extension(Framed::Mail), Html(written.html)).into_response())
}
