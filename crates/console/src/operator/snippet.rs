//! Requests to paste: the call that begins a run, and the first use of a new key.

use crate::{ConsoleState, failure::Failure};
use app::{key::Created, run};
use kernel::Env;
use model::{
    caller::{KeyKind, Scope},
    platform::Stage,
};

/// What a key is for first, where it has several scopes.
const FIRST: [Scope; 5] =
    [Scope::WorkflowTriggerApi, Scope::TelemetryApis, Scope::TrackApi, Scope::IdentifyApi, Scope::GroupApi];

/// Where a tenant is acknowledged.
const ACKNOWLEDGE: &str = "/api/workflow";

/// The call that begins a run, with everything filled in but the token.
pub(super) async fn trigger(state: &ConsoleState, env: Env) -> Result<String, Failure> {
    trigger_with(state, env, "$TOKEN").await
}

/// The first request with a new key: one that it may make. `file` is the name under which its JSON is kept.
pub(super) async fn first_use(
    state: &ConsoleState,
    env: Env,
    created: &Created,
    file: &str,
) -> Result<String, Failure> {
    let (key, secret) = (&created.key, created.secret.expose());
    let scope = FIRST.into_iter().find(|scope| key.scopes.contains(scope));
    if key.kind == KeyKind::Rsa {
        return Ok(format!("# a token for an hour, from the file\n{}", token_from(state, file)));
    }
    Ok(match scope {
        Some(Scope::WorkflowTriggerApi) => {
            let call = trigger_with(state, env, secret).await?;
            format!("# begins a run: the person gets a workspace, and mail\n{call}")
        }
        Some(Scope::TelemetryApis | Scope::TrackApi) => {
            let item = r#"{"event_name":"hello","user_id":"u-1","properties":{}}"#;
            send(&address(state, "/api/track"), secret, item)
        }
        Some(Scope::IdentifyApi) => {
            let item = identified(state, r#""user_name":"Ada Byron""#);
            send(&address(state, "/api/identify"), secret, &item)
        }
        Some(Scope::GroupApi) => {
            let item = r#"{"user_id":"u-1","group_id":"g-1","traits":{"group_name":"Acme Rockets"}}"#;
            send(&address(state, "/api/group"), secret, item)
        }
        // No call of its own yet; reading is any private key's right.
        _ => format!("curl {} -H 'x-api-key: {secret}'", address(state, "/api/event/")),
    })
}

/// A telemetry call of one item.
fn send(url: &str, secret: &str, item: &str) -> String {
    format!(
        "curl {url} -H 'x-api-key: {secret}' \\\n  -H 'Content-Type: application/json' \\\n  -d '[{item}]'"
    )
}

async fn trigger_with(state: &ConsoleState, env: Env, credential: &str) -> Result<String, Failure> {
    let workflow = run::first_workflow(&state.app, env).await?;
    let workflow = workflow.map_or_else(|| "WORKFLOW_ID".to_owned(), |id| id.to_string());
    Ok(call(state, &workflow, credential))
}

/// The call that begins a run of this workflow.
pub(super) fn trigger_of(state: &ConsoleState, workflow: &str) -> String {
    call(state, workflow, "$TOKEN")
}

fn call(state: &ConsoleState, workflow: &str, credential: &str) -> String {
    let url = address(state, "/trigger");
    format!(
        "curl -X POST {url} \\\n  -H \"Authorization: Bearer {credential}\" \\\n  -H \"Content-Type: application/json\" \\\n  \
         -d '{{\"workflow_id\":\"{workflow}\",\n       \"user_id\":\"u-1\",\"email_id\":\"ada@example.com\"}}'"
    )
}

/// The call that acknowledges the tenant of a run.
pub(super) fn acknowledge(state: &ConsoleState, workflow: &str, run: &str) -> String {
    let url = address(state, ACKNOWLEDGE);
    format!(
        "curl -X POST {url} \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  \
         -d '{{\"workflowDesignTimeId\":\"{workflow}\",\n       \"workflowRuntimeId\":\"{run}\",\n       \
         \"tenantId\":\"your-tenant-1\",\"tenantName\":\"Acme Rockets\"}}'"
    )
}

/// The same as a function for Node, with everything taken from the delivery.
pub(super) fn acknowledge_node(state: &ConsoleState) -> String {
    let url = address(state, ACKNOWLEDGE);
    include_str!("../../snippets/acknowledge.mjs").trim_end().replace("{{url}}", &url)
}

/// What an onboarding page does with the one-time code that a browser brings, as a function for Node.
pub(super) fn exchange_node(state: &ConsoleState) -> String {
    let url = address(state, "/v1/ValidateAuthOTP");
    include_str!("../../snippets/exchange.mjs").trim_end().replace("{{url}}", &url)
}

/// A token for an hour, with the RSA key's file as it was downloaded.
pub(super) fn token(state: &ConsoleState, stage: Stage) -> String {
    format!(
        "# with an RSA key, from its file; a private API key is used as it is, in the place of a token\n{}",
        token_from(state, &file(stage, KeyKind::Rsa))
    )
}

fn token_from(state: &ConsoleState, file: &str) -> String {
    let url = address(state, "/api/user/token");
    format!("curl {url} \\\n  -H 'Content-Type: application/json' --data @{file}")
}

/// The name under which a new key is downloaded.
pub(super) fn file(stage: Stage, kind: KeyKind) -> String {
    format!("thrivestack-{}-{}.json", stage.short(), kind.name())
}

/// The call that says who a user is.
pub(super) fn identify(state: &ConsoleState) -> String {
    let item = identified(state, r#""user_email":"ada@example.com","user_name":"Ada Byron""#);
    send(&address(state, "/api/identify"), "PROJECT_KEY", &item)
}

/// Somebody with these traits, as of now: another time would put what is tried out into the past.
fn identified(state: &ConsoleState, traits: &str) -> String {
    let now = state.app.db.now();
    format!(r#"{{"user_id":"u-1","traits":{{{traits}}},"timestamp":"{now}"}}"#)
}

/// A path of ours as the outside writes it.
pub(super) fn address(state: &ConsoleState, path: &str) -> String {
    state.app.options.public_url.join(path).map(String::from).unwrap_or_default()
}
