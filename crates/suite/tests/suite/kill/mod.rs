//! The program is killed again and again under load; what it had answered is there afterwards, once.
//!
//! **Cast.** *Drivers* ([`load`]) are the builder's backends and browsers: each asks until it has an answer, across as
//! many lives of the server as that takes. The *builder* ([`builder`]) answers webhooks (also with 500, also slowly) and
//! acknowledges. The *ledger* holds what was answered. The *killer* ([`nothing_answered_is_lost`]) waits for a
//! random number of answers and a few microseconds more, then sends SIGKILL (now and then in the middle of a start
//! or of an end) and starts the program again on the same directory and address.
//!
//! **What a kill shows.** A promise that was given before it was kept, a step that cannot run twice, a lease that nobody
//! takes over. It never shows a missing sync, because the page cache survives the process: `sql` and `journal` test
//! theirs by themselves.
//!
//! `THRIVESTACK_TEST_KILLS` sets how often at least, `THRIVESTACK_TEST_SEED` repeats a plan (when to kill, who does what;
//! not the scheduler's part).

mod builder;
mod check;
mod client;
mod inside;
mod ledger;
mod load;

use super::binary::{Installation, PATIENCE};
use builder::Builder;
use client::{Client, Life};
use kernel::Rng;
use ledger::Ledger;
use load::Load;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use testkit::SeededRng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const KILLS: u64 = 25;
/// One in so many of all kills hits unanswered requests: where fewer do, as on a machine that has much else to do,
/// there are more.
const HIT_SHARE: u64 = 2;
/// Most kills in all, as a multiple of those asked for.
const LIVES_PER_KILL_MAX: u64 = 4;
const SIGNUP_DRIVERS: u64 = 4;
const TELEMETRY_DRIVERS: u64 = 2;
/// Most answers that a life gives before it ends.
const ANSWERS_MAX: u64 = 160;
/// Most time between the last of them and the kill.
const DELAY_MICROS_MAX: u64 = 3_000;
/// One in so many starts is killed too, before it is up; these are not counted.
const STARTS_PER_KILLED: u64 = 4;
/// About how long a start takes.
const START_MICROS: u64 = 200_000;
/// One in so many kills comes while the program is ending, which is when it seals what it holds in memory.
const KILLS_PER_ENDING: u64 = 5;
/// About how long an end takes.
const END_MICROS: u64 = 250_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost() {
    let (kills, seed) = (number("THRIVESTACK_TEST_KILLS").unwrap_or(KILLS), seed());
    println!("{kills} kills with THRIVESTACK_TEST_SEED={seed}");
    let dice = SeededRng::new(seed);
    let ledger = Arc::new(Ledger::default());
    let (lives, client) = client::pair();
    let builder = Builder::start(client.clone(), Arc::clone(&ledger), dice.next()).await;
    let [webhook, onboarding, home] = ["/webhook", "/onboarding", "/home"].map(|path| builder.url(path));
    let house = Installation::with(&webhook, &onboarding, &home).await;

    let load = Load { client: client.clone(), ledger: Arc::clone(&ledger), ending: CancellationToken::new() };
    let mut drivers = start(&load, &dice);
    let mut number = 0;
    while number < kills || !enough_hit(&client, number) {
        assert!(number < kills * LIVES_PER_KILL_MAX, "the load does not keep the program busy");
        number += 1;
        if dice.next().is_multiple_of(STARTS_PER_KILLED) {
            cut_a_start_short(&house, dice.next() % START_MICROS).await;
        }
        live_and_die(&house, number, (&lives, &client), &dice).await;
    }
    let server = house.serve().await;
    lives.send_replace(Some(Life::new(number + 1, house.backend(&server))));
    load.ending.cancel();
    let done = async {
        while let Some(driver) = drivers.join_next().await {
            driver.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, done).await.unwrap_or_else(|_| panic!("a driver waits for ever"));
    check::settled(&house, &client, &ledger, &builder).await;
    server.stop().await;
    inside::check(&house, &ledger, &builder).await;

    println!("{}\n{}", ledger.summary(), builder.summary());
    let cut = client.tally.cut(number);
    println!("{} of {number} kills hit unanswered requests, {} in all", cut.len(), cut.iter().sum::<u64>());
    assert!(enough_hit(&client, number), "too few kills showed anything");
}

/// Whether of the `kills` made so far as many hit unanswered requests as there must be.
fn enough_hit(client: &Client, kills: u64) -> bool {
    client.tally.cut(kills).len() as u64 * HIT_SHARE >= kills
}

/// One life of the program, from a start to a kill among its answers.
async fn live_and_die(
    house: &Installation,
    number: u64,
    (lives, client): (&watch::Sender<Option<Life>>, &Client),
    dice: &SeededRng,
) {
    let server = house.serve().await;
    lives.send_replace(Some(Life::new(number, house.backend(&server))));
    client.tally.answers(dice.next() % ANSWERS_MAX).await;
    pause(dice.next() % DELAY_MICROS_MAX).await;
    let told = server.process.text();
    if dice.next().is_multiple_of(KILLS_PER_ENDING) {
        server.process.signal("TERM").await;
        pause(dice.next() % END_MICROS).await;
    }
    server.kill().await;
    lives.send_replace(None);
    assert!(!told.contains(r#""level":"ERROR""#), "life {number}:\n{told}");
}

fn start(load: &Load, dice: &SeededRng) -> JoinSet<()> {
    let mut drivers = JoinSet::new();
    for number in 0..SIGNUP_DRIVERS {
        drivers.spawn(load.clone().sign_up(number, SeededRng::new(dice.next())));
    }
    for number in 0..TELEMETRY_DRIVERS {
        drivers.spawn(load.clone().tell(number, SeededRng::new(dice.next())));
    }
    drivers
}

async fn cut_a_start_short(house: &Installation, micros: u64) {
    let mut serve = house.serve_command();
    let mut starting = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    pause(micros).await;
    starting.kill().await.unwrap();
}

/// More exact than the runtime's timer, which counts in milliseconds.
async fn pause(micros: u64) {
    tokio::task::spawn_blocking(move || std::thread::sleep(Duration::from_micros(micros))).await.unwrap();
}

fn seed() -> u64 {
    number("THRIVESTACK_TEST_SEED").unwrap_or_else(|| {
        let mut bytes = [0; 8];
        server::real::OsRng.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    })
}

fn number(variable: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the menu of tasks tells how long, and which run to repeat"
    )]
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}
