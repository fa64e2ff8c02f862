//! What every route shares, and no route's meaning: finding and checking credentials, reading bodies within
//! bounds, refusing in the envelope of a family, request ids, the access log, cross-origin answers.
//!
//! A JSON route hands its request to a [`Gate`], which judges in the order of decision D15 (credential, legal
//! JSON, scope) and leaves the fields to the route. Who a credential belongs to it asks a [`CallerSource`], which
//! the binary implements over the use cases; this crate knows `kernel` and `model` alone.

pub mod address;
pub mod answer;
pub mod body;
pub mod caller;
pub mod cookie;
pub mod cors;
pub mod credential;
pub mod csrf;
pub mod edge;
pub mod gate;
pub mod json;
pub mod refused;

pub use address::{ClientAddress, Proxies};
pub use answer::{Family, Refusal};
pub use caller::{CallerFault, CallerSource, Verdict};
pub use edge::{Edge, request_id};
pub use gate::{Admitted, Gate};
pub use refused::{RefusedLog, Told, Unserved};
