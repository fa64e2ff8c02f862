//! Who is calling, and what they may do (decision D15).

use kernel::{Env, KeyId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a key or a token may be used for (domain 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    TelemetryApis,
    TrackApi,
    IdentifyApi,
    GroupApi,
    UserManagement,
    WorkflowTriggerApi,
    RevenueApis,
}

impl Scope {
    pub const ALL: [Self; 7] = [
        Self::TelemetryApis,
        Self::TrackApi,
        Self::IdentifyApi,
        Self::GroupApi,
        Self::UserManagement,
        Self::WorkflowTriggerApi,
        Self::RevenueApis,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::TelemetryApis => "telemetry_apis",
            Self::TrackApi => "track_api",
            Self::IdentifyApi => "identify_api",
            Self::GroupApi => "group_api",
            Self::UserManagement => "user_management",
            Self::WorkflowTriggerApi => "workflow_trigger_api",
            Self::RevenueApis => "revenue_apis",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no scope of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope")]
pub struct ScopeFault;

impl FromStr for Scope {
    type Err = ScopeFault;
    fn from_str(name: &str) -> Result<Self, ScopeFault> {
        Self::ALL.into_iter().find(|scope| scope.name() == name).ok_or(ScopeFault)
    }
}

/// The three kinds of credential that act for an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Opaque and browser-safe: telemetry alone.
    ProjectKey,
    /// Opaque and server-side, with chosen scopes.
    PrivateKey,
    /// A token that an RSA key gave, with the scopes it asked for.
    Token,
}

/// A caller whose credential has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub env: Env,
    pub kind: CallerKind,
    pub key: KeyId,
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// Whether the caller may do what any one of `wanted` allows.
    pub fn may(&self, wanted: &[Scope]) -> bool {
        wanted.iter().any(|scope| self.scopes.contains(scope))
    }
}
