//! The step function: (definition, run, event, facts) → (run, effects, events). What single nodes do stands in [`local`].

mod local;

use super::{
    BuilderTenant, Incident, IncidentReason, NodeState, NodeStatus, Run, RunKind, RunState, UserId,
    WaitingFor,
};
use crate::email::Email;
use crate::enrichment::Enrichment;
use crate::setting::{Choice, Settings};
use crate::workflow::{Definition, Kind, Node};
use kernel::{EndUserId, RunId, TenantId, Timestamp};
use local::Local;
use serde_json::{Map, Value, json};

/// What the step needs to know of the moment; read inside the same transaction.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub now: Timestamp,
    pub settings: &'a Settings,
    /// Users admitted in this environment, counted up to the limit; read only where a limit is set.
    pub admitted: u32,
    /// This user is one of them, from an earlier run.
    pub has_place: bool,
    /// The acknowledgement in the inbox: it came before the wait existed (decision D13).
    pub early_ack: Option<BuilderTenant>,
}

/// What happened to the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Triggered,
    Admitted,
    Acked(BuilderTenant),
    /// No 2xx within the retry schedule.
    DeliveryFailed(String),
    /// 410: the endpoint is gone and has been disabled.
    EndpointDisabled,
    /// The wait after a delivery is over and nothing came; so many re-sends are allowed in all.
    AckOverdue {
        resends_max: u32,
    },
    JobFailed(String),
    HandedOver,
    Retry,
    Skip,
    Cancel,
}

/// What has to be written in the same transaction as the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The user takes a place (decision D28 counts these).
    AdmitUser,
    /// The tenant row with plan and role.
    CreateTenant,
    /// The first delivery of the webhook: a delivery row and its job.
    SendWebhook,
    /// The same delivery again, with a fresh schedule, because an operator asked for it.
    RetryWebhook,
    /// The same delivery once more, because no ack came.
    ResendWebhook,
    /// Delivery and timer jobs of this run are no longer wanted.
    StopJobs,
    /// The builder's ids on the tenant row.
    BindTenant,
    StoreLead,
    WriteWelcomeMail,
}

/// A standard event (domain 5.4) for the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    /// Which node said it: part of the message id.
    pub node: String,
    /// Which time that the node says it, from 0: part of the message id.
    pub iteration: u32,
    pub name: &'static str,
    pub properties: Map<String, Value>,
    /// From the ack on, events carry the group id as well (decision D26).
    pub with_group: bool,
}

impl Emitted {
    fn first(node: &str, name: &'static str, with_group: bool, properties: Map<String, Value>) -> Self {
        Self { node: node.to_owned(), iteration: 0, name, properties, with_group }
    }
}

/// The outcome of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub run: Run,
    pub effects: Vec<Effect>,
    pub events: Vec<Emitted>,
}

/// Why the event does not fit the run's state. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the run was cancelled")]
    Cancelled,
    #[error("the run does not wait for that")]
    NotWaiting,
    #[error("the run is already finished")]
    Finished,
    #[error("the definition has no such node")]
    Definition,
}

/// Who a new run is for.
#[derive(Debug, Clone)]
pub struct Subject {
    pub user_id: UserId,
    pub email: Email,
    pub role: Option<Choice>,
    pub end_user: EndUserId,
    pub tenant: TenantId,
    pub enrichment: Enrichment,
}

/// A run before its first step.
pub fn begin(definition: &Definition, id: RunId, kind: RunKind, subject: Subject, now: Timestamp) -> Run {
    let nodes = definition.path(kind).iter().map(|node| NodeState {
        id: node.id.clone(),
        status: NodeStatus::Pending,
        started_at: None,
        finished_at: None,
        note: String::new(),
    });
    Run {
        id,
        workflow: definition.workflow,
        version: definition.version,
        kind,
        account_name: subject.enrichment.account_name(subject.email.as_str()),
        user_id: subject.user_id,
        email: subject.email,
        role: subject.role,
        end_user: subject.end_user,
        tenant: subject.tenant,
        state: RunState::Running,
        waiting_for: None,
        incident: None,
        nodes: nodes.collect(),
        enrichment: subject.enrichment,
        plan: None,
        applied_role: None,
        builder_tenant: None,
        resends: 0,
        created_at: now,
        updated_at: now,
        acked_at: None,
        finished_at: None,
        handed_over_at: None,
    }
}

/// Advances `run` by one event. Pure: the same input gives the same step.
pub fn advance(definition: &Definition, run: Run, event: &Event, facts: &Facts<'_>) -> Result<Step, Refusal> {
    let path = run.path(definition);
    if path.len() != run.nodes.len() {
        return Err(Refusal::Definition);
    }
    let mut walk = Walk { path, facts, step: Step { run, effects: Vec::new(), events: Vec::new() } };
    walk.take(event)?;
    walk.go_on();
    walk.step.run.updated_at = facts.now;
    Ok(walk.step)
}

struct Walk<'a> {
    path: &'a [Node],
    facts: &'a Facts<'a>,
    step: Step,
}

impl Walk<'_> {
    fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        if *event != Event::HandedOver && self.step.run.state == RunState::Cancelled {
            return Err(Refusal::Cancelled);
        }
        match event {
            Event::Triggered => Ok(()),
            Event::Admitted => self.admit(),
            Event::Acked(tenant) => self.ack(tenant, NodeStatus::Done, "acknowledged"),
            Event::DeliveryFailed(message) => self.fail(IncidentReason::DeliveryFailed, message.clone()),
            Event::EndpointDisabled => self.fail(IncidentReason::EndpointDisabled, DISABLED.to_owned()),
            Event::AckOverdue { resends_max } => self.overdue(*resends_max),
            Event::JobFailed(message) => self.fail(IncidentReason::JobFailed, message.clone()),
            Event::HandedOver => {
                self.step.run.handed_over_at.get_or_insert(self.facts.now);
                Ok(())
            }
            Event::Retry => self.retry(),
            Event::Skip => self.skip(),
            Event::Cancel => self.cancel(),
        }
    }

    fn admit(&mut self) -> Result<(), Refusal> {
        if self.step.run.waiting_for != Some(WaitingFor::Waitlist) {
            return Err(Refusal::NotWaiting);
        }
        let node = self.index_of(Kind::WaitlistUser)?;
        self.step.effects.push(Effect::AdmitUser);
        self.finish(node, NodeStatus::Done, "admitted by an operator".to_owned());
        self.step.run.waiting_for = None;
        Ok(())
    }

    /// The ack resolves the wait and an incident of it alike: a late one resumes the run (decision D13).
    fn ack(&mut self, tenant: &BuilderTenant, status: NodeStatus, note: &str) -> Result<(), Refusal> {
        if self.is_skipped() {
            self.bind(tenant.clone());
            if self.step.run.group_id() != self.step.run.tenant.to_string() {
                // What was said at the skip carried no id of the builder's: only this says that the two are one (D26).
                // It is the same event under the same message id: whoever counts drops it, the profiles read the ids.
                let node = self.path[self.index_of(Kind::AwaitAck)?].id.clone();
                let added = self.added_user();
                self.emit(&node, "account_added_user", true, added);
            }
            return Ok(());
        }
        let node = self.waiting_ack()?;
        self.step.effects.push(Effect::StopJobs);
        self.settle_ack(node, tenant.clone(), status, note);
        Ok(())
    }

    fn settle_ack(&mut self, node: usize, tenant: BuilderTenant, status: NodeStatus, note: &str) {
        let id = self.path[node].id.clone();
        self.finish(node, status, note.to_owned());
        let run = &mut self.step.run;
        run.incident = None;
        run.waiting_for = None;
        run.acked_at = Some(self.facts.now);
        self.bind(tenant);
        self.account_events(&id);
    }

    /// The builder's ids, also when they come after an operator skipped the wait.
    fn bind(&mut self, tenant: BuilderTenant) {
        let run = &mut self.step.run;
        if let Some(name) = tenant.name.clone().filter(|name| !name.is_empty()) {
            run.account_name = name;
        }
        run.builder_tenant = Some(tenant);
        self.step.effects.push(Effect::BindTenant);
    }

    fn overdue(&mut self, resends_max: u32) -> Result<(), Refusal> {
        if self.step.run.waiting_for != Some(WaitingFor::Ack) {
            return Err(Refusal::NotWaiting);
        }
        if self.step.run.resends < resends_max {
            self.step.run.resends += 1;
            self.step.effects.push(Effect::ResendWebhook);
            return Ok(());
        }
        let sent = self.step.run.resends;
        let message = format!("delivered and sent again {sent} times, and no acknowledgement came");
        self.fail(IncidentReason::NeverAcknowledged, message)
    }

    fn fail(&mut self, reason: IncidentReason, message: String) -> Result<(), Refusal> {
        let node = self.waiting_ack()?;
        self.step.effects.push(Effect::StopJobs);
        self.stop_at(node, reason, message);
        Ok(())
    }

    fn retry(&mut self) -> Result<(), Refusal> {
        let node = self.waiting_ack()?;
        let run = &mut self.step.run;
        run.incident = None;
        run.resends = 0;
        run.state = RunState::Waiting;
        run.waiting_for = Some(WaitingFor::Ack);
        run.nodes[node].status = NodeStatus::Waiting;
        "sent again by an operator".clone_into(&mut run.nodes[node].note);
        self.step.effects.extend([Effect::StopJobs, Effect::RetryWebhook]);
        Ok(())
    }

    fn skip(&mut self) -> Result<(), Refusal> {
        let tenant = self.facts.early_ack.clone().unwrap_or_default();
        let node = self.waiting_ack()?;
        self.step.effects.push(Effect::StopJobs);
        self.settle_ack(node, tenant, NodeStatus::Skipped, "skipped by an operator");
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Refusal> {
        if self.step.run.state == RunState::Completed {
            return Err(Refusal::Finished);
        }
        self.step.effects.push(Effect::StopJobs);
        let run = &mut self.step.run;
        run.state = RunState::Cancelled;
        run.waiting_for = None;
        run.incident = None;
        run.finished_at = Some(self.facts.now);
        for node in run.nodes.iter_mut().filter(|node| node.status == NodeStatus::Waiting) {
            node.status = NodeStatus::Failed;
            "cancelled".clone_into(&mut node.note);
        }
        Ok(())
    }

    /// Runs every node whose predecessors are behind it, until the run waits, stops or is through.
    fn go_on(&mut self) {
        if self.step.run.state.is_over() {
            return;
        }
        while let Some(index) = self.next() {
            self.step.run.nodes[index].started_at = Some(self.facts.now);
            match self.run_local(&self.path[index].clone()) {
                Local::Done(note) => self.finish(index, NodeStatus::Done, note),
                Local::Acked(tenant) => {
                    self.settle_ack(index, tenant, NodeStatus::Done, "acknowledged before the wait began");
                }
                Local::Wait(wait, note) => {
                    let node = &mut self.step.run.nodes[index];
                    node.status = NodeStatus::Waiting;
                    node.note = note;
                    self.step.run.waiting_for = Some(wait);
                }
                Local::Stop(reason, message) => self.stop_at(index, reason, message),
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        let run = &mut self.step.run;
        let through =
            run.nodes.iter().all(|node| matches!(node.status, NodeStatus::Done | NodeStatus::Skipped));
        run.state = match (&run.incident, run.waiting_for, through) {
            (Some(_), _, _) => RunState::Incident,
            (None, Some(_), _) => RunState::Waiting,
            (None, None, true) => RunState::Completed,
            (None, None, false) => RunState::Running,
        };
        if run.state == RunState::Completed {
            run.finished_at.get_or_insert(self.facts.now);
        }
    }

    fn next(&self) -> Option<usize> {
        let behind =
            |name: &String| {
                self.step.run.nodes.iter().any(|node| {
                    node.id == *name && matches!(node.status, NodeStatus::Done | NodeStatus::Skipped)
                })
            };
        self.path.iter().enumerate().position(|(index, node)| {
            self.step.run.nodes[index].status == NodeStatus::Pending && node.after.iter().all(behind)
        })
    }

    fn stop_at(&mut self, index: usize, reason: IncidentReason, message: String) {
        let run = &mut self.step.run;
        run.nodes[index].status = NodeStatus::Failed;
        run.waiting_for = None;
        run.state = RunState::Incident;
        let node = run.nodes[index].id.clone();
        run.incident = Some(Incident { node, reason, message, at: self.facts.now });
    }

    fn finish(&mut self, index: usize, status: NodeStatus, note: String) {
        let node = &mut self.step.run.nodes[index];
        node.status = status;
        node.started_at.get_or_insert(self.facts.now);
        node.finished_at = Some(self.facts.now);
        node.note = note;
    }

    fn index_of(&self, kind: Kind) -> Result<usize, Refusal> {
        self.path.iter().position(|node| node.kind == kind).ok_or(Refusal::Definition)
    }

    /// The ack's node, if the run waits there or stands there as an incident.
    fn waiting_ack(&self) -> Result<usize, Refusal> {
        let node = self.index_of(Kind::AwaitAck).map_err(|_| Refusal::NotWaiting)?;
        let here = matches!(self.step.run.nodes[node].status, NodeStatus::Waiting | NodeStatus::Failed);
        if here { Ok(node) } else { Err(Refusal::NotWaiting) }
    }

    fn is_skipped(&self) -> bool {
        let node = self.index_of(Kind::AwaitAck);
        node.is_ok_and(|node| self.step.run.nodes[node].status == NodeStatus::Skipped)
    }

    fn account_events(&mut self, node: &str) {
        let mut created = self.account();
        let plan = self.step.run.plan.as_ref().map(|plan| plan.name.clone()).unwrap_or_default();
        created.insert("plan_name".to_owned(), json!(plan));
        let added = self.added_user();
        self.emit(node, "account_created", true, created);
        self.emit(node, "account_added_user", true, added);
    }

    /// What both events of the account say.
    fn account(&self) -> Map<String, Value> {
        let run = &self.step.run;
        object(json!({
            "account_name": run.account_name,
            "account_domain": run.enrichment.account_name(run.email.as_str()),
            "account_id": run.group_id(),
            "user_email": run.email.as_str(),
        }))
    }

    fn added_user(&self) -> Map<String, Value> {
        let role = self.step.run.applied_role.as_ref().map(|role| role.name.as_str()).unwrap_or_default();
        let said = json!({"user_role": role, "role": role, "join_method": "signup", "is_first_user": true});
        let mut properties = self.account();
        properties.extend(object(said));
        properties
    }

    fn emit(&mut self, node: &str, name: &'static str, with_group: bool, properties: Map<String, Value>) {
        let mut properties = properties;
        if matches!(name, "signed_up" | "signed_in") {
            properties.insert("user_email".to_owned(), json!(self.step.run.email.as_str()));
        }
        self.say(Emitted::first(node, name, with_group, properties));
    }

    fn say(&mut self, event: Emitted) {
        self.step.events.push(event);
    }
}

const DISABLED: &str = "the webhook endpoint answered 410 and is disabled: enable it again in Settings";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
