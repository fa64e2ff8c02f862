//! `thrivestack serve`

use super::{CliFault, Common, out::remark};
use crate::{
    config::Config,
    data_dir::DataDir,
    launch::{self, Launched},
    log, real, signal,
    wiring::Outside,
};
use clap::Args;
use std::{io::IsTerminal, process::ExitCode};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address and port to listen on; port 0 picks a free one [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The address under which browsers and backends reach this server [default: http:// and the listen address]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let outside = Outside::real();
    let clock = outside.clock.clone();
    let (config, layers) =
        common.load(&[("listen", options.listen.as_ref()), ("public_url", options.public_url.as_ref())])?;
    log::start(config.log_format, &config.log);
    for warning in &layers.warnings {
        tracing::warn!("{warning}");
    }
    let ending = signal::shutdown(|| {});
    let dir = DataDir::open(&config.data_dir)?;
    let bound = launch::bind(&config).await.map_err(CliFault::of)?;
    if !bound.address.ip().is_loopback() && config.public_url.is_none() {
        tracing::warn!(
            { listen = %bound.address },
            "others can reach this server, but links name {}: set --public-url to the address they use",
            bound.public_url
        );
    }
    if let Err(fault) = dir.tell_settings(&layers.shown()) {
        tracing::warn!(error = %kernel::chain(&fault), "doctor will not know the settings of this server");
    }
    let launched = launch::launch(&config, dir, bound, outside, ending).await.map_err(CliFault::of)?;
    tell_ready(&config, &launched, real::uptime(&*clock).as_millis());
    // A server that works is not ended for want of a link, and one that is broken tells so by its own log.
    if std::io::stderr().is_terminal()
        && let Err(fault) = tell_way_in(&launched).await
    {
        tracing::warn!(error = %kernel::chain(&fault), "no link to sign in with could be made");
    }
    launched.until_end().await.map_err(CliFault::of)?;
    Ok(ExitCode::SUCCESS)
}

/// The one line that scripts wait for, whatever the log's filter says.
fn tell_ready(config: &Config, launched: &Launched, millis: u128) {
    let (version, url) = (env!("CARGO_PKG_VERSION"), launched.public_url.as_str().trim_end_matches('/'));
    let message = format!("thrivestack {version} is ready on {url}");
    if config.log_format.is_text() {
        remark(format_args!("{message} ({millis} ms)"));
    } else {
        let line =
            serde_json::json!({ "level": "INFO", "message": message, "url": url, "start_millis": millis });
        remark(line);
    }
}

/// While nobody can sign in, a fresh link stands on the terminal, where only the operator sees it.
async fn tell_way_in(launched: &Launched) -> Result<(), CliFault> {
    let app = &launched.running.app;
    if app::operator::any_password_set(app).await.map_err(CliFault::of)? {
        return Ok(());
    }
    let fresh = app::operator::fresh_link(&app.db, &*app.rng, None).await.map_err(CliFault::of)?;
    let url = launched.public_url.join(&fresh.link.path()).map_err(CliFault::of)?;
    remark(format_args!("Nobody has a password yet. {} signs in once with {url}", fresh.email));
    Ok(())
}
