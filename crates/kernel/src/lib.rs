//! The words that every crate shares: typed ids, the environment, time, randomness, secrets and the
//! categories of failure. No async, no I/O: what touches the world comes in through [`Clock`] and [`Rng`].

mod bounded;
mod category;
mod chain;
mod cursor;
mod env;
mod hex;
mod id;
mod random;
mod secret;
mod time;

pub use bounded::{Bounded, BoundedFault};
pub use category::Category;
pub use chain::chain;
pub use cursor::{Cursor, CursorFault, Key};
pub use env::Env;
pub use hex::hex;
pub use id::*;
pub use random::{Rng, token};
pub use secret::Secret;
pub use time::{Clock, Monotonic, Timestamp, TimestampFault};
