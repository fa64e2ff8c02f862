//! What tests of several crates share: a clock and randomness that do as told, a database on every engine, a mail server
//! that takes mail as told.

mod clock;
mod database;
pub mod mail_server;
mod random;

pub use clock::TestClock;
pub use database::{Component, TestDb, databases, databases_with};
pub use random::SeededRng;
