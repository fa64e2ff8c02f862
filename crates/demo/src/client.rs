//! What a builder's backend says to thrivestack: token, trigger, acknowledgement, telemetry and the
//! exchange of a one-time code.

use crate::exchange::{Exchange, Message, Tape, masked_path};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Clock, Monotonic, Secret};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::Url;

/// How long one call may take; the slowest one here waits for a commit.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a token is asked for, in seconds.
const TOKEN_EXPIRY: u64 = 3_600;
/// A token is replaced when less than this is left of it.
const TOKEN_RESERVE: Duration = Duration::from_secs(60);

/// Where thrivestack is and what `thrivestack init` handed out for one environment.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The address of the public API, such as `http://127.0.0.1:7700`.
    pub api: Url,
    pub key_id: String,
    pub private_key: Secret<String>,
    pub project_key: String,
    pub private_api_key: Secret<String>,
    pub webhook_secret: Secret<String>,
    /// The published Prosumer workflow.
    pub workflow_id: String,
}

/// The JSON object is not what `thrivestack init --json` prints.
#[derive(Debug, thiserror::Error)]
#[error("not the output of `thrivestack init --json`")]
pub struct ConnectionFault(#[from] serde_json::Error);

impl Connection {
    /// Reads the one object that `thrivestack init --json` prints.
    pub fn from_init(api: Url, printed: &str) -> Result<Self, ConnectionFault> {
        #[derive(Deserialize)]
        struct Printed {
            api_key: RsaKey,
            project_key: String,
            private_api_key: String,
            webhook_secret: String,
            workflows: Workflows,
        }
        #[derive(Deserialize)]
        struct RsaKey {
            key_id: String,
            private_key: String,
        }
        #[derive(Deserialize)]
        struct Workflows {
            prosumer: String,
        }
        let printed: Printed = serde_json::from_str(printed)?;
        Ok(Self {
            api,
            key_id: printed.api_key.key_id,
            private_key: Secret::new(printed.api_key.private_key),
            project_key: printed.project_key,
            private_api_key: Secret::new(printed.private_api_key),
            webhook_secret: Secret::new(printed.webhook_secret),
            workflow_id: printed.workflows.prosumer,
        })
    }
}

/// Why a call to thrivestack brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientFault {
    /// Such as a machine without any trusted certificates.
    #[error("no HTTP client can be made on this machine")]
    Http(#[source] reqwest::Error),
    #[error("{operation}: thrivestack cannot be reached")]
    Unreachable { operation: &'static str, source: reqwest::Error },
    #[error("{operation}: thrivestack answered {status}: {body}")]
    Refused { operation: &'static str, status: StatusCode, body: String },
    #[error("{operation}: the answer lacks `{missing}`: {body}")]
    Answer { operation: &'static str, missing: &'static str, body: String },
}

impl ClientFault {
    /// For calls whose good answer is a secret: a fault is logged and shown, and must not hold it.
    fn without_body(self) -> Self {
        match self {
            Self::Answer { operation, missing, .. } => {
                Self::Answer { operation, missing, body: "(not shown)".to_owned() }
            }
            other => other,
        }
    }
}

/// The answer to a trigger.
#[derive(Debug, Clone)]
pub struct Triggered {
    pub run_id: String,
    /// Where the browser goes next.
    pub redirect_url: String,
    pub message: String,
}

/// Who a one-time code stood for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visitor {
    /// The id by which the trigger named them.
    pub user_id: String,
    pub email_id: String,
    pub tenant_id: String,
    #[serde(default)]
    pub tenant_name: String,
}

/// The body K1 of an acknowledgement (domain 2.10).
#[derive(Debug, Clone)]
pub struct Acknowledgement {
    pub workflow_id: String,
    pub run_id: String,
    /// The id under which the builder keeps the new tenant.
    pub tenant_id: String,
    pub tenant_name: String,
    pub email: String,
    pub ts_tenant_id: String,
}

/// A cheap handle; clones share one token and one connection pool.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    connection: Arc<Connection>,
    clock: Arc<dyn Clock>,
    token: Arc<Mutex<Option<Token>>>,
    tape: Option<Tape>,
}

#[derive(Clone)]
struct Token {
    bearer: String,
    obtained: Monotonic,
}

impl Client {
    pub fn new(connection: Connection, clock: Arc<dyn Clock>) -> Result<Self, ClientFault> {
        let (http, connection) = (http_client()?, Arc::new(connection));
        Ok(Self { http, connection, clock, token: Arc::default(), tape: None })
    }

    /// A clone that keeps its exchanges on a tape, masked, for whoever wants to see them.
    pub fn taped(&self) -> (Self, Tape) {
        let tape = Tape::default();
        (Self { tape: Some(tape.clone()), ..self.clone() }, tape)
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A token for trigger and acknowledgement, kept until it is about to expire. `POST /api/user/token`.
    pub async fn token(&self) -> Result<String, ClientFault> {
        if let Some(token) = self.kept_token() {
            return Ok(token);
        }
        let body = json!({
            "key_id": self.connection.key_id,
            "private_key": self.connection.private_key.expose(),
            "scopes": ["workflow_trigger_api", "telemetry_apis"],
            "expiry": TOKEN_EXPIRY,
        });
        let request = self.request(Method::POST, "/api/user/token").json(&body);
        let answer = self.send("token", request).await.map_err(ClientFault::without_body)?;
        let bearer = text_at("token", &answer, "/token").map_err(ClientFault::without_body)?;
        let kept = Token { bearer: bearer.clone(), obtained: self.clock.monotonic() };
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(bearer)
    }

    fn kept_token(&self) -> Option<String> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let age = self.clock.monotonic().since(token.obtained);
        (age + TOKEN_RESERVE < Duration::from_secs(TOKEN_EXPIRY)).then_some(token.bearer)
    }

    /// Begins a signup, or a login of somebody known. `POST /trigger`.
    pub async fn trigger(&self, user_id: &str, email: &str) -> Result<Triggered, ClientFault> {
        let body = json!({
            "user_id": user_id, "email_id": email, "workflow_id": self.connection.workflow_id,
            "role": { "role_id": "admin", "role_name": "Admin" },
        });
        let token = self.token().await?;
        let answer = self
            .send("trigger", self.request(Method::POST, "/trigger").bearer_auth(token).json(&body))
            .await?;
        Ok(Triggered {
            run_id: text_at("trigger", &answer, "/data/workflow_runtime_id")?,
            redirect_url: text_at("trigger", &answer, "/data/redirect_url")?,
            message: text_at("trigger", &answer, "/data/message")?,
        })
    }

    /// Says that the tenant is there. `POST /api/workflow`; the same again is answered the same.
    pub async fn acknowledge(&self, ack: &Acknowledgement) -> Result<(), ClientFault> {
        let body = json!({
            "workflowDesignTimeId": ack.workflow_id, "workflowRuntimeId": ack.run_id,
            "tenantId": ack.tenant_id, "tenantName": ack.tenant_name,
            "userEmailId": ack.email, "thrivestackTenantId": ack.ts_tenant_id,
        });
        let token = self.token().await?;
        let request = self.request(Method::POST, "/api/workflow").bearer_auth(token).json(&body);
        let answer = self.send("acknowledgement", request).await?;
        text_at("acknowledgement", &answer, "/data/message").map(drop)
    }

    /// Exchanges the one-time code of a redirect. `GET /v1/ValidateAuthOTP`.
    pub async fn exchange(&self, code: &str) -> Result<Visitor, ClientFault> {
        let request = self.request(Method::GET, "/v1/ValidateAuthOTP").query(&[("authOTP", code)]);
        let answer = self.send("one-time code", request).await.map_err(ClientFault::without_body)?;
        let token = text_at("one-time code", &answer, "/token").map_err(ClientFault::without_body)?;
        // The token came straight from thrivestack over our own connection, so its signature adds nothing
        // here; whoever receives one from a browser must verify it with the published key set.
        let unread = || missing("one-time code", "token with the session's claims", &answer).without_body();
        claims(&token).ok_or_else(unread)
    }

    /// Where a run stands. `GET /api/runs/{id}`.
    pub async fn run(&self, run_id: &str) -> Result<Value, ClientFault> {
        let request = self.private(Method::GET, &format!("/api/runs/{run_id}"));
        let answer = self.send("run", request).await?;
        answer.get("data").cloned().ok_or_else(|| missing("run", "data", &answer))
    }

    /// The newest events of one name about one person. `GET /api/event/`.
    pub async fn events(&self, name: &str, user_id: &str) -> Result<Vec<Value>, ClientFault> {
        let request =
            self.private(Method::GET, "/api/event/").query(&[("event_name", name), ("user_id", user_id)]);
        let answer = self.send("events", request).await?;
        answer
            .get("results")
            .and_then(Value::as_array)
            .cloned()
            .ok_or_else(|| missing("events", "results", &answer))
    }

    /// Sends one batch of one call (`identify`, `group`, `track`, `page`).
    pub async fn telemetry(&self, call: &'static str, batch: &[Value]) -> Result<(), ClientFault> {
        let request = self
            .request(Method::POST, &format!("/api/{call}"))
            .header("x-api-key", &self.connection.project_key)
            .json(batch);
        self.send(call, request).await.map(drop)
    }

    pub(crate) async fn send(
        &self,
        operation: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<Value, ClientFault> {
        let unreachable =
            |source: reqwest::Error| ClientFault::Unreachable { operation, source: source.without_url() };
        let request = request.build().map_err(unreachable)?;
        let Answer { status, body, .. } = self.perform(request).await.map_err(unreachable)?;
        if !status.is_success() {
            return Err(ClientFault::Refused { operation, status, body });
        }
        serde_json::from_str(&body).map_err(|_| ClientFault::Answer { operation, missing: "JSON", body })
    }

    async fn perform(&self, request: reqwest::Request) -> Result<Answer, reqwest::Error> {
        let (at, began) = (self.clock.now(), self.clock.monotonic());
        let sent = self.tape.as_ref().map(|_| shown(&request));
        let answer = self.answered(request).await;
        if let Some((tape, request)) = self.tape.as_ref().zip(sent) {
            let response = match &answer {
                Ok(answer) => answer.shown(),
                Err(_) => Message::new("no answer"),
            };
            tape.keep(Exchange { at, took: self.clock.monotonic().since(began), request, response });
        }
        answer
    }

    async fn answered(&self, request: reqwest::Request) -> Result<Answer, reqwest::Error> {
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: response.text().await? })
    }

    fn private(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).header("x-api-key", self.connection.private_api_key.expose())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut url = self.connection.api.clone();
        url.set_path(&format!("{}{path}", self.connection.api.path().trim_end_matches('/')));
        self.http.request(method, url)
    }
}

/// The HTTP client of everything here: bounded in time, and redirects are ours to look at.
pub(crate) fn http_client() -> Result<reqwest::Client, ClientFault> {
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("acme-notes")
        .build()
        .map_err(ClientFault::Http)
}

/// What came back, read whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn shown(&self) -> Message {
        Message::new(self.status.to_string()).with_headers(&self.headers).with_body(self.body.as_bytes())
    }
}

fn shown(request: &reqwest::Request) -> Message {
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    Message::new(format!("{} {}", request.method(), masked_path(request.url())))
        .with_headers(request.headers())
        .with_body(body)
}

fn text_at(operation: &'static str, answer: &Value, pointer: &'static str) -> Result<String, ClientFault> {
    match answer.pointer(pointer).and_then(Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => Err(missing(operation, pointer, answer)),
    }
}

fn missing(operation: &'static str, missing: &'static str, answer: &Value) -> ClientFault {
    ClientFault::Answer { operation, missing, body: answer.to_string() }
}

fn claims(token: &str) -> Option<Visitor> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
