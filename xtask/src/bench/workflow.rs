//! Completed Prosumer workflows per second, with webhook and acknowledgement over loopback.

use crate::{Outcome, workspace};
use std::path::Path;
use std::process::Command;

/// Runs of one measurement, and how many are under way at once.
const RUNS: &str = "6000";
const DRIVERS: &str = "64";
const REPEATS: usize = 3;
/// Completed runs per second: under the floor, lanes or commits per run are wrong.
const FLOOR: u32 = 400;
const AIM: u32 = 1_000;

pub(super) fn run(program: &Path) -> Outcome {
    let load = workspace::build_example("suite", "workflow_load")?;
    let mut figures = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        let output = Command::new(&load).arg(program).args([RUNS, DRIVERS]).output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        print!("{printed}");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let figure = printed.lines().find_map(|line| line.strip_prefix("per_second="));
        figures.push(figure.ok_or("the load printed no figure")?.parse::<u32>()?);
    }
    figures.sort_unstable();
    let median = figures[REPEATS / 2];
    println!("median of {REPEATS}: {median} completed runs/s (floor {FLOOR}, aim {AIM})");
    if median < FLOOR {
        return Err(format!("{median} completed runs/s is under the floor of {FLOOR}").into());
    }
    Ok(())
}
