use crate::support::{client, client_beside, kind, post, serve};
use axum::{
    Router,
    body::Body,
    extract::Request as Incoming,
    http::{HeaderName, Response, StatusCode},
    response::Redirect,
    routing::any,
};
use outbound::{
    Http, OwnListeners, Policy, RESPONSE_BODY_BYTES_MAX, RESPONSE_HEADERS_BYTES_MAX, Refusal, Request,
    SendFault,
};
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const SHORT: Duration = Duration::from_millis(200);

/// Answers with what it was sent: the method and two headers in headers, the body in the body.
async fn mirror(request: Incoming) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let sent = |name: &str| parts.headers.get(name).cloned().unwrap_or_else(|| "none".parse().unwrap());
    Response::builder()
        .status(StatusCode::CREATED)
        .header("sent-method", parts.method.as_str())
        .header("sent-id", sent("webhook-id"))
        .header("sent-encoding", sent("accept-encoding"))
        .body(body)
        .unwrap()
}

/// A router that counts its requests.
fn counting() -> (Router, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = hits.clone();
    let router = Router::new().fallback(any(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    (router, hits)
}

async fn send(request: Request) -> Result<outbound::Response, SendFault> {
    client().send(request).await
}

#[tokio::test]
async fn sends_what_it_is_given_and_answers_what_came_back() {
    let address = serve(Router::new().route("/hook", any(mirror))).await;
    let url = format!("http://{address}/hook").parse().unwrap();
    let request = Request::post(url, Policy::Development).header("webhook-id", "a-1").json(r#"{"a":1}"#);
    let answer = send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (201, br#"{"a":1}"#.as_slice()));
    assert_eq!(answer.header("Sent-Method"), Some("POST"));
    assert_eq!(answer.header("sent-id"), Some("a-1"));
    assert_eq!(answer.header("sent-encoding"), Some("none"));
    assert!(!answer.truncated);
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    let this = std::env::current_exe().unwrap();
    let again = Command::new(this)
        .args(["--exact", "client::sends_what_it_is_given_and_answers_what_came_back"])
        .envs([("http_proxy", "http://127.0.0.1:9"), ("HTTP_PROXY", "http://127.0.0.1:9")])
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (target, hits) = counting();
    let target = serve(target).await;
    let to = format!("http://{target}/internal");
    let address = serve(Router::new().route("/", any(move || async move { Redirect::to(&to) }))).await;
    let answer = send(post(&format!("http://{address}/"))).await.unwrap();
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some(format!("http://{target}/internal").as_str()));
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_is_read_up_to_the_cap() {
    for (length, kept, truncated) in [
        (RESPONSE_BODY_BYTES_MAX, RESPONSE_BODY_BYTES_MAX, false),
        (RESPONSE_BODY_BYTES_MAX + 1, RESPONSE_BODY_BYTES_MAX, true),
        (4 * RESPONSE_BODY_BYTES_MAX, RESPONSE_BODY_BYTES_MAX, true),
    ] {
        let address = serve(Router::new().fallback(any(move || async move { vec![b'x'; length] }))).await;
        let answer = send(post(&format!("http://{address}/"))).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (kept, truncated), "{length}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_too() {
    let address = raw_server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        while stream.write_all(b"4\r\nmore\r\n").await.is_ok() {}
    })
    .await;
    let mut request = post(&format!("http://{address}/"));
    request.response_cap_bytes = 10;
    let answer = send(request).await.unwrap();
    assert_eq!((answer.body.as_ref(), answer.truncated), (b"moremoremo".as_slice(), true));
}

#[tokio::test]
async fn headers_are_kept_up_to_their_cap() {
    let fat = || async {
        let mut response = Response::new(Body::empty());
        for index in 0..20 {
            let name = HeaderName::try_from(format!("fat-{index}")).unwrap();
            response.headers_mut().insert(name, "y".repeat(1_000).parse().unwrap());
        }
        response
    };
    let address = serve(Router::new().fallback(any(fat))).await;
    let answer = send(post(&format!("http://{address}/"))).await.unwrap();
    let kept: usize = answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(kept > RESPONSE_HEADERS_BYTES_MAX - 2_000 && kept <= RESPONSE_HEADERS_BYTES_MAX, "{kept}");
}

#[tokio::test]
async fn nothing_is_decompressed() {
    let packed = || async { ([("content-encoding", "gzip")], "not gzip at all") };
    let address = serve(Router::new().fallback(any(packed))).await;
    let answer = send(post(&format!("http://{address}/"))).await.unwrap();
    assert_eq!(answer.body.as_ref(), b"not gzip at all");
}

#[tokio::test]
async fn silence_and_a_stalled_body_end_at_the_timeout() {
    let silent = raw_server(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let stalled = raw_server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    for address in [silent, stalled] {
        let mut request = post(&format!("http://{address}/"));
        request.timeout = SHORT;
        let fault = send(request).await.unwrap_err();
        assert!(matches!(fault, SendFault::Timeout { limit: SHORT, connecting: false }), "{fault:?}");
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let rude =
        raw_server(|mut stream| async move { stream.write_all(b"SSH-2.0-rude\r\n").await.unwrap() }).await;
    for (url, code) in [
        (format!("http://{closed}/"), "closed"),
        (format!("http://{rude}/"), "not http"),
        (format!("https://{rude}/"), "not tls"),
        ("http://nowhere.invalid/".to_owned(), "resolve"),
        ("ftp://127.0.0.1/".to_owned(), "refused"),
    ] {
        let fault = send(post(&url)).await.unwrap_err();
        let told = kernel::chain(&fault);
        assert_eq!(kind(&fault), code, "{url}: {told}");
        assert!(!told.contains("127.0.0.1:"), "the address is not repeated: {told}");
    }
    let fault = send(post("http://127.0.0.1/").header("bad name", "x")).await.unwrap_err();
    assert_eq!(kind(&fault), "header");
    let fault = send(post("http://127.0.0.1/").header("name", "two\r\nlines: x")).await.unwrap_err();
    assert_eq!(kind(&fault), "header");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_in_production() {
    let mut request = post("https://localhost/");
    request.policy = Policy::Production;
    let fault = send(request).await.unwrap_err();
    let SendFault::Refused(Refusal::Address(ip)) = fault else { panic!("{fault:?}") };
    assert!(ip.is_loopback());
}

#[tokio::test]
async fn our_own_listeners_are_never_called() {
    let (router, hits) = counting();
    let ours = serve(router).await;
    let own = OwnListeners::default();
    let client = client_beside(own.clone());
    let (port, url) = (ours.port(), format!("http://{ours}/"));

    assert_eq!(client.send(post(&url)).await.unwrap().status, 200, "not ours yet");
    own.add(ours);
    let by_name = format!("http://localhost:{port}/");
    let mapped = format!("http://[::ffff:127.0.0.1]:{port}/");
    let decimal = format!("http://2130706433:{port}/");
    for url in [&url, &by_name, &mapped, &decimal] {
        let fault = client.send(post(url)).await.unwrap_err();
        assert!(matches!(fault, SendFault::Refused(Refusal::OwnListener(_))), "{url}: {fault:?}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);

    let neighbour = serve(counting().0).await;
    assert_eq!(
        client.send(post(&format!("http://localhost:{}/", neighbour.port()))).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn a_name_reaches_the_address_that_was_checked() {
    let address = serve(Router::new().fallback(any(mirror))).await;
    let answer = send(post(&format!("http://localhost:{}/", address.port()))).await.unwrap();
    assert_eq!(answer.status, 201);
}

/// A server that answers in bytes instead of HTTP: one call of `serve` for each connection, after the
/// request's head has arrived.
async fn raw_server<F>(serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static) -> std::net::SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}
