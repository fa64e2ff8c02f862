//! A tenant arrives: verify, provision once, answer, acknowledge.

use super::{Acme, Kind, ledger::Workspace};
use crate::{
    client::Acknowledgement,
    exchange::{Exchange, Message},
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use kernel::token;
use serde::Deserialize;
use std::time::Duration;

/// The waits between attempts to acknowledge. When all fail, the next delivery of the same webhook tries again.
const ACK_WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_millis(2_000)];

#[derive(Deserialize)]
struct Delivery {
    /// Somebody looks whether we answer: there is no tenant to make.
    #[serde(default)]
    test: bool,
    #[serde(rename = "createAccountRequest")]
    account: AccountRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountRequest {
    workflow_design_time_id: String,
    workflow_runtime_id: String,
    user_email_id: String,
    #[serde(default)]
    account_name: Option<String>,
    thrivestack_tenant_id: String,
}

pub(super) async fn receive(
    State(acme): State<Acme>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let (at, began) = (acme.clock.now(), acme.clock.monotonic());
    if acme.outage.is_on() {
        return (StatusCode::SERVICE_UNAVAILABLE, "Acme Notes is being mended".to_owned());
    }
    let webhook_id = match acme.verifier.verify(&headers, &body, at) {
        Ok(id) => id,
        Err(fault) => return (StatusCode::UNAUTHORIZED, fault.to_string()),
    };
    let Ok(Delivery { test, account }) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "expected createAccountRequest".to_owned());
    };
    if test {
        return (StatusCode::OK, "Test received".to_owned());
    }
    let (workspace, fresh) = match acme.ledger.provision(webhook_id, new_workspace(&acme, &account)) {
        Ok(made) => made,
        Err(full) => return (StatusCode::SERVICE_UNAVAILABLE, full.to_string()),
    };
    let answer = (StatusCode::OK, "Event received".to_owned());
    let exchange = Exchange {
        at,
        took: acme.clock.monotonic().since(began),
        request: Message::new(format!("POST {}", uri.path())).with_headers(&headers).with_body(&body),
        response: Message::new(answer.0.to_string()).with_body(answer.1.as_bytes()),
    };
    let what = if fresh { "a workspace is made" } else { "seen before, so the workspace stays" };
    let detail = Ok(format!("Signature verified; {what}"));
    acme.note(&workspace.email, Kind::Webhook, detail, Some(exchange));
    // The answer does not wait for the acknowledgement: a slow receiver would be sent the webhook again.
    tokio::spawn(acknowledge(acme.clone(), account.workflow_design_time_id, workspace));
    answer
}

fn new_workspace(acme: &Acme, account: &AccountRequest) -> Workspace {
    let domain = account.user_email_id.split('@').nth(1).unwrap_or_default();
    let told = account.account_name.as_deref().filter(|name| !name.is_empty() && *name != domain);
    Workspace {
        id: format!("ws_{}", token::<9>(acme.rng.as_ref())),
        name: told.map_or_else(|| named_after(domain), str::to_owned),
        email: account.user_email_id.to_lowercase(),
        ts_tenant_id: account.thrivestack_tenant_id.clone(),
        run_id: account.workflow_runtime_id.clone(),
        template: None,
    }
}

/// `harbor-studio.example` is probably Harbor Studio; onboarding asks.
fn named_after(domain: &str) -> String {
    let words = domain.split('.').next().unwrap_or_default().split('-').filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

/// Acknowledges also on a repeat: the first acknowledgement may be the one that was lost.
async fn acknowledge(acme: Acme, workflow_id: String, workspace: Workspace) {
    let ack = Acknowledgement {
        workflow_id,
        run_id: workspace.run_id.clone(),
        tenant_id: workspace.id.clone(),
        tenant_name: workspace.name.clone(),
        email: workspace.email.clone(),
        ts_tenant_id: workspace.ts_tenant_id.clone(),
    };
    let (client, tape) = acme.client.taped();
    for wait in ACK_WAITS {
        tokio::time::sleep(wait).await;
        let acknowledged = client.acknowledge(&ack).await;
        if let Err(fault) = &acknowledged {
            tracing::warn!(error = %kernel::chain(fault), "acknowledgement was not taken");
        }
        let done = acknowledged.is_ok();
        let detail = acknowledged.map(|()| "Acknowledged".to_owned()).map_err(|fault| fault.to_string());
        acme.note(&workspace.email, Kind::Ack, detail, tape.take());
        if done {
            return;
        }
    }
}
