//! A builder's server on a port of its own, and a client to call it with.

use axum::Router;
use kernel::{Clock, Monotonic, Timestamp};
use outbound::{Client, Method, OwnListeners, Policy, Request};
use std::{net::SocketAddr, sync::Arc, time::Duration};
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
    Client::new(own, Arc::new(StandingClock))
}

pub(crate) fn get(url: &str) -> Request {
    Request::new(Method::Get, url.parse().unwrap(), Policy::Development)
}

/// These tests ask whether something happens, not how long it took.
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::ZERO)
    }
}
