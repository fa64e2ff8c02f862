//! `thrivestack receive`: see `demo::receive`.

use super::{Apart, CliFault, Common};
use crate::{config, real::SystemClock, signal};
use clap::Args;
use demo::{
    client::{Client, Connection},
    out::say,
};
use kernel::{Clock, Secret};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use tokio::net::TcpListener;
use url::Url;

/// Where `init --keys thrivestack.json` leaves the keys.
const KEYS_FILE: &str = "thrivestack.json";

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    apart: Apart,
    /// Where webhooks arrive
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7710")]
    listen: SocketAddr,
    /// Acknowledge each tenant at `POST /api/workflow`
    #[arg(long)]
    ack: bool,
    /// What `thrivestack init --keys` wrote [default: $THRIVESTACK_KEYS, else ./thrivestack.json]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The webhook secret, where it is not the one in the keys file [default: $THRIVESTACK_WEBHOOK_SECRET]
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// Where thrivestack listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7700")]
    api: Url,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    common.load_apart(&options.apart, &[], "it reads the keys alone, and --keys names their file")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = connection(&options)?;
    let secret = options.secret.or_else(|| config::variable("THRIVESTACK_WEBHOOK_SECRET")).map(Secret::new);
    let webhook_secret = secret.or_else(|| connection.as_ref().map(|keys| keys.webhook_secret.clone()));
    let acknowledge = match (options.ack, connection) {
        (true, Some(connection)) => Some(Client::new(connection, Arc::clone(&clock)).map_err(CliFault::of)?),
        (true, None) => return Err(no_keys()),
        (false, _) => None,
    };
    let listener =
        TcpListener::bind(options.listen).await.map_err(|error| cannot_listen(options.listen, &error))?;
    let address = listener.local_addr().unwrap_or(options.listen);
    say(format_args!(
        "Waiting for webhooks on http://{address}/webhook (any path will do). Ctrl-C ends this."
    ));
    let receive = demo::receive::Options { webhook_secret, acknowledge };
    demo::receive::run(listener, receive, clock, signal::end()).await.map_err(CliFault::of)?;
    Ok(ExitCode::SUCCESS)
}

/// Webhooks go where *Settings* says, so another port is another setting too.
fn cannot_listen(address: SocketAddr, error: &io::Error) -> CliFault {
    CliFault::Told(format!(
        "cannot listen on {address}: {error}; end what listens there, or take another port with --listen and put the \
         same one into the webhook's address (Settings of the console, or --webhook-url of init)"
    ))
}

/// The keys, when there are some: asked for by name they must be there, the default file may be missing.
fn connection(options: &Options) -> Result<Option<Connection>, CliFault> {
    let asked = options.keys.clone().or_else(|| config::variable("THRIVESTACK_KEYS").map(PathBuf::from));
    let path = match asked {
        Some(path) => path,
        None if Path::new(KEYS_FILE).exists() => PathBuf::from(KEYS_FILE),
        None => return Ok(None),
    };
    let told = |cause: String| CliFault::Told(format!("{}: {cause}", path.display()));
    let printed = fs::read_to_string(&path).map_err(|error| told(error.to_string()))?;
    Connection::from_init(options.api.clone(), &printed)
        .map(Some)
        .map_err(|fault| told(kernel::chain(&fault)))
}

fn no_keys() -> CliFault {
    CliFault::Told(format!(
        "--ack needs keys: `thrivestack init --keys {KEYS_FILE}` writes them; name another file with --keys"
    ))
}
