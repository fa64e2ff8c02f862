//! *Workflows*: each node with what it does in this environment, by the settings as they are now.

use super::{mails, snippet};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room,
        mail::Inside,
        workflow::{Node, Version, Workflow, Workflows},
    },
    visitor::Place,
    words::counted,
};
use app::run;
use axum::{extract::State, response::Response};
use model::{
    setting::Settings,
    workflow::{self, Definition, Kind},
};
use url::Url;

pub(crate) async fn page(State(state): State<ConsoleState>, place: Place) -> Result<Response, Failure> {
    let inside = mails::inside(&state, &place);
    let mut workflows = Vec::new();
    for definition in run::workflows(&state.app, place.env).await.map_err(run::ViewFault::from)? {
        let snippet = snippet::trigger_of(&state, &definition.workflow.to_string());
        let mut drawn = draw(&place, inside, &definition, snippet);
        for one in run::versions(&state.app, place.env, definition.workflow).await? {
            drawn.versions.push(Version {
                number: one.number,
                published: place.speaker.ago(one.published_at),
                current: one.number == definition.version,
            });
        }
        workflows.push(drawn);
    }
    Ok(html(&Workflows { frame: place.frame(Room::Workflows, None), workflows }))
}

fn draw(place: &Place, inside: Option<Inside>, definition: &Definition, snippet: String) -> Workflow {
    let path = |nodes: &[workflow::Node]| nodes.iter().map(|one| node(place, inside, one.kind)).collect();
    Workflow {
        id: definition.workflow.to_string(),
        name: definition.name.clone(),
        version: definition.version,
        versions: Vec::new(),
        signup: path(&definition.signup),
        login: path(&definition.login),
        snippet,
        runs: path::runs(place.stage),
    }
}

fn node(place: &Place, inside: Option<Inside>, kind: Kind) -> Node {
    let (note, lacks) = note(&place.current.settings, inside, kind);
    Node {
        title: kind.title(),
        // Its serialised name is a text always.
        kind: serde_json::to_value(kind)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
        set: section(kind).map(|section| format!("{}#{section}", path::settings(place.stage))),
        note,
        lacks,
    }
}

/// What the node does here, and whether something that it needs is missing.
fn note(settings: &Settings, inside: Option<Inside>, kind: Kind) -> (String, bool) {
    let url = |url: &Option<Url>| match url {
        Some(url) => (url.to_string(), false),
        None => ("No URL is set: triggers are refused.".to_owned(), true),
    };
    match kind {
        Kind::Trigger => ("Your backend calls POST /trigger.".to_owned(), false),
        Kind::EnrichUser => {
            ("Name and place, from the address and where the request came from.".to_owned(), false)
        }
        Kind::EnrichCompany => {
            ("The company behind the mail's domain; free mail has none.".to_owned(), false)
        }
        Kind::WaitlistUser => match settings.waitlist_limit {
            Some(limit) => (
                format!("Lets {} through, then people wait.", counted(limit.into(), "person", "people")),
                false,
            ),
            None => ("Lets everybody through.".to_owned(), false),
        },
        Kind::AssociateRole => (settings.role.name.clone(), false),
        Kind::AssociatePlan => (settings.plan.name.clone(), false),
        Kind::ProvisionTenant if settings.webhook.disabled_at.is_some() => {
            ("The webhook is disabled: it answered 410.".to_owned(), true)
        }
        Kind::ProvisionTenant => url(&settings.webhook.url),
        Kind::AwaitAck => ("Waits for POST /api/workflow from your backend.".to_owned(), false),
        Kind::OnboardingRedirect => url(&settings.onboarding_url),
        Kind::StoreLead => ("One lead per signup.".to_owned(), false),
        Kind::WelcomeMail => match inside {
            Some(why) => (format!("Written, and kept here: {}.", why.words()), false),
            None => ("Written, and handed to your mail server.".to_owned(), false),
        },
        Kind::SignIn => ("Tells your numbers that the person was here again.".to_owned(), false),
        Kind::SuccessRedirect => url(&settings.success_url),
    }
}

/// The section of *Settings* that the node reads.
const fn section(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::WaitlistUser => Some("waitlist"),
        Kind::AssociateRole | Kind::AssociatePlan => Some("plan"),
        Kind::ProvisionTenant => Some("webhook"),
        Kind::OnboardingRedirect | Kind::SuccessRedirect => Some("redirects"),
        Kind::WelcomeMail => Some("mail"),
        Kind::Trigger
        | Kind::EnrichUser
        | Kind::EnrichCompany
        | Kind::AwaitAck
        | Kind::StoreLead
        | Kind::SignIn => None,
    }
}
