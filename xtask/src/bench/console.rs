//! How long the server takes for each page of a console with much in it.

use crate::{Outcome, workspace};
use std::path::Path;
use std::process::Command;

const USERS: &str = "10000";
const RUNS: &str = "100000";
/// Milliseconds that 95 of 100 requests of any page may take at most, over loopback and one after the other.
const P95_MAX: f64 = 50.0;

pub(super) fn run(program: &Path) -> Outcome {
    let load = workspace::build_example("suite", "console_load")?;
    let output = Command::new(&load).arg(program).args([USERS, RUNS]).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    print!("{printed}");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let slowest = printed.lines().find_map(|line| line.strip_prefix("slowest_p95="));
    let slowest: f64 = slowest.ok_or("the load printed no figure")?.parse()?;
    if slowest > P95_MAX {
        return Err(format!("the slowest page takes {slowest} ms at p95, more than {P95_MAX}").into());
    }
    Ok(())
}
