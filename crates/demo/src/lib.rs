//! The builder's side of the house, driven from outside: everything here speaks to thrivestack over its
//! public HTTP API alone, as a stranger's product would.
//!
//! - [`acme`]: Acme Notes, a small product that signs its people up through thrivestack;
//! - [`story`]: the months behind such a product, made up: who signs up, who waits, an incident, and what people do;
//! - [`telemetry`]: sends what was made up;
//! - [`check`]: one signup walked through with an HTTP client, each step timed;
//! - [`receive`]: a stand-in for the builder's backend, for a first walk with curl.
//!
//! The crate knows HTTP and `kernel`. It is also the worked example of an integration: how to get a token,
//! verify a webhook, acknowledge it and exchange a one-time code.

pub mod acme;
mod browser;
pub mod check;
pub mod client;
pub mod exchange;
pub mod out;
pub mod receive;
pub mod signature;
pub mod story;
pub mod telemetry;
