//! Load for `cargo xtask bench workflow`: whole Prosumer runs over loopback against the real binary, in a closed loop.
//!
//! A run is complete when its acknowledgement was answered with 200: lead and welcome mail are written in the same
//! command. The builder's app is here too (it answers the webhook and acknowledges), so everything shares the machine.

#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

#[allow(dead_code, reason = "each load uses a part")]
mod load;

use load::{Board, Fault, House, Link, drive, lock};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

struct Plan {
    program: PathBuf,
    runs: usize,
    drivers: usize,
}

fn main() -> Result<(), Fault> {
    let plan = plan()?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run(plan))
}

fn plan() -> Result<Plan, Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, program, runs, drivers] = &arguments[..] else {
        return Err("usage: workflow_load PROGRAM RUNS DRIVERS".into());
    };
    Ok(Plan { program: program.into(), runs: runs.parse()?, drivers: drivers.parse()? })
}

async fn run(plan: Plan) -> Result<(), Fault> {
    let board = Arc::new(Mutex::new(Board::default()));
    let house = House::with_builder(&plan.program, &board).await?;

    drive(&house, &board, plan.drivers.max(64) * 4, plan.drivers, "warm").await?;
    let cpu_before = house.cpu()?;
    let started = Instant::now();
    let mut spans = drive(&house, &board, plan.runs, plan.drivers, "run").await?;
    let elapsed = started.elapsed();
    let cpu = house.cpu()?.saturating_sub(cpu_before);
    spans.sort_unstable();

    let per_second = plan.runs as f64 / elapsed.as_secs_f64();
    let at = |share: f64| spans[((spans.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!("completed {} runs in {:.2} s with {} drivers", plan.runs, elapsed.as_secs_f64(), plan.drivers);
    println!("{per_second:.0} completed runs/s · p50 {:.1} ms · p99 {:.1} ms", at(0.5), at(0.99));
    println!("server CPU per 1,000 runs: {:.2} s", cpu.as_secs_f64() * 1_000.0 / plan.runs as f64);
    println!("per_second={per_second:.0}");
    check(&house, &board).await
}

/// Looks at some runs as a builder's backend would: lead and mail are there.
async fn check(house: &House, board: &Mutex<Board>) -> Result<(), Fault> {
    let sample: Vec<String> = lock(board).completed.iter().rev().take(50).cloned().collect();
    let mut link = Link::open(house.address, &house.key).await?;
    for run in &sample {
        let answer = link.request("GET", &format!("/api/runs/{run}"), String::new()).await?;
        let data = &answer["data"];
        if data["state"] != "completed" || data["lead"].is_null() || data["welcome_mail"].is_null() {
            return Err(format!("a run is not complete: {answer}").into());
        }
    }
    println!("checked {} runs: completed, with lead and welcome mail", sample.len());
    Ok(())
}
