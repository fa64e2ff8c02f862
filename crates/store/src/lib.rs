//! Our tables, one file per aggregate: rows in, rows out. It knows no HTTP and no job's meaning; every call
//! for environment data takes the [`kernel::Env`]. `platform` is the named exception: it finds environments.

pub mod consumer;
pub mod definition;
pub mod delivery;
pub mod end_user;
pub mod handover;
pub mod idempotency;
pub mod key;
pub mod lead;
pub mod lock;
pub mod mail;
pub mod operator;
pub mod platform;
pub mod profile;
pub mod run;
pub mod seal;
pub mod setting;
pub mod tenant;
