//! The builder's app as a server of its own: it answers webhooks as a script says, answers every other page, and
//! remembers what came.

use super::binary::Reserved;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Longer than any wait of a test; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(30);
const BODY_BYTES_MAX: usize = 1 << 20;

/// How one delivery is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// 503 with `Retry-After` in seconds.
    Busy(u32),
    /// 302 to another path of this receiver.
    Redirect(&'static str),
    /// No answer until the caller gives up.
    Hang,
}

/// A request as it arrived.
#[derive(Debug)]
pub struct Received {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name} is missing: {self:?}")).to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whom a webhook is about.
    pub fn email(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["createAccountRequest"]["userEmailId"].as_str().unwrap_or_default().to_owned()
    }
}

/// Everything since the start, oldest first.
type Log = Vec<Arc<Received>>;

struct Shared {
    /// By the user's mail; 200 once the script is through.
    scripts: Mutex<HashMap<String, VecDeque<Reply>>>,
    log: watch::Sender<Log>,
}

/// Dropping it ends it.
pub struct Receiver {
    place: Reserved,
    shared: Arc<Shared>,
    serving: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Receiver {
    pub async fn start() -> Self {
        let mut receiver = Self::absent().await;
        receiver.up().await;
        receiver
    }

    /// An address at which nobody answers until [`Receiver::up`].
    pub async fn absent() -> Self {
        let shared = Shared { scripts: Mutex::default(), log: watch::Sender::new(Log::new()) };
        Self { place: Reserved::new(), shared: Arc::new(shared), serving: None }
    }

    pub async fn up(&mut self) {
        let listener = TcpListener::bind(self.place.address).await.unwrap();
        let ending = CancellationToken::new();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.shared));
        let end = ending.clone();
        let serving = async move {
            axum::serve(listener, router).with_graceful_shutdown(end.cancelled_owned()).await.unwrap();
        };
        self.serving = Some((ending, tokio::spawn(serving)));
    }

    /// Closes the listener and every idle connection.
    pub async fn down(&mut self) {
        let (ending, serving) = self.serving.take().expect("it is up");
        ending.cancel();
        tokio::time::timeout(PATIENCE, serving).await.expect("requests still hang").unwrap();
    }

    pub fn url(&self, path: &str) -> Url {
        self.place.url(path)
    }

    /// How the next webhooks about this user are answered.
    pub fn script(&self, email: &str, replies: impl IntoIterator<Item = Reply>) {
        self.shared.scripts.lock().unwrap().insert(email.to_owned(), replies.into_iter().collect());
    }

    pub fn all(&self) -> Log {
        self.shared.log.borrow().clone()
    }

    pub fn about(&self, email: &str) -> Log {
        self.all().into_iter().filter(|one| one.email() == email).collect()
    }

    /// Waits until `count` webhooks about this user have come.
    pub async fn deliveries(&self, email: &str, count: usize) -> Log {
        let mut log = self.shared.log.subscribe();
        let enough = log.wait_for(|log| log.iter().filter(|one| one.email() == email).count() >= count);
        if tokio::time::timeout(PATIENCE, enough).await.is_err() {
            panic!("{count} webhooks about {email} were expected, this came: {:#?}", self.all());
        }
        self.about(email)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some((_, serving)) = &self.serving {
            serving.abort();
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let at = now();
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    let received = Received { method: head.method, uri: head.uri, headers: head.headers, body, at };
    let reply = shared.scripts.lock().unwrap().get_mut(&received.email()).and_then(VecDeque::pop_front);
    shared.log.send_modify(|log| log.push(Arc::new(received)));
    let with = |status: u16, name: &str, value: &str| {
        Response::builder().status(status).header(name, value).body(Body::empty()).unwrap()
    };
    match reply.unwrap_or(Reply::Status(StatusCode::OK.as_u16())) {
        Reply::Status(status) => with(status, "content-type", "text/plain"),
        Reply::Busy(seconds) => with(503, "retry-after", &seconds.to_string()),
        Reply::Redirect(path) => with(302, "location", path),
        Reply::Hang => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the receiver stands outside of what is tested")]
fn now() -> Instant {
    Instant::now()
}
