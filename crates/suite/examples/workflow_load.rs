//! Load for `cargo xtask bench workflow`: whole Prosumer runs over loopback against the real binary, in a closed loop.
//!
//! A run is complete when its acknowledgement was answered with 200: lead and welcome mail are written in the same
//! command. The builder's app is here too (it answers the webhook and acknowledges), so everything shares the machine.

#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

type Fault = Box<dyn std::error::Error + Send + Sync>;

const START_MAX: Duration = Duration::from_secs(30);
/// Connections that acknowledge.
const ACKERS: usize = 16;

struct Plan {
    program: PathBuf,
    runs: usize,
    drivers: usize,
}

/// Runs that wait for their completion, and completions that came before anybody asked.
#[derive(Default)]
struct Board {
    waiting: HashMap<String, oneshot::Sender<()>>,
    early: HashSet<String>,
    completed: Vec<String>,
}

#[derive(Clone)]
struct Builder {
    acks: mpsc::UnboundedSender<String>,
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
    let receiver = TcpListener::bind("127.0.0.1:0").await?;
    let house = House::start(&plan.program, receiver.local_addr()?).await?;
    let board = Arc::new(Mutex::new(Board::default()));
    let (acks, queue) = mpsc::unbounded_channel();
    tokio::spawn(receive(receiver, Builder { acks }));
    tokio::spawn(acknowledge(house.address, house.key.clone(), queue, Arc::clone(&board)));

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
    house.check(&board).await
}

/// Triggers `runs` runs and waits for each; how long each took from trigger to completion.
async fn drive(
    house: &House,
    board: &Arc<Mutex<Board>>,
    runs: usize,
    drivers: usize,
    name: &str,
) -> Result<Vec<Duration>, Fault> {
    let mut tasks = tokio::task::JoinSet::new();
    for driver in 0..drivers {
        let share = runs / drivers + usize::from(driver < runs % drivers);
        let (house, board, name) = (house.clone(), Arc::clone(board), format!("{name}-{driver}"));
        tasks.spawn(async move {
            let mut link = Link::open(house.address, &house.key).await?;
            let mut spans = Vec::with_capacity(share);
            for n in 0..share {
                let started = Instant::now();
                let run = link.trigger(&house.workflow, &format!("{name}-{n}")).await?;
                if let Some(done) = wait_for(&board, &run) {
                    tokio::time::timeout(Duration::from_secs(30), done).await??;
                }
                spans.push(started.elapsed());
                lock(&board).completed.push(run);
            }
            Ok::<_, Fault>(spans)
        });
    }
    let mut spans = Vec::with_capacity(runs);
    while let Some(done) = tasks.join_next().await {
        spans.extend(done??);
    }
    Ok(spans)
}

fn wait_for(board: &Mutex<Board>, run: &str) -> Option<oneshot::Receiver<()>> {
    let mut board = lock(board);
    if board.early.remove(run) {
        return None;
    }
    let (done, wait) = oneshot::channel();
    board.waiting.insert(run.to_owned(), done);
    Some(wait)
}

fn lock(board: &Mutex<Board>) -> std::sync::MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The builder's endpoint: takes the webhook and has it acknowledged.
async fn receive(listener: TcpListener, builder: Builder) {
    let hook = |State(builder): State<Builder>, _: HeaderMap, body: Bytes| async move {
        let run = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|body| body["createAccountRequest"]["workflowRuntimeId"].as_str().map(str::to_owned));
        let queued = run.is_some_and(|run| builder.acks.send(run).is_ok());
        if queued { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
    };
    let routes = Router::new().route("/webhook", post(hook)).with_state(builder);
    let _ = axum::serve(listener, routes).await;
}

async fn acknowledge(
    address: SocketAddr,
    key: String,
    mut queue: mpsc::UnboundedReceiver<String>,
    board: Arc<Mutex<Board>>,
) {
    let mut lanes = Vec::new();
    for _ in 0..ACKERS {
        let (lane, mut runs) = mpsc::unbounded_channel::<String>();
        let (key, board) = (key.clone(), Arc::clone(&board));
        tokio::spawn(async move {
            let mut link = Link::open(address, &key).await?;
            while let Some(run) = runs.recv().await {
                let body = json!({"workflowRuntimeId": run, "tenantId": run, "tenantName": "Load"});
                link.post("/api/workflow", &body).await?;
                let mut board = lock(&board);
                match board.waiting.remove(&run) {
                    Some(done) => drop(done.send(())),
                    None => drop(board.early.insert(run)),
                }
            }
            Ok::<_, Fault>(())
        });
        lanes.push(lane);
    }
    let mut turn = 0;
    while let Some(run) = queue.recv().await {
        turn = (turn + 1) % lanes.len();
        let _ = lanes[turn].send(run);
    }
}

/// One keep-alive connection.
struct Link {
    send: SendRequest<Full<Bytes>>,
    key: String,
}

impl Link {
    async fn open(address: SocketAddr, key: &str) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { send, key: key.to_owned() })
    }

    async fn trigger(&mut self, workflow: &str, user: &str) -> Result<String, Fault> {
        let body = json!({"user_id": user, "email_id": format!("{user}@acme.com"), "workflow_id": workflow});
        let answer = self.post("/trigger", &body).await?;
        let run = answer["data"]["workflow_runtime_id"].as_str();
        Ok(run.ok_or_else(|| format!("no run in {answer}"))?.to_owned())
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.request("POST", path, body.to_string()).await
    }

    async fn request(&mut self, method: &str, path: &str, body: String) -> Result<Value, Fault> {
        self.send.ready().await?;
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "load")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.key))
            .body(Full::new(Bytes::from(body)))?;
        let response = self.send.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        if status != 200 {
            return Err(format!("{method} {path}: {status}: {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// The server under load; it ends with this program.
#[derive(Clone)]
struct House {
    address: SocketAddr,
    key: String,
    workflow: String,
    process: Arc<Process>,
}

struct Process {
    child: Mutex<Child>,
    pid: u32,
    _dir: tempfile::TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl House {
    async fn start(program: &PathBuf, receiver: SocketAddr) -> Result<Self, Fault> {
        let dir = tempfile::TempDir::new()?;
        let data = dir.path().join("data");
        let printed = Command::new(program)
            .args(["init", "--json", "--webhook-url"])
            .arg(format!("http://{receiver}/webhook"))
            .args(["--onboarding-url", "http://127.0.0.1:9/onboarding"])
            .args(["--success-url", "http://127.0.0.1:9/home", "--data-dir"])
            .arg(&data)
            .output()?;
        let printed: Value = serde_json::from_slice(&printed.stdout)
            .map_err(|_| String::from_utf8_lossy(&printed.stderr).into_owned())?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"])
            .arg(&data)
            .env("THRIVESTACK_LOG", "warn")
            .stderr(Stdio::piped())
            .spawn()?;
        let pid = child.id();
        let errors = child.stderr.take().ok_or("the server has no stderr")?;
        let process = Arc::new(Process { child: Mutex::new(child), pid, _dir: dir });
        let address = ready(errors).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            address,
            key: text(&printed["private_api_key"]),
            workflow: text(&printed["workflows"]["prosumer"]),
            process,
        })
    }

    /// User and system time of the server so far.
    fn cpu(&self) -> Result<Duration, Fault> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.pid))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Looks at some runs as a builder's backend would: lead and mail are there.
    async fn check(&self, board: &Mutex<Board>) -> Result<(), Fault> {
        let sample: Vec<String> = lock(board).completed.iter().rev().take(50).cloned().collect();
        let mut link = Link::open(self.address, &self.key).await?;
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
}

/// The address in the line that says that the server is ready. Everything that the server says is shown.
async fn ready(errors: ChildStderr) -> Result<SocketAddr, Fault> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut tell = Some(tell);
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            eprintln!("{line}");
            if let Some(address) = listening(&line)
                && let Some(tell) = tell.take()
            {
                let _ = tell.send(address);
            }
        }
    });
    Ok(tokio::time::timeout(START_MAX, told).await.map_err(|_| "the server did not get ready")??)
}

fn listening(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}
