//! Load for `cargo xtask bench console`: a console full of users and runs, made through the API, and how long the server
//! takes for each of its pages, one request after the other.
//!
//! The pages are found as an operator finds them: the rooms of the menu, the second page of each list, a search, the
//! first entry and its page. So a new room is measured without being named here.

#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

#[allow(dead_code, reason = "each load uses a part")]
mod load;

use load::{Board, Fault, House, Link, drive, lock};
use regex::Regex;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Requests of each page.
const REQUESTS: usize = 40;
const DRIVERS: usize = 64;
/// Events of one telemetry request, and how many each user sent.
const EVENTS_A_USER: usize = 5;
const BATCH: usize = 500;

struct Plan {
    program: PathBuf,
    users: usize,
    runs: usize,
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, program, users, runs] = &arguments[..] else {
        return Err("usage: console_load PROGRAM USERS RUNS".into());
    };
    let plan = Plan { program: program.into(), users: users.parse()?, runs: runs.parse()? };
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run(plan))
}

async fn run(plan: Plan) -> Result<(), Fault> {
    let board = Arc::new(Mutex::new(Board::default()));
    let house = House::with_builder(&plan.program, &board).await?;
    let started = Instant::now();
    drive(&house, &board, plan.users, DRIVERS, "user").await?;
    come_back(&house, plan.users, plan.runs.saturating_sub(plan.users)).await?;
    tell(&house, plan.users).await?;
    let runs = lock(&board).completed.len();
    println!("{runs} signups and their logins made in {:.0} s", started.elapsed().as_secs_f64());

    let mut operator = Operator::come_in(&house).await?;
    let (mut slowest, mut requests, cpu_before) = (0.0_f64, 0, house.cpu()?);
    println!("{:>8} {:>8} {:>8}  page", "p50 ms", "p95 ms", "KiB");
    for (name, path) in operator.pages().await? {
        let (mut spans, mut bytes) = (Vec::with_capacity(REQUESTS), 0);
        for _ in 0..REQUESTS {
            let started = Instant::now();
            bytes = operator.get(&path).await?.len();
            spans.push(started.elapsed());
        }
        spans.sort_unstable();
        let at = |share: f64| millis(spans[((spans.len() - 1) as f64 * share).round() as usize]);
        slowest = slowest.max(at(0.95));
        requests += REQUESTS;
        println!("{:>8.1} {:>8.1} {:>8.0}  {name}", at(0.5), at(0.95), bytes as f64 / 1_024.0);
    }
    let cpu = house.cpu()?.saturating_sub(cpu_before);
    println!("server CPU a page: {:.1} ms", millis(cpu) / requests.max(1) as f64);
    println!("slowest_p95={slowest:.1}");
    Ok(())
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// The users of [`drive`] are handed over and sign in again, `logins` times in all.
async fn come_back(house: &House, users: usize, logins: usize) -> Result<(), Fault> {
    let mut tasks = tokio::task::JoinSet::new();
    for driver in 0..DRIVERS {
        let house = house.clone();
        // As `drive` names them.
        let own = users / DRIVERS + usize::from(driver < users % DRIVERS);
        let share = logins * own / users;
        tasks.spawn(async move {
            let mut link = Link::open(house.address, &house.key).await?;
            for n in 0..(own + share) {
                let user = format!("user-{driver}-{}", n % own);
                let (_, url) = link.trigger(&house.workflow, &user).await?;
                link.visit(&url).await?;
            }
            Ok::<_, Fault>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// What the users did since, so that there are stories to show.
async fn tell(house: &House, users: usize) -> Result<(), Fault> {
    let mut link = Link::open(house.address, &house.key).await?;
    let event = |n: usize| {
        let (driver, n) = (n % DRIVERS, n / EVENTS_A_USER / DRIVERS);
        json!({"event_name": "note_created", "user_id": format!("user-{driver}-{n}"), "properties": {"n": n}})
    };
    for first in (0..users * EVENTS_A_USER).step_by(BATCH) {
        let batch: Vec<_> = (first..first + BATCH).map(event).collect();
        link.post("/api/track", &json!(batch)).await?;
    }
    Ok(())
}

/// A browser with one session.
struct Operator {
    client: reqwest::Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Operator {
    /// By the one-time link, with a password of their own.
    async fn come_in(house: &House) -> Result<Self, Fault> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let mut operator =
            Self { client, origin: format!("http://{}", house.address), cookies: BTreeMap::new() };
        let (_, link) = house.setup.split_once("link=").ok_or("the link of init has no token")?;
        let form = operator.get(&format!("/console/setup?link={link}")).await?;
        let csrf = first(&form, r#"name="csrf" value="([^"]+)""#).ok_or("the form has no token")?;
        let fields = [("csrf", csrf.as_str()), ("link", link), ("password", "correct horse battery")];
        let request = operator.client.post(format!("{}/console/setup", operator.origin));
        let response = request.header(COOKIE, operator.cookie()).form(&fields).send().await?;
        operator.keep(&response);
        if response.status() != 303 {
            return Err(format!("the operator was not let in: {}", response.status()).into());
        }
        Ok(operator)
    }

    async fn get(&mut self, path: &str) -> Result<String, Fault> {
        let request = self.client.get(format!("{}{path}", self.origin)).header(COOKIE, self.cookie());
        let response = request.send().await?;
        self.keep(&response);
        if response.status() != 200 {
            return Err(format!("GET {path}: {}", response.status()).into());
        }
        Ok(response.text().await?)
    }

    fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, response: &reqwest::Response) {
        for line in response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let pair = line.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Names and paths of what is measured.
    async fn pages(&mut self) -> Result<Vec<(String, String)>, Fault> {
        let home = self.get("/console/dev").await?;
        let menu = Regex::new(r#"<a class="item[^"]*" href="(/console/dev[^"]*)""#)?;
        let mut rooms: Vec<String> = Vec::new();
        for room in menu.captures_iter(&home) {
            if !rooms.contains(&room[1].to_owned()) {
                rooms.push(room[1].to_owned());
            }
        }
        let mut pages = Vec::new();
        for room in rooms {
            let html = self.get(&room).await?;
            let name = room.rsplit('/').next().unwrap_or_default().to_owned();
            pages.push((name.clone(), room.clone()));
            let next = first(&html, r#"href="(/console/dev/[^"]*[?&;]after=[^"]+)""#);
            pages.extend(next.map(|path| (format!("{name}, second page"), unescaped(&path))));
            if html.contains(r#"type="search""#) {
                pages.push((format!("{name}, a search"), format!("{room}?q=user-7-1")));
                pages.push((format!("{name}, a search without a match"), format!("{room}?q=zebra")));
            }
            let entry = first(&html, r#"class="row-link" href="([^"]+)""#);
            pages.extend(entry.map(|path| (format!("{name}, an entry"), unescaped(&path))));
        }
        Ok(pages)
    }
}

fn first(html: &str, pattern: &str) -> Option<String> {
    Regex::new(pattern).ok()?.captures(html).map(|found| found[1].to_owned())
}

fn unescaped(path: &str) -> String {
    path.replace("&#38;", "&").replace("&amp;", "&")
}
