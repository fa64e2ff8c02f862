//! One attempt as it is sent and as it is kept.

use super::{Purpose, Sender, explain};
use crate::App;
use crate::setting::Current;
use kernel::Timestamp;
use model::platform::Stage;
use model::webhook::retry::Verdict;
use model::webhook::signature::{SIGNATURE_HEADER, Signer, SigningSecret};
use outbound::{Policy, Request, Response, SendFault};
use serde_json::{Map, Value};
use store::delivery::{Attempt, Delivery};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Of an answer's body this much is kept.
const BODY_KEPT_BYTES: usize = 4_096;
/// Answers may set cookies or carry tokens: such headers are kept as present, without their value.
const HIDDEN: [&str; 5] =
    ["set-cookie", "authorization", "proxy-authenticate", "www-authenticate", "x-api-key"];

/// Which addresses the webhooks of an environment may go to.
pub const fn policy(stage: Stage) -> Policy {
    match stage {
        Stage::Development => Policy::Development,
        Stage::Production => Policy::Production,
    }
}

/// The signed request of this attempt; `None` when the environment has no usable secret.
pub(super) fn request(current: &Current, url: Url, delivery: &Delivery, at: Timestamp) -> Option<Request> {
    let mut secrets =
        current.secrets.iter().filter_map(|one| one.secret.expose().parse::<SigningSecret>().ok());
    let mut signer = Signer::new(secrets.next()?);
    for previous in secrets {
        signer = signer.and(previous);
    }
    let body = delivery.body.clone().into_bytes();
    let signed = signer.headers(delivery.id, at, &body);
    let request = Request::post(url, policy(current.environment.stage))
        .header("user-agent", concat!("ThriveStack/", env!("CARGO_PKG_VERSION")))
        .json(body);
    Some(signed.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
}

/// One attempt; no answer when a shutdown came first.
pub(super) async fn send(
    app: &App,
    request: Request,
    purpose: Purpose,
    at: Timestamp,
    interrupted: &CancellationToken,
) -> (Sent, Option<Result<Response, SendFault>>) {
    let url = request.url.clone();
    let headers = shown(request.headers.iter().map(|(name, value)| (name, value)));
    let started = app.clock.monotonic();
    let answer = tokio::select! {
        answer = app.http.send(request) => Some(answer),
        () = interrupted.cancelled() => None,
    };
    let elapsed = app.clock.monotonic().since(started);
    (Sent { purpose: purpose.name(), started_at: at, elapsed, url, headers }, answer)
}

/// What came of it, and what follows.
pub(super) struct Outcome {
    pub verdict: Verdict,
    status: Option<u16>,
    error: Option<String>,
    headers: String,
    body: Vec<u8>,
    truncated: bool,
}

impl Outcome {
    pub fn of(answer: Result<Response, SendFault>, url: &Url, sender: Sender, now: Timestamp) -> Self {
        match answer {
            Ok(response) => {
                let verdict = Verdict::of_answer(response.status, response.header("retry-after"), now);
                let kept = response.body.len().min(BODY_KEPT_BYTES);
                Self {
                    verdict,
                    status: Some(response.status),
                    error: None,
                    headers: shown(response.headers.iter().map(|(name, value)| (name, value))),
                    truncated: response.truncated || kept < response.body.len(),
                    body: response.body[..kept].to_vec(),
                }
            }
            Err(fault) => {
                // What is kept is for who can mend it; the chain of causes is for who looks closer.
                tracing::debug!(error = %kernel::chain(&fault), "no answer came");
                Self::silence(explain(&fault, url, sender))
            }
        }
    }

    /// The process is asked to end while the attempt is under way.
    pub fn interrupted() -> Self {
        Self::silence(
            "the attempt was cut short when this server was stopped. The receiver may have got it".to_owned(),
        )
    }

    fn silence(error: String) -> Self {
        Self {
            verdict: Verdict::of_silence(),
            status: None,
            error: Some(error),
            headers: "{}".to_owned(),
            body: Vec::new(),
            truncated: false,
        }
    }

    /// What an incident says about the last attempt.
    pub fn words(&self) -> String {
        match (self.status, &self.error) {
            (Some(status), _) => format!("the endpoint answered {status}"),
            (None, Some(error)) => error.clone(),
            (None, None) => "no answer".to_owned(),
        }
    }

    pub fn attempt(&self, sent: &Sent, n: i64, retry_at: Option<Timestamp>) -> Attempt {
        Attempt {
            n,
            purpose: sent.purpose.to_owned(),
            started_at: sent.started_at,
            elapsed: sent.elapsed,
            url: sent.url.to_string(),
            request_headers: sent.headers.clone(),
            status: self.status,
            error: self.error.clone(),
            response_headers: self.headers.clone(),
            response_body: self.body.clone(),
            response_truncated: self.truncated,
            retry_at,
        }
    }
}

/// The request as it is kept: the signature is hidden.
pub(super) struct Sent {
    pub purpose: &'static str,
    pub started_at: Timestamp,
    pub elapsed: std::time::Duration,
    pub url: Url,
    pub headers: String,
}

/// Header names and values as one JSON object; what is secret is named and hidden.
fn shown<'a>(headers: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut object = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let hidden = HIDDEN.contains(&name.as_str()) || name == SIGNATURE_HEADER;
        let value = if hidden { "•••".into() } else { sql::without_nul(value) };
        object.insert(name, Value::from(value));
    }
    Value::Object(object).to_string()
}
