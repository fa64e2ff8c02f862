//! Why there is no answer.

use crate::Refusal;
use kernel::Category;
use std::{error::Error, time::Duration};

type Cause = Box<dyn Error + Send + Sync>;

/// An exchange that did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// The policy does not allow it; nothing was sent.
    #[error("refused by the address policy: {0}")]
    Refused(#[from] Refusal),
    /// A header's name or value is not one; nothing was sent.
    #[error("header {name:?} cannot be sent")]
    Header { name: String },
    #[error("host name {host:?} cannot be resolved")]
    Resolve { host: String, source: Cause },
    /// No connection: refused, unreachable, or the certificate is not trusted.
    #[error("cannot connect")]
    Connect { source: Cause },
    #[error("no complete answer within {} ms", limit.as_millis())]
    Timeout { limit: Duration },
    /// The connection broke before the answer was complete, or the answer was not HTTP.
    #[error("the exchange broke off")]
    Broken { source: Cause },
    /// The client itself could not be made, for instance without any trusted root certificate.
    #[error("cannot set up the http client")]
    Setup { source: Cause },
}

impl SendFault {
    pub const fn category(&self) -> Category {
        match self {
            Self::Refused(_) | Self::Header { .. } => Category::Invalid,
            Self::Resolve { .. } | Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => {
                Category::Unavailable
            }
            Self::Setup { .. } => Category::Fault,
        }
    }
}
