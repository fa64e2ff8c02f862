//! A file in a form of ours: `multipart/form-data` (RFC 7578), read whole and within bounds of its own.

use crate::{
    ConsoleState,
    visitor::{Place, forged, guard_sender, unread, unreadable},
};
use axum::{
    RequestExt,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use model::setting::logo::{BYTES_BELOW, LogoFault};
use std::time::Duration;
use webkit::{
    body::{self, BodyFault, Bounds},
    csrf,
};

/// The file, and room for the form around it.
const BOUNDS: Bounds = Bounds { bytes_max: BYTES_BELOW + 16 * 1_024, time_max: Duration::from_secs(60) };

/// A form with a file, sent from our own page by the one who is signed in.
#[derive(Debug)]
pub(crate) struct Upload {
    pub place: Place,
    /// Empty where none was chosen. Of a form that is too large nothing is known but that: not even its token, so nothing
    /// may be done about it but to say so.
    pub file: Result<Bytes, LogoFault>,
    /// Which page a preview shows.
    pub page: String,
}

impl FromRequest<ConsoleState> for Upload {
    type Rejection = Response;
    async fn from_request(mut request: Request, state: &ConsoleState) -> Result<Self, Response> {
        guard_sender(request.headers(), state).map_err(IntoResponse::into_response)?;
        let place = request.extract_parts_with_state::<Place, _>(state).await?;
        let (parts, body) = request.into_parts();
        let bytes = match body::read_within(body, BOUNDS).await {
            Ok(bytes) => bytes,
            Err(BodyFault::TooLarge) => {
                return Ok(Self { place, file: Err(LogoFault::TooLarge), page: String::new() });
            }
            Err(fault) => return Err(unread(fault)),
        };
        let mut form = Request::from_parts(parts, Body::from(bytes));
        // Forms without a file are kept to less.
        DefaultBodyLimit::max(BOUNDS.bytes_max).apply(&mut form);
        let (mut token, mut file, mut page) = (String::new(), Bytes::new(), String::new());
        let mut form = Multipart::from_request(form, state).await.map_err(unreadable)?;
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name() {
                Some("csrf") => token = field.text().await.map_err(unreadable)?,
                Some("file") => file = field.bytes().await.map_err(unreadable)?,
                Some("page") => page = field.text().await.map_err(unreadable)?,
                _ => {}
            }
        }
        if !csrf::matches(&place.visitor.token, &token) {
            return Err(forged().into_response());
        }
        Ok(Self { place, file: Ok(file), page })
    }
}
