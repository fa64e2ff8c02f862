//! Typed ids: bare UUIDs on the wire and in storage (TEXT), never interchangeable in code.

use crate::{Rng, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct IdFault;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The nil UUID (RFC 9562, 5.9): what no row has.
            pub const NIL: Self = Self(Uuid::nil());

            /// A time-ordered id (RFC 9562, version 7).
            pub fn ordered(now: Timestamp, rng: &dyn Rng) -> Self {
                Self(v7(now, rng))
            }

            /// An unguessable id (RFC 9562, version 4).
            pub fn random(rng: &dyn Rng) -> Self {
                Self(v4(rng))
            }

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdFault;
            fn from_str(text: &str) -> Result<Self, IdFault> {
                // With hyphens alone. Capitals are taken and folded: ids compare as text, and are always shown small.
                let parsed = Uuid::try_parse(text).map_err(|_| IdFault)?;
                if text.len() == 36 { Ok(Self(parsed)) } else { Err(IdFault) }
            }
        }
    )*};
}

ids! {
    /// The builder's company inside the console.
    OrganizationId;
    /// One product of the builder.
    ProductId;
    /// One deployment stage of a product.
    EnvironmentId;
    /// Someone who signs in to the console.
    OperatorId;
    /// An API key of any kind; `key_id` on the wire.
    KeyId;
    /// A workflow's definition: `workflow_id`, `workflowDesignTimeId`.
    WorkflowId;
    /// One run of a workflow: `workflow_runtime_id`. Random, because it is shown in links.
    RunId;
    /// The platform's id of an account: `ts_tenant_id`, `thrivestackTenantId`.
    TenantId;
    /// The platform's id of a person: `thriveUserId`.
    EndUserId;
    /// One message to a builder's endpoint; stable over its retries.
    DeliveryId;
    /// A secret that signs an environment's webhooks.
    WebhookSecretId;
    /// A durable job.
    JobId;
    /// A mail row.
    MailId;
    /// A lead row.
    LeadId;
    /// The identity of one journal, made with it.
    JournalId;
    /// One request or answer: `response_id`, `X-Request-Id`.
    RequestId;
    /// One refused request as it is kept: callers may send several under one [`RequestId`].
    RefusedId;
}

fn v7(now: Timestamp, rng: &dyn Rng) -> Uuid {
    let mut random = [0; 10];
    rng.fill(&mut random);
    let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn v4(rng: &dyn Rng) -> Uuid {
    let mut random = [0; 16];
    rng.fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid()
}
