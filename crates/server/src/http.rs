//! The listener: connections within bounds, slow heads and answers that nobody takes cut off, and a calm end.

mod steady;

use axum::{Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use steady::Steady;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// The pause after an accept that failed, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The bounds of a listener.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections open at the same time; further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// From the first byte awaited to the end of a request's head.
    pub header_timeout: Duration,
    /// How long an answer may wait for the client to take more of it.
    pub write_stall_max: Duration,
    /// How long open requests may take once the end has begun.
    pub drain: Duration,
}

/// Answers requests until `shutdown`, then finishes those that have begun, for as long as `drain` allows, and cuts the
/// others off. Connections that wait for a next request are closed at once.
pub async fn serve(listener: TcpListener, router: Router, options: Options, shutdown: CancellationToken) {
    let permits = Arc::new(Semaphore::new(options.connections_max));
    let (connections, cut) = (TaskTracker::new(), CancellationToken::new());
    while let Some((stream, peer, permit)) = accept(&listener, &permits, &shutdown).await {
        let one = connection(stream, peer, router.clone(), options.clone(), shutdown.clone());
        let cut = cut.clone();
        connections.spawn(async move {
            cut.run_until_cancelled(one).await;
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(options.drain, connections.wait()).await.is_err() {
        tracing::warn!(
            http.connections = connections.len(),
            "requests were cut off by the end of the process"
        );
        cut.cancel();
        connections.wait().await;
    }
}

/// The next connection; `None` at the end.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    loop {
        let next = async {
            let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, peer) = listener.accept().await?;
            Ok::<_, io::Error>((stream, peer, permit))
        };
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            accepted = next => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            Err(error) => {
                tracing::warn!(error = %kernel::chain(&error), "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    options: Options,
    shutdown: CancellationToken,
) {
    // Answers are small; waiting to fill a segment would delay each of them.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.header_timeout);
    let stream = TokioIo::new(Steady::new(stream, options.write_stall_max));
    let mut serving = pin!(builder.serve_connection(stream, TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // Clients go away all the time; that is theirs to know.
        tracing::debug!(error = %kernel::chain(&error), "a connection ended early");
    }
}
