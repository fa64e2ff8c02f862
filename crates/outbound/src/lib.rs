//! What leaves this machine: the guarded HTTP client, mail by SMTP ([`smtp`]), and the local IP-to-country database.
//!
//! Cast: a use case builds a [`Request`] with the [`Policy`] of its environment and hands it to an
//! [`Http`]. [`Client`] sends it; [`recorded::Recorder`] keeps it for a test instead.
//!
//! Guarantees of [`Client`]: the address that is connected to is one that the policy allows, whatever the
//! name resolved to before or resolves to later; it is never one of our own listeners; redirects are
//! answers and are not followed; no proxy comes from the environment; connecting takes at most
//! [`CONNECT_TIMEOUT`], the whole exchange at most the request's timeout; of an answer, at most the
//! request's cap is read. Bodies are taken as sent: nothing is decompressed.
//!
//! Not promised: that a public address does not lead back to us through somebody's reverse proxy, and
//! any retrying, which is the caller's job.

mod address;
mod client;
mod country;
mod fault;
mod listener;
mod message;
mod policy;
pub mod recorded;
mod resolver;
pub mod smtp;

pub use address::is_global;
pub use client::{CONNECT_TIMEOUT, Client};
pub use country::{Countries, CountryFault, Place};
pub use fault::{CertificateProblem, SendFault};
pub use futures_util::future::BoxFuture;
pub use listener::OwnListeners;
pub use message::{RESPONSE_BODY_BYTES_MAX, RESPONSE_HEADERS_BYTES_MAX, Request, Response, TIMEOUT_DEFAULT};
pub use policy::{Policy, Refusal};

/// Sends one HTTP request. Two forms: [`Client`] and [`recorded::Recorder`].
pub trait Http: Send + Sync {
    /// Any status is an answer; only an exchange that did not come to an end is a fault.
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, SendFault>>;
}
