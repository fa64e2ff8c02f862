//! Who is calling, and what they may do (decision D15).

use kernel::{Env, KeyId, Secret};
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
#[error(
    "unknown scope: not one of telemetry_apis, track_api, identify_api, group_api, user_management, \
     workflow_trigger_api, revenue_apis"
)]
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

/// The kinds of API key (decision D15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// A pair: the private half gives tokens.
    Rsa,
    /// Opaque and browser-safe: telemetry alone.
    Project,
    /// Opaque and server-side, with chosen scopes.
    Private,
}

impl KeyKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Project => "project",
            Self::Private => "private",
        }
    }
}

/// The text names no kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of key: rsa, project or private")]
pub struct KeyKindFault;

impl FromStr for KeyKind {
    type Err = KeyKindFault;
    fn from_str(name: &str) -> Result<Self, KeyKindFault> {
        let kinds = [Self::Rsa, Self::Project, Self::Private];
        kinds.into_iter().find(|kind| kind.name() == name).ok_or(KeyKindFault)
    }
}

/// What a project key may do: every browser shows it, so it provisions nothing.
pub const PROJECT_SCOPES: &[Scope] = &[Scope::TelemetryApis];

/// Where in a request a credential stood, in the order in which they are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Token …`
    TokenScheme,
    /// `x-api-key: …`
    ApiKeyHeader,
    /// `KEY: …`
    KeyHeader,
    /// `?api_key=…`
    Query,
    /// `"api_key": "…"`
    Body,
}

impl Form {
    /// Tokens are refused where they would end up in logs and stored bodies.
    pub const fn takes_tokens(self) -> bool {
        !matches!(self, Self::Query | Self::Body)
    }
}

/// A credential as the request presented it; nothing about it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    pub form: Form,
    pub credential: Secret<String>,
}

/// What a caller must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    scopes: &'static [Scope],
    private_key: bool,
}

impl Need {
    /// Any one of these scopes, whichever kind of credential carries it.
    pub const fn scope(scopes: &'static [Scope]) -> Self {
        Self { scopes, private_key: false }
    }

    /// A private API key, whatever its scopes: the private endpoints (domain 2.18).
    pub const fn private_key() -> Self {
        Self { scopes: &[], private_key: true }
    }

    /// The same, and a private API key suffices too.
    pub const fn or_private_key(self) -> Self {
        Self { private_key: true, ..self }
    }

    /// Any one of them suffices; none where only a private API key does.
    pub const fn scopes(self) -> &'static [Scope] {
        self.scopes
    }
}

/// `the scope telemetry_apis or track_api, or a private API key`
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.scopes.iter().map(|scope| scope.name()).collect();
        match (names.is_empty(), self.private_key) {
            (true, _) => f.write_str("a private API key"),
            (false, false) => write!(f, "the scope {}", names.join(" or ")),
            (false, true) => write!(f, "the scope {}, or a private API key", names.join(" or ")),
        }
    }
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
    /// Whether the caller may do what needs this. The gate of a route asks, nobody behind it.
    pub fn meets(&self, need: Need) -> bool {
        let scoped = need.scopes.iter().any(|scope| self.scopes.contains(scope));
        scoped || (need.private_key && self.kind == CallerKind::PrivateKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::EnvironmentId;

    fn caller(kind: CallerKind, scopes: &[Scope]) -> Caller {
        let env = Env::vouched(EnvironmentId::from_uuid(Default::default()));
        Caller { env, kind, key: KeyId::from_uuid(Default::default()), scopes: scopes.to_vec() }
    }

    #[test]
    fn a_project_key_provisions_nothing() {
        let caller = caller(CallerKind::ProjectKey, PROJECT_SCOPES);
        assert!(caller.meets(Need::scope(&[Scope::TelemetryApis, Scope::TrackApi])));
        assert!(!caller.meets(Need::scope(&[Scope::WorkflowTriggerApi])));
        assert!(!caller.meets(Need::scope(&[Scope::WorkflowTriggerApi]).or_private_key()));
    }

    #[test]
    fn private_endpoints_take_a_private_key_alone() {
        let need = Need::private_key();
        assert!(caller(CallerKind::PrivateKey, &[]).meets(need));
        assert!(!caller(CallerKind::Token, &Scope::ALL).meets(need));
    }

    #[test]
    fn scopes_read_back_by_name() {
        for scope in Scope::ALL {
            assert_eq!(scope.name().parse(), Ok(scope));
        }
        assert_eq!("openid".parse::<Scope>(), Err(ScopeFault));
    }
}
