//! `cargo xtask test`: everything that can be proven in a few minutes.
//!
//! The tests find what they need in these variables, and say so when one is missing:
//!
//! | Variable | What |
//! |---|---|
//! | `THRIVESTACK_BIN` | the program in its dev build, for the tests that start it |
//! | `THRIVESTACK_TEST_POSTGRES_URL` | a server whose user may create databases |
//! | `THRIVESTACK_TEST_NODE_MODULES` | where the packages of `crates/suite/node` are |
//! | `THRIVESTACK_TEST_BROWSER` | a Chromium, for the journeys |
//! | `THRIVESTACK_TEST_PYTHON`, `…_CURL`, `…_BASH` | those programs, for the code of the guide and of the console |

mod browser;
mod node;
mod postgres;
mod tally;

use crate::{Outcome, shell, tidy, workspace};
use std::{path::Path, process::Command, time::Instant};
use tally::Tally;

const POSTGRES_URL: &str = "THRIVESTACK_TEST_POSTGRES_URL";

/// What the guide's and the console's code is run with, beside Node.
const PROGRAMS: [(&str, &str); 3] = [
    ("THRIVESTACK_TEST_PYTHON", "python3"),
    ("THRIVESTACK_TEST_CURL", "curl"),
    ("THRIVESTACK_TEST_BASH", "bash"),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only the tests whose name contains this
    filter: Option<String>,
}

/// How a run differs from the usual one.
#[derive(Default)]
pub(crate) struct Run<'a> {
    pub(crate) filter: Option<&'a str>,
    /// Of `.config/nextest.toml`.
    pub(crate) profile: Option<&'a str>,
    pub(crate) variables: Vec<(&'static str, String)>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    run_as(Run { filter: options.filter.as_deref(), ..Run::default() })
}

pub(crate) fn run_as(mut run: Run<'_>) -> Outcome {
    let started = Instant::now();
    tidy::run()?;
    let mut left_out = Vec::new();
    let variables = &mut run.variables;
    variables.push(("THRIVESTACK_BIN", workspace::build_program("dev")?.display().to_string()));
    // Held until the end: dropping it stops and removes the server, also on failure.
    let server = provide("PostgreSQL", own_or_given_postgres(), &mut left_out);
    variables.extend(server.as_ref().map(|server| (POSTGRES_URL, server.url())));
    let modules = provide("npm packages", node::install(), &mut left_out);
    variables.extend(modules.map(|folder| ("THRIVESTACK_TEST_NODE_MODULES", folder.display().to_string())));
    let browser = provide("browser", browser::find(), &mut left_out);
    variables.extend(browser.map(|program| ("THRIVESTACK_TEST_BROWSER", program.display().to_string())));
    for (variable, name) in PROGRAMS {
        let program = shell::find(name).ok_or_else(|| format!("no {name} on the PATH").into());
        let program = provide(name, program, &mut left_out);
        variables.extend(program.map(|program| (variable, program.display().to_string())));
    }
    if workspace::is_ci() && !left_out.is_empty() {
        return Err(format!("under CI=true nothing may be left out: {}", left_out.join("; ")).into());
    }

    let mut tally = Tally::default();
    let mut good = doctests(&run, &mut tally)?;
    good &= suites(&run, &mut tally)?;
    drop(server);

    for thing in &left_out {
        eprintln!("left out: {thing}");
    }
    eprintln!("cargo xtask test took {} s", started.elapsed().as_secs());
    println!("{tally}");
    if good && tally.failed == 0 { Ok(()) } else { Err("not all tests passed".into()) }
}

/// What could be had; what could not is noted with the reason.
fn provide<T>(name: &str, thing: Outcome<T>, left_out: &mut Vec<String>) -> Option<T> {
    match thing {
        Ok(thing) => Some(thing),
        Err(fault) => {
            left_out.push(format!("{name}: {fault}"));
            None
        }
    }
}

fn own_or_given_postgres() -> Outcome<postgres::Server> {
    match std::env::var(POSTGRES_URL) {
        Ok(url) if !url.is_empty() => Ok(postgres::Server::given(url)),
        _ => postgres::Server::start(),
    }
}

/// `cargo nextest` knows no doctests.
fn doctests(run: &Run<'_>, tally: &mut Tally) -> Outcome<bool> {
    if run.filter.is_some() {
        return Ok(true);
    }
    shell::watch(&mut workspace::cargo(&["test", "--doc", "-p", "kernel"]), |line| tally.read(line))
}

fn suites(run: &Run<'_>, tally: &mut Tally) -> Outcome<bool> {
    let has_nextest = shell::output(&mut workspace::cargo(&["nextest", "--version"])).is_ok();
    let mut command = if has_nextest {
        let mut nextest = workspace::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        nextest.args(run.profile.map(|profile| format!("--profile={profile}")));
        nextest
    } else {
        workspace::cargo(&["test", "--workspace", "--no-fail-fast", "--all-targets"])
    };
    command.args(run.filter).envs(run.variables.iter().map(|(name, value)| (name, value)));
    shell::watch(&mut command, |line| tally.read(line))
}

/// A command as another user where we are root.
fn as_user(user: &str, program: &Path) -> Command {
    if !is_root() {
        return ending_with_us(&[], program);
    }
    let other = [format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()];
    ending_with_us(&other, program)
}

/// A command that the kernel sends SIGINT when we die, however we do, where the system can do that.
fn ending_with_us(options: &[String], program: &Path) -> Command {
    if shell::find("setpriv").is_none() && options.is_empty() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(options).args(["--pdeathsig=INT", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::{
        io::Read,
        os::unix::process::ExitStatusExt,
        process::{Child, Stdio},
    };

    /// The kernel takes the thread that started it for the parent.
    #[test]
    fn what_we_start_ends_with_us() {
        let start = || {
            // Whoever runs us in the background may have SIGINT ignored.
            let mut command = ending_with_us(&[], Path::new("env"));
            command.args(["--default-signal=INT", "sh", "-c", "echo up; exec sleep 60"]);
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            child.stdout.take().unwrap().read_exact(&mut [0; 2]).unwrap();
            child
        };
        let mut child: Child = std::thread::spawn(start).join().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(2), "SIGINT");
    }
}
