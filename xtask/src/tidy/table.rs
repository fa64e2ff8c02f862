//! The table: what each crate may know, and the few places that may do what others may not.

use std::fmt::Write;

/// One crate of ours.
pub(super) struct Crate {
    pub(super) name: &'static str,
    pub(super) holds: &'static str,
    /// The crates of ours that it may depend on.
    pub(super) arrows: &'static [&'static str],
    /// The same for its tests, beyond those.
    pub(super) in_tests: &'static [&'static str],
}

pub(super) const CRATES: &[Crate] = &[
    Crate {
        name: "kernel",
        holds: "typed ids, clock, randomness, secrets, bounded texts, cursors, fault categories",
        arrows: &[],
        in_tests: &[],
    },
    Crate { name: "model", holds: "domain types and pure rules; no I/O", arrows: &["kernel"], in_tests: &[] },
    Crate { name: "oidc", holds: "keys and tokens; usable alone", arrows: &["kernel"], in_tests: &[] },
    Crate {
        name: "sql",
        holds: "the two engines, writer lanes, migrations; no table of ours",
        arrows: &["kernel"],
        in_tests: &["testkit"],
    },
    Crate {
        name: "journal",
        holds: "the durable event log; knows bytes and sequence numbers",
        arrows: &["kernel"],
        in_tests: &[],
    },
    Crate {
        name: "lake",
        holds: "columnar segments and typed queries",
        arrows: &["kernel", "model"],
        in_tests: &[],
    },
    Crate {
        name: "store",
        holds: "our tables, one file per aggregate",
        arrows: &["kernel", "model", "sql"],
        in_tests: &["testkit"],
    },
    Crate {
        name: "durable",
        holds: "jobs, leases, outbox, signal inbox; knows no feature",
        arrows: &["kernel", "sql"],
        in_tests: &["testkit"],
    },
    Crate {
        name: "outbound",
        holds: "the guarded HTTP client, mail by SMTP, the IP-to-country database",
        arrows: &["kernel"],
        in_tests: &["testkit"],
    },
    Crate {
        name: "app",
        holds: "use cases, one module per feature; no HTTP server, no SQL text",
        arrows: &["kernel", "model", "oidc", "sql", "journal", "lake", "store", "durable", "outbound"],
        in_tests: &["testkit"],
    },
    Crate {
        name: "webkit",
        holds: "extractors, sessions, limits, error envelopes; asks who calls through a trait of its own",
        arrows: &["kernel", "model"],
        in_tests: &[],
    },
    Crate {
        name: "api",
        holds: "JSON routes and wire types",
        arrows: &["kernel", "model", "app", "webkit"],
        in_tests: &[],
    },
    Crate {
        name: "console",
        holds: "operator pages and hosted pages",
        arrows: &["kernel", "model", "app", "webkit"],
        in_tests: &[],
    },
    Crate {
        name: "demo",
        holds: "Acme Notes and its data; knows HTTP, and nothing else of ours",
        arrows: &["kernel"],
        in_tests: &[],
    },
    Crate {
        name: "server",
        holds: "the binary: configuration, wiring, subcommands, shutdown",
        arrows: &[
            "kernel", "model", "sql", "journal", "lake", "store", "durable", "outbound", "app", "webkit",
            "api", "console", "demo",
        ],
        in_tests: &[],
    },
    Crate {
        name: "testkit",
        holds: "clock, seeded randomness, temporary databases, a mail server; for tests alone",
        arrows: &["kernel", "sql"],
        in_tests: &[],
    },
    Crate {
        name: "suite",
        holds: "every test of the whole product",
        arrows: &[],
        in_tests: &[
            "kernel", "model", "oidc", "sql", "journal", "store", "durable", "outbound", "app", "webkit",
            "console", "demo", "server", "testkit",
        ],
    },
    Crate { name: "xtask", holds: "the menu of tasks", arrows: &[], in_tests: &[] },
];

/// A library that only some crates may name.
pub(super) struct Driver {
    pub(super) name: &'static str,
    pub(super) crates: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const DRIVERS: &[Driver] = &[
    Driver { name: "rusqlite", crates: &["sql"], reason: "the engines are behind `sql`" },
    Driver {
        name: "tokio-postgres",
        crates: &["sql", "testkit"],
        reason: "the engines are behind `sql`; tests make databases",
    },
    Driver {
        name: "arrow-array",
        crates: &["lake"],
        reason: "no engine's type in the lake's public functions",
    },
    Driver {
        name: "arrow-schema",
        crates: &["lake"],
        reason: "no engine's type in the lake's public functions",
    },
    Driver { name: "parquet", crates: &["lake"], reason: "no engine's type in the lake's public functions" },
    Driver {
        name: "reqwest",
        crates: &["outbound", "demo", "suite"],
        reason: "the product has one guarded client; the others drive it from outside",
    },
    Driver {
        name: "lettre",
        crates: &["outbound"],
        reason: "mail leaves in one place; everybody else has letters of our own",
    },
    Driver {
        name: "tokio-rustls",
        crates: &["outbound", "testkit"],
        reason: "servers of the tests speak TLS",
    },
    Driver {
        name: "maxminddb",
        crates: &["outbound"],
        reason: "outside knowledge comes in through `outbound`",
    },
    Driver {
        name: "axum",
        crates: &["webkit", "api", "console", "server", "demo", "suite", "outbound"],
        reason: "the edge; `outbound` tests against real servers",
    },
    Driver {
        name: "hyper-util",
        crates: &["server", "suite"],
        reason: "connections are accepted in one place",
    },
    Driver {
        name: "aws-lc-rs",
        crates: &["oidc", "server", "demo", "suite"],
        reason: "keys and tokens live in `oidc`; the binary hands in randomness; a receiver outside verifies by itself",
    },
    Driver { name: "aes-gcm-siv", crates: &["store"], reason: "sealing has one home" },
    Driver { name: "argon2", crates: &["app"], reason: "password hashing runs on one bounded pool" },
    Driver {
        name: "askama",
        crates: &["console", "demo"],
        reason: "pages have one home; those of the sample product are its own",
    },
    Driver { name: "clap", crates: &["server", "xtask"], reason: "only programs have a command line" },
    Driver { name: "mimalloc", crates: &["server"], reason: "the program chooses its allocator" },
    Driver { name: "toml", crates: &["server"], reason: "configuration is read in one place" },
    Driver {
        name: "tracing-subscriber",
        crates: &["server"],
        reason: "only the binary decides where logs go",
    },
];

/// A file that may do what others may not, and why.
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) reason: &'static str,
}

/// Who may turn an environment's id into the proof that the caller may act there (`Env::vouched`). Tests
/// may as well.
pub(super) const VOUCHES: &[Place] = &[
    Place { path: "crates/kernel/src/env.rs", reason: "where it is defined" },
    Place {
        path: "crates/app/src/caller.rs",
        reason: "a credential that was verified names its environment",
    },
    Place { path: "crates/app/src/token.rs", reason: "an API key that proved itself names its environment" },
    Place {
        path: "crates/app/src/handover/page.rs",
        reason: "a hosted page's link is looked up in the environment of its path",
    },
    Place {
        path: "crates/app/src/handover/otp.rs",
        reason: "a one-time code names the environment it was made in",
    },
    Place {
        path: "crates/app/src/setting/logo.rs",
        reason: "a logo is public: its address names its environment",
    },
    Place { path: "crates/app/src/init.rs", reason: "command line" },
    Place { path: "crates/server/src/cli/key.rs", reason: "command line" },
    Place { path: "crates/server/src/doctor/state.rs", reason: "command line" },
    Place { path: "crates/app/src/operator.rs", reason: "a signed-in operator's own environments" },
    Place { path: "crates/app/src/consume/batch.rs", reason: "journal consumer" },
    Place { path: "crates/durable/src/job.rs", reason: "job claim" },
    Place {
        path: "crates/server/src/cli/demo/past.rs",
        reason: "the demo plays the operator of the environment that it has just made",
    },
];

/// Modules with `unsafe` code.
pub(super) const UNSAFE: &[Place] = &[];

/// Files outside of [`AMBIENT`] that touch the real clock, randomness or environment.
pub(super) const DISALLOWED_METHODS: &[Place] = &[
    Place { path: "crates/testkit/src/database.rs", reason: "the one place that finds the tests' server" },
    Place { path: "crates/sql/tests/it/process.rs", reason: "how one process of a test talks to the other" },
];

/// The crates that may touch the real clock, randomness and environment.
pub(super) const AMBIENT: &[&str] = &["server", "xtask", "demo", "suite"];

/// Tests that sleep.
pub(super) const SLEEPS: &[Place] = &[
    Place {
        path: "crates/suite/tests/suite/kill/builder.rs",
        reason: "a slow answer of the builder's app is what it plays",
    },
    Place {
        path: "crates/suite/tests/suite/kill/mod.rs",
        reason: "the moment of a kill is a span of time by chance",
    },
    Place {
        path: "crates/suite/tests/suite/binary.rs",
        reason: "the one bounded poll of what a real process does",
    },
    Place {
        path: "crates/sql/tests/it/command.rs",
        reason: "that nothing happens while idle takes time to see",
    },
    Place {
        path: "crates/durable/tests/it/executor.rs",
        reason: "that nothing happens while idle takes time to see",
    },
];

/// The crates whose texts may be SQL; this one names how SQL begins.
pub(super) const SQL: &[&str] = &["sql", "store", "durable", "testkit", "suite", "xtask"];

/// `docs/reference/crates.md`.
pub(super) fn reference() -> String {
    let mut text = String::from(
        "# Crates and what they may know\n\n\
         Made by `cargo xtask gen` from the table that `cargo xtask tidy` checks; do not edit.\n\n\
         | Crate | Holds | May name | Its tests too |\n|---|---|---|---|\n",
    );
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
    let mut line = |cells: &[String]| {
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    };
    for one in CRATES {
        line(&[format!("`{}`", one.name), one.holds.to_owned(), list(one.arrows), list(one.in_tests)]);
    }
    text.push_str("\n## Libraries with a home\n\n| Library | Crates | Why |\n|---|---|---|\n");
    for driver in DRIVERS {
        let _ = writeln!(text, "| `{}` | {} | {} |", driver.name, list(driver.crates), driver.reason);
    }
    for (title, places) in [
        ("Who vouches for an environment", VOUCHES),
        ("`unsafe` code", UNSAFE),
        ("Real clock, randomness or environment outside of the binary and the tools", DISALLOWED_METHODS),
        ("Tests that sleep", SLEEPS),
    ] {
        let _ = writeln!(text, "\n## {title}\n");
        if places.is_empty() {
            text.push_str("Nowhere.\n");
        }
        for place in places {
            let _ = writeln!(text, "- `{}`: {}", place.path, place.reason);
        }
    }
    text
}
