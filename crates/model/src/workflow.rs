//! Workflow definitions: immutable data with versions. A run keeps the version it started with; what a node
//! does is named by a kind with a version of its own, so that newer code never changes the meaning of an old
//! definition.

use crate::run::RunKind;
use kernel::WorkflowId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a node does. The serialised name carries the version of the behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "trigger.http@1")]
    Trigger,
    #[serde(rename = "enrich.user@1")]
    EnrichUser,
    #[serde(rename = "enrich.company@1")]
    EnrichCompany,
    #[serde(rename = "waitlist.user@1")]
    WaitlistUser,
    #[serde(rename = "role.associate@1")]
    AssociateRole,
    #[serde(rename = "plan.associate@1")]
    AssociatePlan,
    #[serde(rename = "tenant.provision@1")]
    ProvisionTenant,
    #[serde(rename = "wait.ack@1")]
    AwaitAck,
    #[serde(rename = "redirect.onboarding@1")]
    OnboardingRedirect,
    #[serde(rename = "crm.lead@1")]
    StoreLead,
    #[serde(rename = "mail.welcome@1")]
    WelcomeMail,
    #[serde(rename = "sign.in@1")]
    SignIn,
    #[serde(rename = "redirect.success@1")]
    SuccessRedirect,
}

impl Kind {
    /// What a person reads in the timeline.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Trigger => "Triggered",
            Self::EnrichUser => "User enriched",
            Self::EnrichCompany => "Company enriched",
            Self::WaitlistUser => "Waitlist",
            Self::AssociateRole => "Role associated",
            Self::AssociatePlan => "Plan associated",
            Self::ProvisionTenant => "Tenant provisioned",
            Self::AwaitAck => "Acknowledgement",
            Self::OnboardingRedirect => "Onboarding page",
            Self::StoreLead => "Lead stored",
            Self::WelcomeMail => "Welcome mail",
            Self::SignIn => "Signed in",
            Self::SuccessRedirect => "Home page",
        }
    }
}

/// One building block and what must be finished before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Unique within the definition.
    pub id: String,
    pub kind: Kind,
    #[serde(default)]
    pub after: Vec<String>,
}

/// The three self-serve templates (domain 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    Prosumer,
}

/// One published version of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub workflow: WorkflowId,
    pub version: u32,
    pub name: String,
    pub template: Template,
    /// What a new user goes through.
    pub signup: Vec<Node>,
    /// What a user goes through who has been handed over before (decision D14).
    pub login: Vec<Node>,
}

/// Why a definition cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionFault {
    #[error("two nodes are named {0}")]
    Twice(String),
    #[error("node {node} comes after {missing}, which does not come before it")]
    Order { node: String, missing: String },
    #[error("a path must begin with the trigger and nothing else may have no predecessor")]
    Start,
}

impl Definition {
    /// Prosumer with the builder's own authentication (domain 4.3, template 1, left column).
    pub fn prosumer(workflow: WorkflowId) -> Self {
        let signup = chain(&[
            ("trigger", Kind::Trigger),
            ("enrich_user", Kind::EnrichUser),
            ("enrich_company", Kind::EnrichCompany),
            ("waitlist", Kind::WaitlistUser),
            ("role", Kind::AssociateRole),
            ("plan", Kind::AssociatePlan),
            ("provision", Kind::ProvisionTenant),
            ("ack", Kind::AwaitAck),
        ])
        .into_iter()
        // The browser must not wait for lead or mail: three branches after the last wait (decision D22).
        .chain([
            after("onboarding", Kind::OnboardingRedirect, "ack"),
            after("lead", Kind::StoreLead, "ack"),
            after("welcome_mail", Kind::WelcomeMail, "ack"),
        ])
        .collect();
        let login = chain(&[
            ("trigger", Kind::Trigger),
            ("sign_in", Kind::SignIn),
            ("success", Kind::SuccessRedirect),
        ]);
        Self {
            workflow,
            version: 1,
            name: "Prosumer".to_owned(),
            template: Template::Prosumer,
            signup,
            login,
        }
    }

    /// What a run of this kind goes through.
    pub fn path(&self, kind: RunKind) -> &[Node] {
        match kind {
            RunKind::Signup => &self.signup,
            RunKind::Login => &self.login,
        }
    }

    /// Checks what the step function relies on: unique names, predecessors first, one start.
    pub fn validate(&self) -> Result<(), DefinitionFault> {
        [&self.signup, &self.login].into_iter().try_for_each(|path| validate(path))
    }
}

fn validate(path: &[Node]) -> Result<(), DefinitionFault> {
    let mut seen = BTreeSet::new();
    for (index, node) in path.iter().enumerate() {
        let starts = node.kind == Kind::Trigger;
        if starts != (index == 0) || starts != node.after.is_empty() {
            return Err(DefinitionFault::Start);
        }
        if let Some(missing) = node.after.iter().find(|name| !seen.contains(name.as_str())) {
            return Err(DefinitionFault::Order { node: node.id.clone(), missing: missing.clone() });
        }
        if !seen.insert(node.id.as_str()) {
            return Err(DefinitionFault::Twice(node.id.clone()));
        }
    }
    if path.is_empty() { Err(DefinitionFault::Start) } else { Ok(()) }
}

fn after(id: &str, kind: Kind, before: &str) -> Node {
    Node { id: id.to_owned(), kind, after: vec![before.to_owned()] }
}

fn chain(nodes: &[(&str, Kind)]) -> Vec<Node> {
    let mut path: Vec<Node> = Vec::with_capacity(nodes.len());
    for (id, kind) in nodes {
        let after = path.last().map(|before| before.id.clone()).into_iter().collect();
        path.push(Node { id: (*id).to_owned(), kind: *kind, after });
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prosumer() -> Definition {
        Definition::prosumer(WorkflowId::from_uuid(Default::default()))
    }

    #[test]
    fn prosumer_is_valid_and_survives_its_stored_form() {
        let definition = prosumer();
        assert_eq!(definition.validate(), Ok(()));
        let text = serde_json::to_string(&definition).unwrap();
        assert!(text.contains("\"wait.ack@1\""), "kinds carry their version: {text}");
        assert_eq!(serde_json::from_str::<Definition>(&text).unwrap(), definition);
    }

    #[test]
    fn broken_definitions_are_refused() {
        let mut twice = prosumer();
        twice.signup[2].id = "enrich_user".into();
        assert!(matches!(twice.validate(), Err(DefinitionFault::Order { .. } | DefinitionFault::Twice(_))));
        let mut backwards = prosumer();
        backwards.signup[1].after = vec!["ack".into()];
        assert!(matches!(backwards.validate(), Err(DefinitionFault::Order { .. })));
        let mut headless = prosumer();
        headless.signup.remove(0);
        assert_eq!(headless.validate(), Err(DefinitionFault::Start));
        let mut empty = prosumer();
        empty.login.clear();
        assert_eq!(empty.validate(), Err(DefinitionFault::Start));
    }
}
