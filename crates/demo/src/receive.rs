//! `thrivestack receive`: stands where the builder's backend will stand, so that the first walk with curl
//! needs no code. It prints each delivery, verifies it, acknowledges it when asked to, and answers every page
//! that a browser is sent to.

use crate::{
    client::{Acknowledgement, Client},
    out::say,
    signature::{SignatureFault, Verifier},
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use kernel::{Clock, Secret, chain};
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// The largest delivery read, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What to do with deliveries.
pub struct Options {
    /// Without a secret nothing can be verified, and each delivery says so.
    pub webhook_secret: Option<Secret<String>>,
    /// Acknowledges through this client; `None` prints only.
    pub acknowledge: Option<Client>,
}

struct Receiver {
    verifier: Option<Verifier>,
    client: Option<Client>,
    clock: Arc<dyn Clock>,
}

/// Serves on `listener` until `shutdown` resolves, printing to standard output.
pub async fn run(
    listener: TcpListener,
    options: Options,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ReceiveFault> {
    let verifier = options.webhook_secret.as_ref().map(Verifier::new).transpose()?;
    let receiver = Arc::new(Receiver { verifier, client: options.acknowledge, clock });
    let router =
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).with_state(receiver);
    Ok(axum::serve(listener, router).with_graceful_shutdown(shutdown).await?)
}

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveFault {
    #[error(transparent)]
    Secret(#[from] SignatureFault),
    #[error("the receiver cannot go on serving")]
    Serve(#[from] io::Error),
}

async fn answer(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match method {
        Method::POST => delivered(receiver, &uri, &headers, &body),
        Method::GET => arrived(&receiver, &uri),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn delivered(receiver: Arc<Receiver>, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let now = receiver.clock.now();
    let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
    say(format_args!("\n{now}  POST {}{}", uri.path(), shown(headers, body, &parsed)));
    match receiver.verifier.as_ref().map(|verifier| verifier.verify(headers, body, now)) {
        Some(Ok(_)) => say(format_args!("  signature: good")),
        Some(Err(fault)) => {
            say(format_args!("  signature: REFUSED, {fault}"));
            return (StatusCode::UNAUTHORIZED, fault.to_string()).into_response();
        }
        None => say(format_args!("  signature: not verified, because no webhook secret was given")),
    }
    if parsed["test"] == true {
        say(format_args!("  a test: there is nothing to acknowledge"));
    } else if receiver.client.is_some() {
        match acknowledgement(&parsed) {
            Some(ack) => drop(tokio::spawn(acknowledge(receiver, ack))),
            None => say(format_args!("  acknowledgement: the delivery has no createAccountRequest")),
        }
    }
    (StatusCode::OK, "Event received").into_response()
}

/// The headers of the signature and the body, indented, each line after a line end.
fn shown(headers: &HeaderMap, body: &[u8], parsed: &Value) -> String {
    let mut lines = String::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value =
            headers.get(name).map_or("(missing)".into(), |value| String::from_utf8_lossy(value.as_bytes()));
        lines.push_str(&format!("\n  {name}: {value}"));
    }
    let body = match serde_json::to_string_pretty(parsed) {
        Ok(pretty) if !parsed.is_null() => pretty.replace('\n', "\n  "),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    lines + "\n  " + &body
}

async fn acknowledge(receiver: Arc<Receiver>, ack: Acknowledgement) {
    let Some(client) = &receiver.client else { return };
    match client.acknowledge(&ack).await {
        Ok(()) => say(format_args!("  acknowledged run {} as tenant {}", ack.run_id, ack.tenant_id)),
        Err(fault) => say(format_args!("  NOT acknowledged: {}", chain(&fault))),
    }
}

/// A tenant of the builder's: its id is made from ours, so that a repeat says the same.
fn acknowledgement(delivery: &Value) -> Option<Acknowledgement> {
    let account = delivery.get("createAccountRequest")?;
    let text = |key: &str| account.get(key).and_then(Value::as_str).map(str::to_owned);
    let ts_tenant_id = text("thrivestackTenantId")?;
    Some(Acknowledgement {
        workflow_id: text("workflowDesignTimeId")?,
        run_id: text("workflowRuntimeId")?,
        tenant_id: format!("tenant-{}", ts_tenant_id.split('-').next_back().unwrap_or_default()),
        tenant_name: text("accountName").unwrap_or_default(),
        email: text("userEmailId").unwrap_or_default(),
        ts_tenant_id,
    })
}

/// Some page of the builder's: tells what came with it and where to go on.
fn arrived(receiver: &Receiver, uri: &Uri) -> Response {
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let now = receiver.clock.now();
    say(format_args!("\n{now}  GET {}  ({} parameters)", uri.path(), pairs.len()));
    let mut text = format!("You have arrived at {}, a page of the builder's product.\n", uri.path());
    for (name, value) in &pairs {
        text.push_str(&format!("  {name} = {value}\n"));
    }
    if let Some((_, next)) = pairs.iter().find(|(name, _)| name == "returnUrl") {
        text.push_str(&format!("\nWhen onboarding is done the browser goes on to\n  {next}\n"));
    }
    text.into_response()
}
