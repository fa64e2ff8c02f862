//! When a page cannot be shown: the cause goes to the log, the person gets what helps and the request's id.

use crate::{path, view::sign_in::Message};
use app::{
    integration::ChecklistFault,
    key::KeyFault,
    mail::{MailViewFault, SendAgainFault, TrialFault},
    operator::OperatorFault,
    profile::ProfileFault,
    report::ReportFault,
    request::RequestFault,
    run::{ActFault, BatchFault, ForgetFault, TryFault, ViewFault},
    setting::SettingFault,
    webhook::{DeliveryViewFault, TestFault},
};
use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use kernel::{Category, EnvironmentId};
use model::{platform::Stage, request::About};
use std::{
    error::Error,
    sync::{Arc, OnceLock},
};
use webkit::Told;

/// A page that could not be made.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    category: Category,
    title: String,
    text: String,
    /// For the log alone.
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failure {
    pub(crate) fn new(category: Category, title: &str, text: &str) -> Self {
        Self { category, title: title.to_owned(), text: text.to_owned(), cause: None }
    }

    /// What went wrong, where the page has no better words for it.
    pub(crate) fn of(category: Category, cause: impl Error + Send + Sync + 'static) -> Self {
        let (title, text) = words(category);
        Self { cause: Some(Arc::new(cause)), ..Self::new(category, title, text) }
    }

    /// The same, when something was done before it.
    pub(crate) fn after(self, done: &str) -> Self {
        Self { text: format!("{done} {}", self.text), ..self }
    }

    pub(crate) fn absent(text: &str) -> Self {
        Self::new(Category::Absent, "There is no such page", text)
    }
}

/// What a use case answers when it fails: `?` makes a page of it.
pub(crate) trait Categorised: Error + Send + Sync + 'static {
    fn category(&self) -> Category;
}

macro_rules! categorised {
    ($($fault:ty),*) => {$(
        impl Categorised for $fault {
            fn category(&self) -> Category {
                <$fault>::category(self)
            }
        }
    )*};
}

categorised!(
    ActFault,
    BatchFault,
    ChecklistFault,
    DeliveryViewFault,
    ForgetFault,
    KeyFault,
    MailViewFault,
    OperatorFault,
    ProfileFault,
    ReportFault,
    RequestFault,
    SendAgainFault,
    SettingFault,
    TestFault,
    TrialFault,
    TryFault,
    ViewFault
);

impl<F: Categorised> From<F> for Failure {
    fn from(fault: F) -> Self {
        Self::of(fault.category(), fault)
    }
}

const fn words(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::Invalid => (
            "This cannot be done like that",
            "Something in the request breaks a rule. Go back and look at what was entered.",
        ),
        Category::Unauthenticated => ("Please sign in", "Your session has ended."),
        Category::Forbidden => {
            ("This is not allowed", "The form may be too old. Go back, load the page again and repeat it.")
        }
        Category::Absent => ("It is not there", "It may belong to the other environment, or was removed."),
        Category::Conflict => (
            "It has changed meanwhile",
            "Somebody or something was faster. Go back and look at how it is now.",
        ),
        Category::Limited => ("Too much at once", "Wait a moment, then try again."),
        Category::Unavailable => {
            ("Not available right now", "The server is busy. Try again in a moment; nothing was lost.")
        }
        Category::Fault => (
            "Something went wrong here",
            "This is our fault, not yours. The log has the details under the request's id.",
        ),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.category.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// In which environment an operator who is signed in asked for a page. Whoever finds out tells the layer around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Whereabouts(Arc<OnceLock<(Stage, EnvironmentId)>>);

impl Whereabouts {
    pub(crate) fn are(&self, stage: Stage, environment: EnvironmentId) {
        // The first one knew as much.
        let _ = self.0.set((stage, environment));
    }
}

/// Draws the page of a [`Failure`] and logs its cause, once, with the id that the person sees too. What an operator met
/// is kept under this id, and so is every failure of ours; what strangers try at the doors is not.
pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    let id = webkit::request_id(request.extensions());
    let whereabouts = Whereabouts::default();
    request.extensions_mut().insert(whereabouts.clone());
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    if let Some(cause) = &failure.cause
        && matches!(failure.category, Category::Fault | Category::Unavailable)
    {
        tracing::error!(request.id = %id, error = %kernel::chain(cause.as_ref()), "a page could not be made");
    }
    let place = whereabouts.0.get().copied();
    let code = webkit::Refusal::of(failure.category, "").code;
    let told = Told {
        code,
        message: format!("{}. {}", failure.title, failure.text),
        details: Vec::new(),
        about: About { environment: place.map(|(_, environment)| environment), ..About::default() },
    };
    let page = Message {
        title: failure.title,
        text: failure.text,
        href: path::CONSOLE.to_owned(),
        way_on: "To the console".to_owned(),
        request_id: Some(id.to_string()),
        request_href: place.map(|(stage, _)| path::request(stage, id)),
        help: webkit::answer::explained(code),
    };
    let mut drawn = (response.status(), html(&page)).into_response();
    if place.is_some() || drawn.status().is_server_error() {
        told.leave(&mut drawn);
    }
    if matches!(failure.category, Category::Unavailable | Category::Limited) {
        drawn.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    drawn
}

/// The page of an address that nobody serves. It knows nobody, and strangers find it: it leads to the front door.
pub(crate) fn nowhere() -> Response {
    let page = Message {
        title: "There is no such page".to_owned(),
        text: "The address leads nowhere. Compare it with the place that you have it from.".to_owned(),
        href: "/".to_owned(),
        way_on: "To the front page".to_owned(),
        request_id: None,
        request_href: None,
        help: String::new(),
    };
    (StatusCode::NOT_FOUND, html(&page)).into_response()
}

/// Renders a template. One that fails is a fault of ours: templates are compiled, so only writing can fail.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(fault) => {
            tracing::error!(error = %kernel::chain(&fault), "a template could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made").into_response()
        }
    }
}
