//! What tests of several crates share: a clock and randomness that do as told, and a database on every engine.

mod clock;
mod database;
mod random;

pub use clock::TestClock;
pub use database::{Component, TestDb, databases, databases_with};
pub use random::SeededRng;
