//! A server from a data directory to its last answer; `serve` and `demo` use the same.

use crate::{
    config::Config,
    data_dir::{DataDir, DataDirFault},
    http,
    metrics::Metrics,
    parts::{Broken, supervised},
    wiring::{self, Outside, Running, State, WiringFault},
};
use kernel::Secret;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long the whole end may take. With the runtime's grace after it, the process is gone within ten seconds.
const END_MAX: Duration = Duration::from_secs(9);
/// How much of that open requests may take.
const DRAIN: Duration = Duration::from_secs(4);
/// How much of it the parts may take after that.
const PARTS_GRACE: Duration = Duration::from_millis(4_500);
/// How long an answer may wait for the client to take more of it.
const WRITE_STALL_MAX: Duration = Duration::from_secs(30);
const METRICS_EVERY: Duration = Duration::from_secs(10);

/// Why the server does not come up.
#[derive(Debug, thiserror::Error)]
pub enum LaunchFault {
    #[error(
        "cannot listen on {address} (is a demo or another server still running there? end it, or give another --listen)"
    )]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    DataDir(#[from] DataDirFault),
    #[error(transparent)]
    Wiring(#[from] WiringFault),
}

/// A listener that is bound, before anything else is opened: its address goes into links.
pub struct Bound {
    listener: TcpListener,
    pub address: SocketAddr,
    /// Where browsers and backends reach us.
    pub public_url: Url,
}

/// Binds the configured address.
pub async fn bind(config: &Config) -> Result<Bound, LaunchFault> {
    let fault = |source| LaunchFault::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| own_url(address));
    Ok(Bound { listener, address, public_url })
}

/// The address itself as a URL; for a listener on all addresses, this machine's own.
pub fn own_url(address: SocketAddr) -> Url {
    let mut reachable = address;
    if address.ip().is_unspecified() {
        reachable.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    Url::parse(&format!("http://{reachable}/")).expect("a socket address makes an http URL")
}

/// The master key: from the configuration, else from the data directory.
pub fn master_key(config: &Config, dir: &DataDir) -> Result<Secret<[u8; 32]>, DataDirFault> {
    match &config.master_key {
        Some(key) => Ok(key.clone()),
        None => dir.master_key(),
    }
}

/// A server that answers.
pub struct Launched {
    pub running: Running,
    pub public_url: Url,
    ending: CancellationToken,
    http: JoinHandle<()>,
    _dir: DataDir,
}

/// Opens the stores, starts the parts and answers requests until `ending` is cancelled.
pub async fn launch(
    config: &Config,
    mut dir: DataDir,
    bound: Bound,
    outside: Outside,
    ending: CancellationToken,
) -> Result<Launched, LaunchFault> {
    let Bound { listener, address, public_url } = bound;
    outside.listeners.add(address);
    wiring::must_exist(config)?;
    dir.take_stores(config)?;
    let state = State::open(config, &master_key(config, &dir)?, &outside).await?;
    state.must_be_initialised(config).await?;
    let running = state.assemble(config, public_url.clone(), outside).await?.start();
    let router = running.router(config, ending.clone());
    let options = http::Options {
        connections_max: config.connections_max,
        header_timeout: config.header_timeout,
        write_stall_max: WRITE_STALL_MAX,
        drain: DRAIN,
    };
    tokio::spawn(keep_metrics(ending.clone()));
    let serving = http::serve(listener, router, options, ending.clone());
    let http = tokio::spawn(supervised("listener", serving, ending.clone(), running.parts.broken()));
    Ok(Launched { running, public_url, ending, http, _dir: dir })
}

impl Launched {
    /// Waits for the end to begin, then ends: no new requests, open ones finished, interrupted attempts
    /// recorded, stores closed. A part that fails begins the end: whoever started the server can start it again whole.
    pub async fn until_end(self) -> Result<(), Broken> {
        self.until_end_within(END_MAX).await
    }

    /// The same with another bound of the end. What is not closed by then stays as a crash would leave it.
    pub async fn until_end_within(self, most: Duration) -> Result<(), Broken> {
        let Self { running: Running { app, parts, .. }, ending, http, _dir, .. } = self;
        let broken = parts.broken();
        tokio::select! {
            () = ending.cancelled() => {}
            () = broken.cancelled() => ending.cancel(),
        }
        tracing::info!("ending");
        let mut open = "listener";
        let end = async {
            if let Err(error) = http.await {
                tracing::error!(error = %kernel::chain(&error), "the listener ended badly");
            }
            open = "parts";
            parts.end(PARTS_GRACE).await;
            open = "journal";
            app.journal.close().await;
            open = "state database";
            app.db.clone().close().await;
        };
        match tokio::time::timeout(most, end).await {
            Ok(()) => tracing::info!("ended"),
            Err(_) => tracing::error!(
                open,
                "the end took too long and was cut off; the next start goes on as after a crash"
            ),
        }
        if broken.is_cancelled() { Err(Broken) } else { Ok(()) }
    }
}

async fn keep_metrics(ending: CancellationToken) {
    let metrics = Metrics::installed();
    while tokio::time::timeout(METRICS_EVERY, ending.cancelled()).await.is_err() {
        metrics.keep_up();
    }
}
