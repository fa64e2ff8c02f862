//! Where an environment may send to.

use crate::{OwnListeners, address};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// The ports that Production may connect to.
const PRODUCTION_PORTS: [u16; 3] = [80, 443, 8443];

/// How careful to be with addresses that a builder has typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// `https` alone, ports 80, 443 and 8443, and every address that the name resolves to is global.
    Production,
    /// `http` too, any port, private addresses too.
    Development,
}

/// The rule that a destination breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("scheme {0:?} is not allowed")]
    Scheme(String),
    #[error("the url has no host")]
    NoHost,
    #[error("user name and password in the url are not allowed")]
    UserInfo,
    #[error("port {0} is not allowed")]
    Port(u16),
    #[error("address {0} is not allowed")]
    Address(IpAddr),
    #[error("{0} is this server itself")]
    OwnListener(SocketAddr),
}

impl Policy {
    /// What can be said before resolving: scheme, port, and the address where the host is a literal one.
    /// Returns the port that will be connected to.
    ///
    /// `url` has already turned decimal, octal and hexadecimal hosts into addresses (WHATWG URL, host parsing).
    pub fn check_url(self, url: &Url, own: &OwnListeners) -> Result<u16, Refusal> {
        let allowed = url.scheme() == "https" || (self == Self::Development && url.scheme() == "http");
        if !allowed {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo);
        }
        let port = url.port_or_known_default().ok_or(Refusal::Port(0))?;
        if port == 0 || (self == Self::Production && !PRODUCTION_PORTS.contains(&port)) {
            return Err(Refusal::Port(port));
        }
        match url.host().ok_or(Refusal::NoHost)? {
            Host::Domain(_) => {}
            Host::Ipv4(ip) => self.check_address(SocketAddr::new(ip.into(), port), own)?,
            Host::Ipv6(ip) => self.check_address(SocketAddr::new(ip.into(), port), own)?,
        }
        Ok(port)
    }

    /// The rule for one address that is about to be connected to.
    pub fn check_address(self, target: SocketAddr, own: &OwnListeners) -> Result<(), Refusal> {
        let ip = target.ip().to_canonical();
        let reachable = match self {
            Self::Production => address::is_global(ip),
            Self::Development => address::is_unicast(ip),
        };
        if !reachable {
            return Err(Refusal::Address(ip));
        }
        let target = SocketAddr::new(ip, target.port());
        if own.contains(target) {
            return Err(Refusal::OwnListener(target));
        }
        Ok(())
    }
}
