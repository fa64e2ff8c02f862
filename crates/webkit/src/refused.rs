//! What a refusal leaves on its answer, so that the outermost layer can have it kept: whoever holds the id of the
//! request finds it again.

use crate::answer::Refusal;
use axum::response::Response;
use http::StatusCode;
use kernel::{Category, RequestId, Timestamp};
use model::request::{About, Detail, Refused};
use std::time::Duration;

/// Keeps refused requests. The binary implements it over the use cases. It answers at once, whatever else is going on:
/// a flood of bad requests must not hold up good ones.
pub trait RefusedLog: Send + Sync {
    fn keep(&self, refused: Refused);
}

/// Code, message and subject of a refusal, as an extension of its answer. An answer without one is not kept, unless it is
/// a fault: what scanners ask for would push out what people look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub code: &'static str,
    pub message: String,
    pub details: Vec<Detail>,
    pub about: About,
}

/// Marks the answer to an address that nobody serves, so that whoever draws pages can draw one for a browser.
#[derive(Debug, Clone, Copy)]
pub struct Unserved;

/// What the layer knows by itself.
pub(crate) struct Seen {
    pub request: RequestId,
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    pub elapsed: Duration,
}

impl Told {
    /// Leaves it on an answer, in the place of what was there.
    pub fn leave(self, response: &mut Response) {
        response.extensions_mut().insert(self);
    }

    /// The answer without it: it is not kept.
    #[must_use]
    pub fn unkept(mut response: Response) -> Response {
        response.extensions_mut().remove::<Self>();
        response
    }

    /// What is known of a fault of which nobody has told, such as a page whose template fails.
    pub(crate) fn of_fault(status: StatusCode) -> Option<Self> {
        if status != StatusCode::INTERNAL_SERVER_ERROR {
            return None;
        }
        let Refusal { code, message, details, about, .. } = Refusal::of(Category::Fault, "");
        Some(Self { code, message, details, about: *about })
    }

    pub(crate) fn with(self, seen: Seen, status: u16) -> Refused {
        let Seen { request, at, method, path, elapsed } = seen;
        let Self { code, message, details, about } = self;
        Refused { request, at, method, path, status, code: code.to_owned(), message, details, elapsed, about }
    }
}
