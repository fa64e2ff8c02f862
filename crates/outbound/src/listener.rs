//! The addresses that we listen on ourselves: a webhook must never be made to call our own API.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{Arc, RwLock},
};

/// A shared, growing set of our listeners. Cheap to clone; all clones see what is added.
#[derive(Debug, Clone, Default)]
pub struct OwnListeners(Arc<RwLock<Vec<SocketAddr>>>);

impl OwnListeners {
    pub fn new(listeners: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(Arc::new(RwLock::new(listeners.into_iter().collect())))
    }

    /// Adds the address that a socket is really bound to (`local_addr`, never port 0).
    pub fn add(&self, listener: SocketAddr) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(listener);
    }

    /// Whether connecting to `target` would reach one of them. A listener bound to all addresses is
    /// reached by every address of this machine.
    pub fn contains(&self, target: SocketAddr) -> bool {
        let ip = target.ip().to_canonical();
        self.on_port(target.port()).any(|bound| {
            let bound = bound.to_canonical();
            bound == ip || (bound.is_unspecified() && is_of_this_machine(ip))
        })
    }

    /// Whether any of them uses this port, on whatever address.
    pub(crate) fn uses_port(&self, port: u16) -> bool {
        self.on_port(port).next().is_some()
    }

    fn on_port(&self, port: u16) -> impl Iterator<Item = IpAddr> {
        let all = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found: Vec<_> = all.iter().filter(|bound| bound.port() == port).map(SocketAddr::ip).collect();
        found.into_iter()
    }
}

/// The kernel binds a socket to local addresses alone, so trying tells without listing the interfaces.
/// Nothing is sent.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || UdpSocket::bind(SocketAddr::new(ip, 0)).is_ok()
}
