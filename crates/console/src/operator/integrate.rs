//! How a receiver is written: verifiers and the acknowledgement to paste, with the ids of this environment.

use super::{snippet, wire};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    view::{
        Room,
        webhook::{Integrate, Snippet},
    },
    visitor::Place,
};
use app::run::{self, RunFilter, Which};
use axum::{extract::State, response::Response};
use kernel::WorkflowId;
use model::{
    run::{Run, WaitingFor},
    webhook::body::TenantData,
};
use serde_json::Value;

const VERIFY_NODE: &str = include_str!("../../snippets/verify.mjs");
const VERIFY_PYTHON: &str = include_str!("../../snippets/verify.py");

pub(crate) async fn page(State(state): State<ConsoleState>, place: Place) -> Result<Response, Failure> {
    let workflow = run::first_workflow(&state.app, place.env).await?.unwrap_or(WorkflowId::NIL);
    let filter = RunFilter { which: Which::WaitingFor(WaitingFor::Ack), ..RunFilter::default() };
    let waits = run::first(&state.app, place.env, filter).await?;
    let settings = &place.current.settings;
    let test = TenantData::test(workflow, Some(&settings.plan.id), &settings.role.id).to_json();
    Ok(html(&Integrate {
        url: settings.webhook.url.as_ref().map(url::Url::to_string),
        verifiers: verifiers(),
        acks: acks(&state, workflow, waits.as_ref()),
        waits: waits.map(|run| run.email.to_string()),
        test_body: wire::document(&serde_json::from_str::<Value>(&test).unwrap_or_default()),
        frame: place.frame(Room::Webhooks, None),
    }))
}

pub(crate) fn verifiers() -> Vec<Snippet> {
    let snippet = |id, title, text: &str, open| Snippet { id, title, text: text.trim_end().to_owned(), open };
    vec![
        snippet("verify-node", "Node: verify.mjs", VERIFY_NODE, true),
        snippet("verify-python", "Python: verify.py", VERIFY_PYTHON, false),
    ]
}

fn acks(state: &ConsoleState, workflow: WorkflowId, waits: Option<&Run>) -> Vec<Snippet> {
    let run = waits.map_or_else(|| "RUN_ID_OF_THE_WEBHOOK".to_owned(), |run| run.id.to_string());
    let workflow = waits.map_or(workflow, |run| run.workflow).to_string();
    vec![
        Snippet {
            id: "ack-curl",
            title: "curl",
            text: snippet::acknowledge(state, &workflow, &run),
            open: true,
        },
        Snippet {
            id: "ack-node",
            title: "Node: acknowledge.mjs",
            text: snippet::acknowledge_node(state),
            open: false,
        },
    ]
}
