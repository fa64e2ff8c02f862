//! The state database on two engines: one SQLite file, or PostgreSQL.
//!
//! Writes are **commands**: synchronous closures that a writer's *lane* runs, many to a transaction, one
//! commit for all of them. A closure may run again (so it captures ids, tokens and the time, and reads
//! whatever decides inside), it is handed no way to wait for anything, and it is answered only after the
//! commit that keeps its promise. Reads are closures too: one snapshot, a bounded pool, bounded rows.
//!
//! - [`Database::write`] and [`Database::read`] are the way in; [`Tx`] is what the closure gets.
//! - [`Statement`]s are statics, written once for both engines with parameters `$1..$n`.
//! - [`Lock`]s make PostgreSQL as serialisable for one lock as SQLite is for everything; a store function
//!   on guarded rows asserts its lock with [`Tx::holds`], on both engines.
//! - [`migrate`] brings a database up to date; it only goes forward.
//!
//! What this crate does not know: any table of ours but its own `schema_migration`.
//!
//! Not promised: that a dropped `write` did not run; order between commands that share no lock.

mod command;
mod counters;
mod database;
mod fault;
mod lock;
mod migration;
mod options;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod tx;
mod value;

pub use counters::Stats;
pub use database::Database;
pub use fault::{Fault, Source, without_nul};
pub use lock::{Lock, Locks};
pub use migration::{Migrated, Migration, migrate, pending};
pub use options::{Engine, OnFatal, Options};
pub use row::{Column, FromColumn, Row};
pub use statement::{Statement, statement, twin};
pub use tx::Tx;
pub use value::Value;

/// The values of a statement's parameters, in the order `$1..$n`: `params![&id.to_string(), now, None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Value::from($value)),*] as &[$crate::Value<'_>]
    };
}

/// Declares the statements of a module, and `STATEMENTS`, the list of them all (a test prepares each on
/// both engines).
///
/// ```text
/// sql::statements! {
///     GET = "SELECT name FROM thing WHERE id = $1";
///     pub(crate) CLAIM = twin("… for SQLite …", "… FOR UPDATE SKIP LOCKED …");
/// }
/// ```
#[macro_export]
macro_rules! statements {
    (@next [$($all:ident)*]) => {
        /// Every statement of this module.
        pub static STATEMENTS: &[&$crate::Statement] = &[$(&$all),*];
    };
    (@next [$($all:ident)*] $(#[$meta:meta])* $vis:vis $name:ident = twin($sqlite:expr, $postgres:expr $(,)?); $($rest:tt)*) => {
        $(#[$meta])*
        $vis static $name: $crate::Statement = $crate::twin($sqlite, $postgres);
        $crate::statements!(@next [$($all)* $name] $($rest)*);
    };
    (@next [$($all:ident)*] $(#[$meta:meta])* $vis:vis $name:ident = $text:expr; $($rest:tt)*) => {
        $(#[$meta])*
        $vis static $name: $crate::Statement = $crate::statement($text);
        $crate::statements!(@next [$($all)* $name] $($rest)*);
    };
    ($($body:tt)*) => {
        $crate::statements!(@next [] $($body)*);
    };
}
