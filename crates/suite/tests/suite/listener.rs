//! The listener: slow heads are cut off, and the end waits for requests that have begun.

use axum::{Router, routing::get};
use server::http::{Options, serve};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

struct Served {
    address: SocketAddr,
    shutdown: CancellationToken,
    /// `/slow` waits for this.
    go_on: Arc<Notify>,
    /// `/slow` has begun.
    begun: Arc<Notify>,
    server: JoinHandle<()>,
}

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);
const CONNECTIONS_MAX: usize = 4;
/// More than the kernel keeps for a client that does not read.
const LARGE_BYTES: usize = 32 << 20;

async fn served(header_timeout: Duration, write_stall_max: Duration) -> Served {
    served_with(Options { connections_max: CONNECTIONS_MAX, header_timeout, write_stall_max, drain: LONG })
        .await
}

async fn served_with(options: Options) -> Served {
    let (go_on, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, tell) = (go_on.clone(), begun.clone());
    let slow = get(async move || {
        tell.notify_one();
        wait.notified().await;
        "late"
    });
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/slow", slow)
        .route("/large", get(async || vec![b'a'; LARGE_BYTES]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(listener, router, options, shutdown.clone()));
    Served { address, shutdown, go_on, begun, server }
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

async fn send(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let read = tokio::time::timeout(LONG, stream.read_to_string(&mut text));
    read.await.expect("the connection ends").unwrap();
    text
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let served = served(SHORT, LONG).await;
    let stream = send(served.address, "GET / HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!rest(stream).await.contains("200 OK"));
    let answered = send(served.address, GET).await;
    assert!(rest(answered).await.ends_with("here"));
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let served = served(SHORT, LONG).await;
    let unused = TcpStream::connect(served.address).await.unwrap();
    let idle = send(served.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(!rest(unused).await.contains("200 OK"));
    assert!(rest(idle).await.ends_with("here"), "after its answer");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_cut_off_and_one_that_takes_its_time_is_not() {
    let served = served(LONG, SHORT).await;
    let late = send(served.address, "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    served.begun.notified().await;
    let mut idle = Vec::new();
    for _ in 1..CONNECTIONS_MAX {
        idle.push(send(served.address, "GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await);
    }
    let next = send(served.address, GET).await;
    assert!(rest(next).await.ends_with("here"), "there is room again");
    served.go_on.notify_one();
    assert!(rest(late).await.ends_with("late"));
    drop(idle);
}

#[tokio::test]
async fn the_end_finishes_what_has_begun_and_closes_what_waits() {
    let served = served(LONG, LONG).await;
    let unused = TcpStream::connect(served.address).await.unwrap();
    let slow = send(served.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut idle = send(served.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut first = [0; 512];
    assert!(idle.read(&mut first).await.unwrap() > 0);
    served.begun.notified().await;

    served.shutdown.cancel();
    assert_eq!(rest(idle).await, "", "an idle connection is closed without a word");
    assert_eq!(rest(unused).await, "", "so is one that never asked for anything");
    served.go_on.notify_one();
    assert!(rest(slow).await.ends_with("late"));
    served.server.await.unwrap();
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_and_leaves_nobody_at_work() {
    let options = Options {
        connections_max: CONNECTIONS_MAX,
        header_timeout: LONG,
        write_stall_max: LONG,
        drain: SHORT,
    };
    let served = served_with(options).await;
    let slow = send(served.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    served.begun.notified().await;

    served.shutdown.cancel();
    tokio::time::timeout(LONG, served.server).await.expect("the end is bounded").unwrap();
    assert_eq!(rest(slow).await, "");
    assert_eq!(Arc::strong_count(&served.go_on), 1, "what answered the request is gone");
}
