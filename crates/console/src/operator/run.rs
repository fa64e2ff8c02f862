//! One run: a timeline of its steps, what was sent, what came of it.

use super::{runs::pill, wire};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Room,
        run::{Act, Fact, Mail, Node, Show},
        sign_in::Trouble,
    },
    visitor::{Partial, Place},
    words::{When, span},
};
use app::{
    run::{self, Lead, NodeView, RunDetail},
    webhook::AttemptView,
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::RunId;
use model::{
    request::About,
    run::{NodeStatus, RunKind, RunState},
    workflow::Kind,
};
use std::time::Duration;
use webkit::Told;

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let Some(detail) = find(&state, &place, &id).await? else { return Ok(unknown(&place)) };
    let page = show(&place, &detail, None);
    if !partial.0 {
        return Ok(html(&page));
    }
    Ok(last_when_still(html(&page.as_live()), page.live))
}

/// A partial that nothing follows is the last one: the page that holds it stops asking (htmx: 286).
pub(super) fn last_when_still(mut partial: Response, live: bool) -> Response {
    if !live && partial.status().is_success() {
        *partial.status_mut() = StatusCode::from_u16(286).unwrap_or(StatusCode::OK);
    }
    partial
}

/// The run of this environment; `None` for another's and for what is no id.
pub(super) async fn find(
    state: &ConsoleState,
    place: &Place,
    id: &str,
) -> Result<Option<RunDetail>, Failure> {
    let Ok(id) = id.parse::<RunId>() else { return Ok(None) };
    Ok(run::detail(&state.app, place.env, id).await?)
}

pub(super) fn unknown(place: &Place) -> Response {
    let page = Trouble {
        frame: place.frame(Room::Runs, None),
        title: "There is no such run here".into(),
        text: "It may belong to the other environment. Search for the mail or the id in the list of runs."
            .into(),
        request_id: place.visitor.request_id.to_string(),
        request_href: path::request(place.stage, place.visitor.request_id),
    };
    let told = Told {
        code: "NOT_FOUND",
        message: format!("{}. {}", page.title, page.text),
        details: Vec::new(),
        about: About { environment: Some(place.env.id()), ..About::default() },
    };
    let mut response = (StatusCode::NOT_FOUND, html(&page)).into_response();
    told.leave(&mut response);
    response
}

pub(super) fn show(place: &Place, detail: &RunDetail, notice: Option<Notice>) -> Show {
    let (run, speaker) = (&detail.run, &place.speaker);
    let incident = run.incident.as_ref().map(|incident| {
        format!(
            "{}: {}. {}",
            run::reason_words(incident.reason),
            incident.message.trim_end_matches('.'),
            advice(detail)
        )
    });
    Show {
        frame: place.frame(Room::Runs, notice),
        href: path::run(place.stage, run.id),
        id: run.id.to_string(),
        name: run.email.to_string(),
        workflow: detail.workflow_name.clone(),
        state: pill(run),
        started: speaker.ago(run.created_at),
        clock: speaker.clock(run.created_at),
        progress: progress(detail),
        incident,
        acts: acts(place, detail),
        nodes: detail.nodes.iter().map(|view| node(place, detail, view)).collect(),
        user: user(detail),
        account: account(detail),
        lead: lead(place, detail),
        mails: mails(place, detail),
        live: matches!(run.state, RunState::Running | RunState::Waiting),
    }
}

fn advice(detail: &RunDetail) -> &'static str {
    if detail.may_retry {
        "Mend the cause, then send again; or skip this step if the tenant exists already."
    } else {
        ""
    }
}

fn progress(detail: &RunDetail) -> String {
    let done = detail
        .nodes
        .iter()
        .filter(|node| matches!(node.status, NodeStatus::Done | NodeStatus::Skipped))
        .count();
    let kind = if detail.run.kind == RunKind::Login { "signed in again · " } else { "" };
    format!("{kind}{done} of {} steps", detail.nodes.len())
}

fn acts(place: &Place, detail: &RunDetail) -> Vec<Act> {
    let act = |words: &str, name, class| Act {
        words: words.to_owned(),
        href: path::run_act(place.stage, detail.run.id, name),
        class,
    };
    let mut acts = Vec::new();
    if detail.may_cancel {
        acts.push(act("Cancel", "cancel", "quiet"));
    }
    if detail.may_skip {
        acts.push(act("Skip", "skip", ""));
    }
    if detail.may_retry {
        acts.push(act("Send again", "retry", "primary"));
    }
    if detail.may_admit {
        acts.push(act("Admit", "admit", "primary"));
    }
    acts
}

fn node(place: &Place, detail: &RunDetail, view: &NodeView) -> Node {
    let knot = match view.status {
        NodeStatus::Done if undelivered(detail, view) => {
            if detail.run.state == RunState::Incident {
                "bad"
            } else {
                "wait"
            }
        }
        NodeStatus::Done => "done",
        NodeStatus::Waiting => "wait",
        NodeStatus::Failed => "bad",
        NodeStatus::Skipped => "off",
        NodeStatus::Pending if ended(detail) => "off",
        NodeStatus::Pending => "todo",
    };
    let waits = view.status == NodeStatus::Waiting;
    Node {
        knot,
        label: if waits { detail.words } else { view.title }.to_owned(),
        note: note(place, detail, view),
        when: when(place, view),
        attempts: view.attempts.iter().map(|attempt| wire::attempt(&place.speaker, attempt)).collect(),
    }
}

/// What the step says of itself; about the webhook, how far it has come.
fn note(place: &Place, detail: &RunDetail, view: &NodeView) -> String {
    let attempts = || detail.nodes.iter().flat_map(|node| &node.attempts);
    let delivered_at = attempts().position(AttemptView::is_success).map(|index| index + 1);
    match (view.kind, view.status, delivered_at) {
        (Kind::ProvisionTenant, NodeStatus::Done, Some(1)) => format!("{} · webhook delivered", view.note),
        (Kind::ProvisionTenant, NodeStatus::Done, Some(n)) => {
            format!("{} · webhook delivered at attempt {n}", view.note)
        }
        (Kind::ProvisionTenant, NodeStatus::Done, None) => {
            format!("{} · webhook not delivered yet", view.note)
        }
        (Kind::AwaitAck, NodeStatus::Waiting, None) => {
            match attempts().last().and_then(|last| last.attempt.retry_at) {
                Some(at) => format!("the webhook comes first: next attempt {}", place.speaker.ago(at).said),
                None => "the webhook comes first".to_owned(),
            }
        }
        (Kind::AwaitAck, NodeStatus::Waiting, Some(_)) => {
            "your app answers with the acknowledgement; without one the webhook is sent again".to_owned()
        }
        _ => view.note.clone(),
    }
}

/// The tenant exists here, but the endpoint has not heard of it, nor acknowledged it all the same.
fn undelivered(detail: &RunDetail, view: &NodeView) -> bool {
    let mut attempts = detail.nodes.iter().flat_map(|node| &node.attempts).peekable();
    let tried = view.kind == Kind::ProvisionTenant && attempts.peek().is_some();
    tried && detail.run.acked_at.is_none() && !attempts.any(AttemptView::is_success)
}

fn ended(detail: &RunDetail) -> bool {
    detail.run.state == RunState::Cancelled
}

/// The first step says when, a finished one how long after the step before, a waiting one since when.
fn when(place: &Place, view: &NodeView) -> Option<When> {
    let at = view.at?;
    let mut when = place.speaker.clock(at);
    match (view.status, view.took) {
        (NodeStatus::Done | NodeStatus::Skipped, Some(took)) if view.kind != Kind::Trigger => {
            when.said = if took < Duration::from_millis(1) {
                "at once".to_owned()
            } else {
                format!("+ {}", span(took))
            };
        }
        (NodeStatus::Waiting, _) => when.said = format!("for {}", span(place.speaker.now().since(at))),
        _ => {}
    }
    Some(when)
}

fn user(detail: &RunDetail) -> Vec<Fact> {
    let run = &detail.run;
    let country = &run.enrichment.place.country;
    let mut facts = vec![
        Fact::text("Mail", run.email.as_str()),
        Fact::code("Your id", run.user_id.as_str()),
        Fact::code("Our id", run.end_user.to_string()),
    ];
    if let Some(role) = run.applied_role.as_ref().or(run.role.as_ref()) {
        facts.push(Fact::text("Role", &role.name));
    }
    if !country.is_empty() {
        facts.push(Fact::text("Country", country));
    }
    facts.push(Fact::text("Browser", browser(detail.visits, run.handed_over_at.is_some())));
    facts
}

fn browser(visits: i64, handed_over: bool) -> &'static str {
    match (visits, handed_over) {
        (_, true) => "was handed over",
        (0, _) => "has not opened the page yet",
        _ => "has opened the page",
    }
}

fn account(detail: &RunDetail) -> Vec<Fact> {
    let run = &detail.run;
    let mut facts = vec![Fact::text("Name", &run.account_name), Fact::code("Our id", run.tenant.to_string())];
    if let Some(id) = run.builder_tenant.as_ref().and_then(|tenant| tenant.id.as_ref()) {
        facts.push(Fact::code("Your id", id));
    }
    if let Some(plan) = &run.plan {
        facts.push(Fact::text("Plan", &plan.name));
    }
    facts
}

fn lead(place: &Place, detail: &RunDetail) -> Vec<Fact> {
    let Some(lead) = &detail.lead else { return Vec::new() };
    let mut facts = vec![Fact::text("Mail", &lead.email)];
    facts.extend(lead_facts(place, lead));
    facts
}

/// What a lead holds beside the person.
pub(super) fn lead_facts(place: &Place, lead: &Lead) -> Vec<Fact> {
    let texts = [("Account", &lead.account_name), ("Plan", &lead.plan_name), ("Role", &lead.role_name)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut facts: Vec<Fact> = texts.map(|(name, text)| Fact::text(name, text)).collect();
    facts.push(Fact::text("Stored", place.speaker.moment(lead.created_at).said));
    facts
}

fn mails(place: &Place, detail: &RunDetail) -> Vec<Mail> {
    let mail = |mail: &_| {
        let mail: &app::mail::Mail = mail;
        Mail {
            to: mail.recipient.clone(),
            subject: mail.subject.clone(),
            body: mail.body.clone(),
            at: place.speaker.moment(mail.created_at),
            href: path::mail(place.stage, mail.id),
            state: super::mails::pill(mail.state),
        }
    };
    detail.mails.iter().map(mail).collect()
}
