//! `cargo xtask bench`: the figures that the README states, measured on a release build.

mod cold_start;
mod console;
mod workflow;

use crate::{Outcome, workspace};
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// One of the benches; all without a name
    name: Option<String>,
    /// Measure a program that is built already
    #[arg(long)]
    program: Option<std::path::PathBuf>,
}

/// One figure or a few that belong together.
struct Bench {
    name: &'static str,
    about: &'static str,
    /// Prints its figures and fails under its floor, where it has one.
    run: fn(&Path) -> Outcome,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "cold-start",
        about: "start of the process to the first 200 of /readyz (aim: 200 ms), and SIGTERM to its end",
        run: cold_start::run,
    },
    Bench {
        name: "console",
        about: "server time of each page of the console with 10,000 users and 100,000 runs (p95: at most 50 ms)",
        run: console::run,
    },
    Bench {
        name: "workflow",
        about: "completed Prosumer workflows per second, with webhook and ack over loopback (floor: 400, aim: 1,000)",
        run: workflow::run,
    },
];

pub(crate) fn run(options: &Options) -> Outcome {
    let wanted: Vec<_> = match &options.name {
        None => BENCHES.iter().collect(),
        Some(name) => BENCHES.iter().filter(|bench| bench.name == name).collect(),
    };
    if wanted.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        return Err(format!("no such bench; there are: {}", names.join(", ")).into());
    }
    let program = match &options.program {
        Some(program) => program.clone(),
        None => workspace::build_program("release")?,
    };
    for bench in wanted {
        println!("\n{} — {}", bench.name, bench.about);
        (bench.run)(&program)?;
    }
    Ok(())
}
