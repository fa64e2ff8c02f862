//! The real program: an installation in a temporary directory, `serve` as a process on a free port, and a client
//! that does what a builder's backend does.
//!
//! Installations are made in process with keys of the test pool, because making RSA keys takes a second; what
//! `init` itself prints is a test of its own.

use super::house::{Answer, pairs};
use super::receiver::Receiver;
use app::init::{Initialised, Plan, Site};
use kernel::Secret;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use server::config::{Config, Layers};
use server::data_dir::DataDir;
use server::launch::{self, Launched};
use server::wiring::{Outside, State};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpSocket;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use url::Url;

/// A start, an end, a signup: nothing here takes this long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const LOG_LINES_KEPT: usize = 400;
/// Quick, so that a test sees every attempt; long enough in all that a busy machine does not reach its end.
const RETRY: &str = "100ms, 100ms, 200ms, 200ms, 400ms, 400ms, 800ms, 2s, 5s, 10s";

/// The program in its dev build: `THRIVESTACK_BIN`, else beside the test's own executable.
pub fn program() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "how the menu of tasks tells where the program is")]
    let given = std::env::var_os("THRIVESTACK_BIN").map(PathBuf::from);
    let path = given.unwrap_or_else(|| {
        let own = std::env::current_exe().unwrap();
        own.parent().and_then(Path::parent).unwrap().join("thrivestack")
    });
    assert!(path.is_file(), "{} is missing: build it with `cargo build -p server`", path.display());
    path
}

/// The program with these arguments, in a directory and an environment that say nothing.
pub fn command(dir: &Path, arguments: &[&str]) -> Command {
    command_under(&[], dir, arguments)
}

/// The same, started by a launcher that becomes the program, such as `env`.
pub fn command_under(launcher: &[&str], dir: &Path, arguments: &[&str]) -> Command {
    let program = program();
    let words = launcher.iter().map(OsStr::new).chain([program.as_os_str()]);
    let words: Vec<&OsStr> = words.chain(arguments.iter().map(OsStr::new)).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(dir).stdin(Stdio::null()).kill_on_drop(true);
    #[expect(clippy::disallowed_methods, reason = "what the program must not hear of")]
    let ours = std::env::vars_os();
    for (name, _) in ours {
        if name.to_string_lossy().starts_with("THRIVESTACK_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program to its end.
pub async fn run(dir: &Path, arguments: &[&str]) -> Output {
    finish(command(dir, arguments)).await
}

pub async fn finish(mut command: Command) -> Output {
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = tokio::time::timeout(PATIENCE, running).await;
    output.unwrap_or_else(|_| panic!("{command:?} did not end")).unwrap()
}

/// An address of this machine that is given to nobody who asks for any free one: bound, and not listening. Whoever
/// connects is refused; whoever names it may listen there, because servers bind with `SO_REUSEADDR`.
pub struct Reserved {
    pub address: SocketAddr,
    _socket: TcpSocket,
}

impl Reserved {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self { address: socket.local_addr().unwrap(), _socket: socket }
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }
}

/// A data directory that `serve` takes, and what its initialisation handed out.
pub struct Installation {
    dir: TempDir,
    pub start: Initialised,
    place: Reserved,
}

impl Installation {
    /// With this receiver as the builder's app.
    pub async fn of(receiver: &Receiver) -> Self {
        Self::with(
            &receiver.url("/webhook"),
            &receiver.url("/onboarding?from=signup"),
            &receiver.url("/home"),
        )
        .await
    }

    pub async fn with(webhook: &Url, onboarding: &Url, success: &Url) -> Self {
        let dir = TempDir::new().unwrap();
        let plan = Plan {
            product: "Acme Notes".to_owned(),
            email: "owner@acme.test".to_owned(),
            public_url: "http://127.0.0.1:7700/".parse().unwrap(),
            webhook_url: Some(webhook.clone()),
            onboarding_url: Some(onboarding.clone()),
            success_url: Some(success.clone()),
            waitlist_limit: None,
        };
        let outside = Outside::real();
        let data_dir = DataDir::create(&dir.path().join("data")).unwrap();
        let master_key = data_dir.make_master_key(&*outside.rng).unwrap();
        let state = open(data_dir.path(), &master_key, &outside).await;
        let site = Site { db: &state.db, sealer: &state.seal, rng: &*outside.rng };
        let start = app::init::run(site, &plan, &pairs()).await.unwrap();
        state.db.close().await;
        data_dir.finish().unwrap();
        Self { dir, start, place: Reserved::new() }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A file of the installation's owner, such as the keys that `receive` reads.
    pub fn keep(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What `init --json` would have printed.
    pub fn printed(&self) -> Value {
        serde_json::to_value(&self.start).unwrap()
    }

    /// Starts `serve` and waits until it is ready. Every start listens at the same address.
    pub async fn serve(&self) -> Server {
        Server::spawn(self.serve_command()).await
    }

    /// The process that [`Installation::serve`] starts, for whoever does not wait until it is ready.
    pub fn serve_command(&self) -> Command {
        let (data, listen) = (self.data(), self.place.address.to_string());
        let mut serve =
            command(self.dir.path(), &["serve", "--data-dir", data.to_str().unwrap(), "--listen", &listen]);
        serve.env("THRIVESTACK_RETRY_DEVELOPMENT", RETRY);
        serve
    }

    /// The same in this process, at any free address.
    pub async fn launch(&self, ending: CancellationToken) -> Launched {
        let outside = Outside::real();
        let mut config = config(&self.data());
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = launch::bind(&config).await.unwrap();
        let dir = DataDir::open(&self.data()).unwrap();
        launch::launch(&config, dir, bound, outside, ending).await.unwrap()
    }

    pub fn backend(&self, server: &Server) -> Backend {
        Backend::new(server.url.clone(), self.printed())
    }

    /// The state database beside whoever serves it.
    pub async fn visit(&self) -> sql::Database {
        server::wiring::visit(&config(&self.data()), &Outside::real()).await.unwrap()
    }

    /// The app over this directory, nothing moving. Nobody may be serving it.
    pub async fn look_inside(&self) -> app::App {
        let outside = Outside::real();
        let data_dir = DataDir::open(&self.data()).unwrap();
        let state = open(data_dir.path(), &data_dir.master_key().unwrap(), &outside).await;
        let url = "http://127.0.0.1:7700/".parse().unwrap();
        state.assemble(&config(data_dir.path()), url, outside).await.unwrap().app
    }
}

fn config(data: &Path) -> Config {
    let flags = [("data_dir", data.display().to_string())];
    Config::from_layers(Layers::gather(&flags, None, &[])).unwrap().0
}

async fn open(data: &Path, master_key: &Secret<[u8; 32]>, outside: &Outside) -> State {
    State::open(&config(data), master_key, outside).await.unwrap()
}

/// A process that prints lines, the latest of which are kept for whoever must explain a failure.
pub struct Lines {
    pub child: Child,
    kept: Arc<Mutex<VecDeque<String>>>,
}

impl Lines {
    /// Starts a process and waits for a line of its output or its errors in which `wanted` finds something.
    pub async fn until<T>(mut command: Command, wanted: impl Fn(&str) -> Option<T>) -> (Self, T) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel::<String>();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = BufReader::new(child.stderr.take().unwrap()).lines();
        tokio::spawn(follow(out, Arc::clone(&kept), sender.clone()));
        tokio::spawn(follow(errors, Arc::clone(&kept), sender));
        let found = async {
            while let Some(line) = lines.recv().await {
                if let Some(found) = wanted(&line) {
                    return Some(found);
                }
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        let process = Self { child, kept };
        match found {
            Ok(Some(found)) => (process, found),
            _ => panic!("{command:?} did not get ready:\n{}", process.text()),
        }
    }

    pub fn text(&self) -> String {
        self.kept.lock().unwrap().iter().map(|line| format!("{line}\n")).collect()
    }

    /// Waits until the output says this.
    pub async fn says(&self, wanted: &str) {
        until(&format!("{wanted:?} in the output of the process"), async || {
            self.text().contains(wanted).then_some(())
        })
        .await;
    }

    /// Sends a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Sends SIGTERM and waits for the end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("it did not end:\n{}", self.text())).unwrap()
    }
}

async fn follow(
    mut lines: tokio::io::Lines<BufReader<impl tokio::io::AsyncRead + Unpin>>,
    kept: Arc<Mutex<VecDeque<String>>>,
    sender: tokio::sync::mpsc::UnboundedSender<String>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = kept.lock().unwrap();
        if kept.len() == LOG_LINES_KEPT {
            kept.pop_front();
        }
        kept.push_back(line.clone());
        drop(kept);
        // Nobody listens once the process is ready.
        let _ = sender.send(line);
    }
}

/// `serve`, ready. Dropping it kills it.
pub struct Server {
    pub process: Lines,
    pub url: Url,
}

impl Server {
    async fn spawn(command: Command) -> Self {
        let (process, url) = Lines::until(command, ready).await;
        Self { process, url }
    }

    /// SIGKILL, and the wait until the kernel has taken everything back.
    pub async fn kill(mut self) {
        self.process.child.kill().await.unwrap();
    }

    /// SIGTERM; the exit code must be 0.
    pub async fn stop(mut self) {
        let status = self.process.terminate().await;
        assert_eq!(status.code(), Some(0), "{}", self.process.text());
    }
}

/// The address in the one line that scripts wait for.
pub fn ready(line: &str) -> Option<Url> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["message"].as_str()?.contains(" is ready on ").then(|| line["url"].as_str()?.parse().ok())?
}

/// Asks again and again until there is an answer; the one bounded poll, for what only another process knows.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never came: {what}"))
}

/// An HTTP client that follows no redirect and no proxy.
pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap() }
}

/// What a builder's backend does, over HTTP, with what `init --json` printed.
pub struct Backend {
    pub http: reqwest::Client,
    pub url: Url,
    pub keys: Value,
}

impl Backend {
    pub fn new(url: Url, keys: Value) -> Self {
        Self { http: http_client(), url, keys }
    }

    pub fn key(&self, pointer: &str) -> String {
        self.keys.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}")).to_owned()
    }

    pub async fn get(&self, path: &str, credential: &str) -> Answer {
        send(self.http.get(self.url.join(path).unwrap()).bearer_auth(credential)).await
    }

    pub async fn post(&self, path: &str, credential: &str, body: &Value) -> Answer {
        send(self.http.post(self.url.join(path).unwrap()).bearer_auth(credential).json(body)).await
    }

    /// A page as a browser opens it.
    pub async fn browse(&self, url: &Url) -> Answer {
        send(self.http.get(url.clone())).await
    }

    /// A token for these scopes, given for the RSA key.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let body = json!({
            "key_id": self.key("/api_key/key_id"),
            "private_key": self.key("/api_key/private_key"),
            "scopes": scopes,
        });
        let answer = send(self.http.post(self.url.join("/api/user/token").unwrap()).json(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Triggers the run of a user, whose mail is `user@acme.com`: its id and the link.
    pub async fn trigger(&self, user: &str) -> (String, Url) {
        let body = json!({
            "user_id": user,
            "email_id": format!("{user}@acme.com"),
            "workflow_id": self.key("/workflows/prosumer"),
        });
        let answer = self.post("/trigger", &self.key("/private_api_key"), &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.json()["data"];
        let run = data["workflow_runtime_id"].as_str().unwrap().to_owned();
        (run, data["redirect_url"].as_str().unwrap().parse().unwrap())
    }

    pub async fn ack(&self, run: &str, tenant: &str) -> Answer {
        let body = json!({"workflowRuntimeId": run, "tenantId": tenant});
        self.post("/api/workflow", &self.key("/private_api_key"), &body).await
    }

    /// `data` of `GET /api/runs/{id}`.
    pub async fn run(&self, run: &str) -> Value {
        let answer = self.get(&format!("/api/runs/{run}"), &self.key("/private_api_key")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].clone()
    }

    /// Waits until the run is in this state, or waits for this.
    pub async fn run_until(&self, run: &str, wanted: &str) -> Value {
        until(&format!("run {run} at {wanted}"), async || {
            let data = self.run(run).await;
            (data["state"] == wanted || data["waiting_for"] == wanted).then_some(data)
        })
        .await
    }
}
