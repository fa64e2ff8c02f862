//! What the loads share: the release server, the builder's app beside it, and runs from trigger to completion.

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
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

pub type Fault = Box<dyn std::error::Error + Send + Sync>;

const START_MAX: Duration = Duration::from_secs(30);
/// Connections that acknowledge.
const ACKERS: usize = 16;

/// Runs that wait for their completion, and completions that came before anybody asked.
#[derive(Default)]
pub struct Board {
    waiting: HashMap<String, oneshot::Sender<()>>,
    early: HashSet<String>,
    pub completed: Vec<String>,
}

#[derive(Clone)]
struct Builder {
    acks: mpsc::UnboundedSender<String>,
}

/// Triggers `runs` runs of as many users and waits for each; how long each took from trigger to completion.
pub async fn drive(
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
                let (run, _) = link.trigger(&house.workflow, &format!("{name}-{n}")).await?;
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

pub fn lock(board: &Mutex<Board>) -> std::sync::MutexGuard<'_, Board> {
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
pub struct Link {
    send: SendRequest<Full<Bytes>>,
    key: String,
}

impl Link {
    pub async fn open(address: SocketAddr, key: &str) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { send, key: key.to_owned() })
    }

    /// The run, and where its user is led.
    pub async fn trigger(&mut self, workflow: &str, user: &str) -> Result<(String, String), Fault> {
        let body = json!({"user_id": user, "email_id": format!("{user}@acme.com"), "workflow_id": workflow});
        let answer = self.post("/trigger", &body).await?;
        let text = |name: &str| answer["data"][name].as_str().map(str::to_owned);
        let found = text("workflow_runtime_id").zip(text("redirect_url"));
        found.ok_or_else(|| format!("no run in {answer}").into())
    }

    /// What a browser does with a link of ours: it is led on.
    pub async fn visit(&mut self, url: &str) -> Result<(), Fault> {
        let path = url.splitn(4, '/').nth(3).ok_or_else(|| format!("no path in {url}"))?;
        match self.send("GET", &format!("/{path}"), String::new()).await? {
            (303, _) => Ok(()),
            (status, answer) => Err(format!("{url}: {status}: {}", String::from_utf8_lossy(&answer)).into()),
        }
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.request("POST", path, body.to_string()).await
    }

    pub async fn request(&mut self, method: &str, path: &str, body: String) -> Result<Value, Fault> {
        match self.send(method, path, body).await? {
            (200, answer) => Ok(serde_json::from_slice(&answer)?),
            (status, answer) => {
                Err(format!("{method} {path}: {status}: {}", String::from_utf8_lossy(&answer)).into())
            }
        }
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> Result<(u16, Bytes), Fault> {
        self.send.ready().await?;
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "load")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.key))
            .body(Full::new(Bytes::from(body)))?;
        let response = self.send.send_request(request).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// The server under load; it ends with this program.
#[derive(Clone)]
pub struct House {
    pub address: SocketAddr,
    pub key: String,
    pub workflow: String,
    /// The first operator's one-time link.
    pub setup: String,
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
    /// With a builder's app that takes the webhook and acknowledges each run on `board`.
    pub async fn with_builder(program: &Path, board: &Arc<Mutex<Board>>) -> Result<Self, Fault> {
        let receiver = TcpListener::bind("127.0.0.1:0").await?;
        let house = Self::start(program, receiver.local_addr()?).await?;
        let (acks, queue) = mpsc::unbounded_channel();
        tokio::spawn(receive(receiver, Builder { acks }));
        tokio::spawn(acknowledge(house.address, house.key.clone(), queue, Arc::clone(board)));
        Ok(house)
    }

    async fn start(program: &Path, receiver: SocketAddr) -> Result<Self, Fault> {
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
            setup: text(&printed["operator"]["setup_url"]),
            process,
        })
    }

    /// User and system time of the server so far.
    pub fn cpu(&self) -> Result<Duration, Fault> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.pid))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 10))
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
