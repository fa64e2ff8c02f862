//! The tour of the integration: this visitor's own sign-up, call by call, as the builder's backend saw it.

use super::{
    caller::{tour_cookie, with_cookie},
    ledger::{Person, Workspace},
    step::{Kind, Step},
};
use crate::exchange::Exchange;
use axum::{
    Form,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

pub(super) struct Tour {
    pub(super) open: bool,
    /// The page to come back to when the tour is opened or closed.
    pub(super) back: String,
    /// The run's page in the console.
    pub(super) run: Option<Url>,
    /// The ids by which both sides know this person.
    pub(super) ids: Vec<(&'static str, String)>,
    pub(super) stops: Vec<Stop>,
}

/// One stop of the tour, in words.
pub(super) struct Stop {
    pub(super) number: usize,
    pub(super) title: &'static str,
    pub(super) why: &'static str,
    pub(super) detail: String,
    pub(super) good: bool,
    /// Since the first stop.
    pub(super) after: String,
    pub(super) wire: Option<Wire>,
    /// Where the guide explains it, and the page's title.
    pub(super) guide: Option<(Url, &'static str)>,
}

pub(super) struct Wire {
    pub(super) took: Option<String>,
    pub(super) exchange: Exchange,
    /// Who sends and who answers.
    pub(super) ends: (&'static str, &'static str),
}

impl Wire {
    /// `GET /onboarding`: the query stands in the request itself.
    pub(super) fn call(&self) -> &str {
        let head = &self.exchange.request.head;
        head.split_once('?').map_or(head, |(call, _)| call)
    }
}

impl Tour {
    pub(super) fn new(
        api: &Url,
        person: &Person,
        workspace: Option<&Workspace>,
        steps: &[Step],
        open: bool,
        back: &str,
    ) -> Self {
        let mut ids = vec![("user_id, made by Acme", person.user_id.clone())];
        if let Some(workspace) = workspace {
            ids.push(("run, made by ThriveStack", workspace.run_id.clone()));
            ids.push(("tenant, made by ThriveStack", workspace.ts_tenant_id.clone()));
            ids.push(("tenant, as Acme acknowledged it", workspace.id.clone()));
        }
        let began = steps.first().map(|step| step.at);
        let stops = steps.iter().enumerate().map(|(index, step)| {
            let after = began.map_or(Duration::ZERO, |began| step.at.since(began));
            Stop::new(api, index + 1, step, after)
        });
        Self {
            open,
            back: back.to_owned(),
            run: workspace.map(|workspace| at(api, &format!("/console/dev/runs/{}", workspace.run_id))),
            ids,
            stops: stops.collect(),
        }
    }
}

impl Stop {
    fn new(api: &Url, number: usize, step: &Step, after: Duration) -> Self {
        let wire = step.exchange.clone().map(|exchange| Wire {
            took: (!exchange.took.is_zero()).then(|| spoken(exchange.took)),
            exchange,
            ends: ends(step.kind),
        });
        Self {
            number,
            title: step.kind.title(),
            why: step.kind.why(),
            detail: step.detail.clone(),
            good: step.good,
            after: spoken(after),
            wire,
            guide: step.kind.guide().map(|(path, title)| (at(api, path), title)),
        }
    }
}

fn ends(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Webhook => ("ThriveStack asked", "Acme answered"),
        Kind::SignedUp | Kind::Redirect | Kind::Landed | Kind::Onboarded => {
            ("The browser asked", "Acme answered")
        }
        Kind::Token | Kind::Trigger | Kind::Ack | Kind::Exchanged | Kind::Telemetry => {
            ("Acme asked", "ThriveStack answered")
        }
    }
}

/// An address of thrivestack that people open: its console and its guide.
pub(super) fn at(api: &Url, path: &str) -> Url {
    let mut url = api.clone();
    url.set_path(path);
    url
}

/// As one would say it: `9 ms`, `1.2 s`, `3 min`.
fn spoken(span: Duration) -> String {
    match span.as_millis() {
        ms @ 0..1_000 => format!("{ms} ms"),
        ms @ 1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms @ 60_000..3_600_000 => format!("{} min", ms / 60_000),
        ms => format!("{} h", ms / 3_600_000),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Fold {
    #[serde(default)]
    show: String,
    #[serde(default)]
    back: String,
}

/// Opens or closes the tour and returns to the page.
pub(super) async fn fold(Form(fold): Form<Fold>) -> Response {
    let inside = fold.back.starts_with('/') && !fold.back.starts_with("//") && !fold.back.contains('\\');
    let back = if inside { fold.back.as_str() } else { "/home" };
    with_cookie(Redirect::to(back).into_response(), Some(tour_cookie(fold.show == "yes")))
}
