//! Organization, product, environment: who a row belongs to.

use kernel::{EnvironmentId, OrganizationId, ProductId};
use serde::{Deserialize, Serialize};

/// A deployment stage. Development is lenient (plain http, private addresses, quick retries).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Development,
    Production,
}

impl Stage {
    /// The short name on the wire: query `environment=dev`, event contexts.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Production => "prod",
        }
    }

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Development => "Development",
            Self::Production => "Production",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = StageFault;
    fn from_str(short: &str) -> Result<Self, StageFault> {
        match short {
            "dev" => Ok(Self::Development),
            "prod" => Ok(Self::Production),
            _ => Err(StageFault),
        }
    }
}

/// The text names no stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a stage: dev or prod")]
pub struct StageFault;

/// One environment with what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub id: EnvironmentId,
    pub product: ProductId,
    pub organization: OrganizationId,
    pub stage: Stage,
}
