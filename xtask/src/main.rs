//! The menu: `cargo xtask test | bench | torture | tidy | gen`. What this repository asks of a machine beyond
//! cargo's own commands is started from here. `.ci/run` installs what is missing, checks formatting and lints, and
//! calls `cargo xtask test`.
#![expect(clippy::disallowed_methods, reason = "a tool reads the environment and measures real time")]

mod bench;
mod generate;
mod shell;
mod test;
mod tidy;
mod torture;
mod workspace;

use clap::{Parser, Subcommand};
use std::{error::Error, process::ExitCode};

/// What a task answers: nothing, or why it could not be done.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The menu of this repository")]
struct Menu {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Tidy, doctests and every test, on SQLite and on a PostgreSQL server of its own
    Test(test::Options),
    /// The figures, measured on a release build; without a name: all
    Bench(bench::Options),
    /// The same tests with hundreds of kills and many more inputs
    Torture(torture::Options),
    /// The rules of the house that no compiler knows
    Tidy,
    /// Write the derived files anew
    Gen,
}

fn main() -> ExitCode {
    let done = match Menu::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Torture(options) => torture::run(&options),
        Task::Tidy => tidy::run(),
        Task::Gen => generate::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("xtask: {fault}");
            ExitCode::FAILURE
        }
    }
}
