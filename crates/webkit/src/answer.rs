//! How a refusal looks: each family of endpoints keeps the envelope that its clients read (decisions D10, D16,
//! D19, D20).

use crate::refused::Told;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Category, RequestId, RunId};
use model::{
    caller::{Caller, Need},
    request::{About, Detail, shortened},
    telemetry::answer::NOTES_MAX,
};
use serde_json::{Value, json};

/// A family of endpoints, by its envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `{"status":"error","message","error_code","code"}`; also for unknown paths, methods and media types.
    Telemetry,
    /// S0's: `{"status":403,"data":{"error_code","error_message"}}`.
    Workflow,
    /// `{"status":"error","message","error_code","response_id"}`.
    Token,
    /// The private endpoints: `{"status":"error","message","error_code"}`.
    Private,
}

/// The page of the guide that explains the codes, a section each. The server serves it itself.
const ERRORS: &str = "/docs/errors";

/// The section of the guide that explains a code.
pub fn explained(code: &str) -> String {
    format!("{ERRORS}#{}", code.to_lowercase())
}

/// What leads whoever reads a refusal to its explanation (RFC 8288, relation `help` of HTML). It stands in a header
/// because the bodies belong to their families, and is relative because it leads back to whoever was asked.
fn help(code: &str) -> String {
    format!("<{}>; rel=\"help\"", explained(code))
}

/// What a credential would have to be allowed, for programs (RFC 6750, section 3): `scope` names what suffices, any one of it.
fn challenge(need: Need) -> Option<HeaderValue> {
    let names: Vec<&str> = need.scopes().iter().map(|scope| scope.name()).collect();
    let scope = if names.is_empty() { String::new() } else { format!(", scope=\"{}\"", names.join(" ")) };
    HeaderValue::try_from(format!("Bearer error=\"insufficient_scope\"{scope}")).ok()
}

/// A request that is not fulfilled, before it takes the shape of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub details: Vec<Detail>,
    /// What the credential lacks.
    pub need: Option<Need>,
    /// Not answered: for whoever looks the request up. Boxed, because results carry refusals.
    pub about: Box<About>,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let (message, details) = (message.into(), Vec::new());
        Self { status, code, message, details, need: None, about: Box::default() }
    }

    /// 400 `INVALID_REQUEST`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    /// 401 `UNAUTHORIZED`.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 403 `FORBIDDEN`, in the seed's words.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", "You do not have permission to access this resource.")
    }

    /// The same for a caller whose credential is not made for this. What would be stands beside the seed's words, not in
    /// their place: in a header (RFC 6750, section 3.1), in the details where the family has them, and for whoever looks the
    /// request up.
    pub fn lacking(need: Need) -> Self {
        let refusal = Self { need: Some(need), ..Self::forbidden() };
        refusal.with_detail("credential", format!("needs {need}"))
    }

    /// 404 `NOT_FOUND`.
    pub fn absent(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// The refusal of a feature's fault, with the code that goes without saying for its category. What happened
    /// inside (500, 503) is not told: the caller gets a text that helps, the log gets the chain.
    pub fn of(category: Category, message: impl Into<String>) -> Self {
        let (code, hidden) = match category {
            Category::Invalid => ("INVALID_REQUEST", None),
            Category::Unauthenticated => ("UNAUTHORIZED", None),
            Category::Forbidden => ("FORBIDDEN", None),
            Category::Absent => ("NOT_FOUND", None),
            Category::Conflict => ("CONFLICT", None),
            Category::Limited => ("TOO_MANY_REQUESTS", None),
            Category::Unavailable => {
                ("UNAVAILABLE", Some("the service cannot do this now; try again shortly"))
            }
            Category::Fault => ("INTERNAL_ERROR", Some("something went wrong on our side")),
        };
        let status = StatusCode::from_u16(category.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, code, hidden.map_or_else(|| message.into(), str::to_owned))
    }

    #[must_use]
    pub fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// Names a field. Only the telemetry envelope shows details; the others say it in the message.
    #[must_use]
    pub fn with_detail(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.details.push(Detail { field: field.into(), message: message.into() });
        self
    }

    /// Of a caller whose credential is good.
    #[must_use]
    pub fn by(mut self, caller: &Caller) -> Self {
        self.about.environment = Some(caller.env.id());
        self.about.key = Some(caller.key);
        self
    }

    /// About a run of the caller's own environment.
    #[must_use]
    pub fn on_run(mut self, run: Option<RunId>) -> Self {
        self.about.run = run;
        self
    }

    /// About a person, by the builder's id.
    #[must_use]
    pub fn on_user(mut self, user: &str) -> Self {
        self.about.user = Some(user.to_owned());
        self
    }

    /// The answer in the family's envelope. A wrong media type answers in the telemetry shape on every path
    /// (decision D20).
    pub fn into_response(self, family: Family, request_id: RequestId) -> Response {
        let media_type = self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let family = if media_type { Family::Telemetry } else { family };
        let help = help(self.code);
        let body = self.body(family, request_id);
        let mut response = (self.status, Json(body)).into_response();
        Told { code: self.code, message: self.message, details: self.details, about: *self.about }
            .leave(&mut response);
        let headers = response.headers_mut();
        if let Ok(help) = HeaderValue::from_str(&help) {
            headers.insert(header::LINK, help);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(challenge) = self.need.and_then(challenge) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn body(&self, family: Family, request_id: RequestId) -> Value {
        let Self { status, code, message, details, .. } = self;
        match family {
            Family::Telemetry => {
                let mut body =
                    json!({"status": "error", "message": message, "error_code": code, "code": code});
                if !details.is_empty() {
                    body["details"] = json!(shortened(details, NOTES_MAX));
                }
                body
            }
            Family::Workflow => {
                json!({"status": status.as_u16(), "data": {"error_code": code, "error_message": message}})
            }
            Family::Token => {
                json!({"status": "error", "message": message, "error_code": code, "response_id": request_id})
            }
            Family::Private => json!({"status": "error", "message": message, "error_code": code}),
        }
    }
}
