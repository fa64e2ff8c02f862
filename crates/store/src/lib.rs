//! Our tables, one file per aggregate: rows in, rows out. It knows no HTTP and no job's meaning; every call
//! for environment data takes the [`kernel::Env`]. What takes none, and why, stands in ARCHITECTURE.md (invariant 6).

pub mod consumer;
pub mod definition;
pub mod delivery;
pub mod end_user;
pub mod handover;
pub mod idempotency;
pub mod key;
pub mod lead;
pub mod logo;
pub mod mail;
pub mod operator;
pub mod platform;
pub mod profile;
pub mod request;
pub mod run;
pub mod seal;
pub mod setting;
pub mod tenant;

use sql::{Fault, Migration, Row, Statement};

/// Our tables, oldest first; forward only.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_platform", sql: include_str!("../migrations/0001_platform.sql") },
    Migration { name: "0002_key", sql: include_str!("../migrations/0002_key.sql") },
    Migration { name: "0003_operator", sql: include_str!("../migrations/0003_operator.sql") },
    Migration { name: "0004_setting", sql: include_str!("../migrations/0004_setting.sql") },
    Migration { name: "0005_workflow", sql: include_str!("../migrations/0005_workflow.sql") },
    Migration { name: "0006_run", sql: include_str!("../migrations/0006_run.sql") },
    Migration { name: "0007_delivery", sql: include_str!("../migrations/0007_delivery.sql") },
    Migration { name: "0008_handover", sql: include_str!("../migrations/0008_handover.sql") },
    Migration { name: "0009_mail_lead", sql: include_str!("../migrations/0009_mail_lead.sql") },
    Migration { name: "0010_profile", sql: include_str!("../migrations/0010_profile.sql") },
    Migration { name: "0011_consumer", sql: include_str!("../migrations/0011_consumer.sql") },
    Migration { name: "0012_request", sql: include_str!("../migrations/0012_request.sql") },
];

/// Every statement of this crate, so that a test can prepare each on both engines.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        consumer::STATEMENTS,
        definition::STATEMENTS,
        delivery::STATEMENTS,
        delivery::list::STATEMENTS,
        end_user::STATEMENTS,
        handover::STATEMENTS,
        idempotency::STATEMENTS,
        key::STATEMENTS,
        lead::STATEMENTS,
        logo::STATEMENTS,
        mail::STATEMENTS,
        operator::STATEMENTS,
        platform::STATEMENTS,
        profile::STATEMENTS,
        profile::list::STATEMENTS,
        request::STATEMENTS,
        run::STATEMENTS,
        setting::STATEMENTS,
        tenant::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// What somebody searches for, as columns of lower case have it: for `strpos`.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A JSON document in a TEXT column of ours: anything else there is a fault of ours.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T, Fault> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|_| Fault::Column { index, wanted: "a document of ours" })
}

/// A document of ours that cannot be written down: a map key that is no text, say.
pub(crate) fn encoding(source: serde_json::Error) -> Fault {
    Fault::Engine { statement: "encode a document", source: std::sync::Arc::new(source) }
}
