//! The name lookup of the guarded client: its answers are the addresses that are then connected to, so a
//! name that changes its address between check and use gains nothing.

use crate::{OwnListeners, Policy};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{fmt, net::SocketAddr};

/// Looks names up for one policy, and refuses a name as a whole when one of its addresses is not allowed.
pub(crate) struct Resolver {
    pub(crate) policy: Policy,
    pub(crate) own: OwnListeners,
    /// The port that will be connected to, where it is one of ours; the lookup itself is not told.
    pub(crate) own_port: Option<u16>,
}

/// The lookup itself failed. Carries the name, because the client's error does not.
#[derive(Debug, thiserror::Error)]
pub(crate) struct LookupFault {
    pub(crate) host: String,
    pub(crate) source: std::io::Error,
}

impl fmt::Display for LookupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lookup of {:?} failed", self.host)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, own, port) = (self.policy, self.own.clone(), self.own_port.unwrap_or(0));
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let looked_up = tokio::net::lookup_host((host.as_str(), port)).await;
            let found = looked_up.map(Iterator::collect::<Vec<SocketAddr>>);
            let found = found.map_err(|source| LookupFault { host, source })?;
            for address in &found {
                policy.check_address(*address, &own)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
