//! Acts that cannot be undone ask for the name of what they end.

use crate::failure::html;
use crate::view::{
    setting::Field,
    sign_in::{Confirm, Word},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// What is typed before such an act. A form of any other act has nothing in it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Sure {
    #[serde(default)]
    typed: String,
}

impl Sure {
    /// Whether this name was typed. A page shows several spaces as one, so they count as one.
    pub(super) fn names(&self, name: &str) -> bool {
        self.typed.split_whitespace().eq(name.split_whitespace())
    }

    /// The question once more: what was typed is still there, and what is wrong with it stands below.
    pub(super) fn ask_again(self, mut page: Confirm) -> Response {
        if let Some(word) = &mut page.word {
            let fault = match self.typed.trim() {
                "" => format!("Nothing was done: type {} first.", word.what),
                _ => format!("Nothing was done: this is not {}. Type it as it stands above.", word.what),
            };
            word.field = Field { value: self.typed, fault: Some(fault), ..field() };
        }
        (StatusCode::BAD_REQUEST, html(&page)).into_response()
    }
}

/// Asks for `name`; `what` says what it is a name of: *the key's name*.
pub(super) fn word(what: &'static str, name: &str) -> Word {
    Word { what, name: name.to_owned(), field: field() }
}

fn field() -> Field {
    Field { name: "typed", ..Field::default() }
}
