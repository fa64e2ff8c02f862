//! One run of a workflow for one end user: its state, and the pure step function that advances it.
//!
//! A run is a small document. [`advance`] takes it with one [`Event`] and the [`Facts`] of the moment and gives
//! the next document with [`Effect`]s (rows and jobs to write in the same transaction) and [`Emitted`] standard
//! events. Consecutive local nodes run in one call. Nothing here knows the database, the clock or the network.

mod step;
mod view;

pub use step::{Effect, Emitted, Event, Facts, Refusal, Step, Subject, advance, begin};
pub use view::words;

use crate::email::Email;
use crate::enrichment::Enrichment;
use crate::setting::Choice;
use crate::workflow::{Definition, Node};
use kernel::{Bounded, Cursor, EndUserId, RunId, TenantId, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The builder's id of a user: opaque, non-empty, at most 1,024 bytes (decision D11).
pub type UserId = Bounded<1024>;

/// Where a run stands (decision D29). Nothing fails or expires silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Waiting,
    Incident,
    Completed,
    Cancelled,
}

impl RunState {
    pub const ALL: [Self; 5] =
        [Self::Running, Self::Waiting, Self::Incident, Self::Completed, Self::Cancelled];

    /// Nothing more happens by itself.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Incident => "incident",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a waiting run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    Ack,
    Onboarding,
    Waitlist,
}

impl WaitingFor {
    pub const ALL: [Self; 3] = [Self::Ack, Self::Onboarding, Self::Waitlist];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Onboarding => "onboarding",
            Self::Waitlist => "waitlist",
        }
    }
}

macro_rules! from_name {
    ($type:ident, [$($variant:ident),*], $what:literal) => {
        impl FromStr for $type {
            type Err = NameFault;
            fn from_str(name: &str) -> Result<Self, NameFault> {
                [$(Self::$variant),*].into_iter().find(|one| one.name() == name).ok_or(NameFault($what))
            }
        }
    };
}
from_name!(RunState, [Running, Waiting, Incident, Completed, Cancelled], "run state");
from_name!(WaitingFor, [Ack, Onboarding, Waitlist], "wait");
from_name!(RunKind, [Signup, Login], "kind of run");

/// The text names none of the variants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct NameFault(&'static str);

/// A signup, or the short run of a user who has been handed over before (decision D14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    Signup,
    Login,
}

impl RunKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Login => "login",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    Pending,
    Waiting,
    Done,
    Skipped,
    Failed,
}

/// What has happened at one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    pub id: String,
    pub status: NodeStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finished_at: Option<Timestamp>,
    /// A few words for the timeline: `41 of 100 places taken`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub note: String,
}

/// Why a run stands still until an operator acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub node: String,
    pub reason: IncidentReason,
    /// What happened, for a person.
    pub message: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentReason {
    /// The retry schedule ended without a 2xx.
    DeliveryFailed,
    /// The endpoint answered 410, or was disabled by such an answer before.
    EndpointDisabled,
    /// Delivered, sent again, and still no acknowledgement.
    NeverAcknowledged,
    /// A job kept failing by a fault of ours.
    JobFailed,
}

/// The tenant as the builder knows it, from the acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BuilderTenant {
    /// Empty counts as absent (decision D13).
    pub id: Option<String>,
    pub name: Option<String>,
}

/// A run. What lists search by is also in columns; the rest is this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub workflow: WorkflowId,
    pub version: u32,
    pub kind: RunKind,
    pub user_id: UserId,
    pub email: Email,
    /// The role that the trigger sent; the applied one is used where it is `None` (decision D24).
    pub role: Option<Choice>,
    pub end_user: EndUserId,
    /// Made with the run (decision D26).
    pub tenant: TenantId,
    pub state: RunState,
    pub waiting_for: Option<WaitingFor>,
    pub incident: Option<Incident>,
    pub nodes: Vec<NodeState>,
    pub enrichment: Enrichment,
    /// The plan associated, once it is.
    pub plan: Option<Choice>,
    /// The role associated, once it is.
    pub applied_role: Option<Choice>,
    pub account_name: String,
    pub builder_tenant: Option<BuilderTenant>,
    /// How often the webhook was sent again because no ack came (decision D13).
    pub resends: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub acked_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// When the browser left for the last redirect. From then on a trigger is a login (decision D14).
    pub handed_over_at: Option<Timestamp>,
}

impl Run {
    /// Where it stands in a list by the time of its beginning.
    pub fn place(&self) -> Cursor {
        Cursor::at(self.created_at, self.id.to_string())
    }

    /// The path of the definition that this run follows.
    pub fn path<'d>(&self, definition: &'d Definition) -> &'d [Node] {
        definition.path(self.kind)
    }

    /// The group id of events from the ack on: the builder's tenant id, or ours where none came (D26).
    pub fn group_id(&self) -> String {
        let builders = self.builder_tenant.as_ref().and_then(|tenant| tenant.id.clone());
        builders.unwrap_or_else(|| self.tenant.to_string())
    }

    /// Whether the last redirect may be taken: the ack (or a login) is behind.
    pub fn is_ready_for_browser(&self) -> bool {
        match self.kind {
            RunKind::Signup => self.acked_at.is_some() && self.state != RunState::Cancelled,
            RunKind::Login => self.state == RunState::Completed,
        }
    }
}

#[cfg(test)]
mod tests;
