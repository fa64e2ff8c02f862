//! `thrivestack operator link | add EMAIL`: works beside a running server, by one short transaction.

use super::{CliFault, Common, out};
use crate::{
    config::Config,
    data_dir::DataDir,
    launch,
    wiring::{self, Outside},
};
use app::operator::FreshLink;
use clap::{Args, Subcommand};
use std::process::ExitCode;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Debug, Subcommand)]
enum Wish {
    /// Print a fresh one-time link for an operator; the links before it stop working
    Link {
        /// Whose; the first operator's when left out
        email: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Add an operator and print their one-time link
    Add {
        email: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The address that the link begins with [default: as configured for serve]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let (Wish::Link { place, .. } | Wish::Add { place, .. }) = &options.wish;
    let config = common.load_briefly(&[("public_url", place.public_url.as_ref())])?;
    DataDir::check(&config.data_dir)?;
    wiring::must_exist(&config).map_err(CliFault::of)?;
    let outside = Outside::real();
    let db = wiring::visit(&config, &outside).await.map_err(CliFault::of)?;
    let rng = outside.rng.as_ref();
    let fresh = match &options.wish {
        Wish::Link { email, .. } => app::operator::fresh_link(&db, rng, email.as_deref()).await,
        Wish::Add { email, .. } => app::operator::add(&db, rng, email).await,
    };
    let fresh = fresh.map_err(CliFault::of)?;
    db.close().await;
    tell(&config, &fresh)
}

fn tell(config: &Config, fresh: &FreshLink) -> Result<ExitCode, CliFault> {
    let base: Url = config.public_url.clone().unwrap_or_else(|| launch::own_url(config.listen));
    let url = base.join(&fresh.link.path()).map_err(CliFault::of)?;
    out::hand_out(&format!("{url}\n")).map_err(|error| {
        CliFault::Told(format!("the link could not be shown ({error}): ask for another one"))
    })?;
    out::remark(format_args!(
        "This link signs {} in once and is good until {}.",
        fresh.email, fresh.link.expires_at
    ));
    Ok(ExitCode::SUCCESS)
}
