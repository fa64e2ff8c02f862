//! A builder's server on a port of its own, and a client to call it with.

use axum::Router;
use outbound::{Client, OwnListeners, Policy, Request, SendFault};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Serves until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub(crate) fn client() -> Client {
    client_beside(OwnListeners::default())
}

pub(crate) fn client_beside(own: OwnListeners) -> Client {
    Client::new(own)
}

pub(crate) fn post(url: &str) -> Request {
    Request::post(url.parse().unwrap(), Policy::Development)
}

/// Which fault it is, for tables.
pub(crate) fn kind(fault: &SendFault) -> &'static str {
    match fault {
        SendFault::Refused(_) => "refused",
        SendFault::Header { .. } => "header",
        SendFault::Resolve { .. } => "resolve",
        SendFault::Closed { .. } => "closed",
        SendFault::Certificate { .. } => "certificate",
        SendFault::NotTls { .. } => "not tls",
        SendFault::Tls { .. } => "tls",
        SendFault::Connect { .. } => "connect",
        SendFault::Timeout { .. } => "timeout",
        SendFault::NotHttp { .. } => "not http",
        SendFault::Broken { .. } => "broken",
        SendFault::Setup { .. } => "setup",
    }
}
