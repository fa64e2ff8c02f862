//! `thrivestack rebuild profiles | lake`: derived data made anew while nothing else runs.

use super::{CliFault, Common, out};
use crate::{
    config::Config,
    data_dir::DataDir,
    launch, real,
    wiring::{self, Outside, State, open_journal},
};
use app::rebuild::{self, Rebuilt};
use clap::{Args, ValueEnum};
use journal::Journal;
use std::{process::ExitCode, sync::Arc};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// What to make anew
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Users, accounts, memberships and their traits
    Profiles,
    /// The analytics lake
    Lake,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let config = common.load_briefly(&[])?;
    let mut dir = DataDir::open(&config.data_dir)?;
    let outside = Outside::real();
    let key = launch::master_key(&config, &dir)?;
    wiring::must_exist(&config).map_err(CliFault::of)?;
    dir.take_stores(&config)?;
    let state = State::open(&config, &key, &outside).await.map_err(CliFault::of)?;
    state.must_be_initialised(&config).await.map_err(CliFault::of)?;
    let (path, rng) = (config.located(&config.journal_url), Arc::clone(&outside.rng));
    let opened = tokio::task::spawn_blocking(move || open_journal(path, &*rng));
    let journal = opened.await.map_err(CliFault::of)?.map_err(CliFault::of)?;
    let rebuilt = rebuild(options.what, &config, &state, &journal, &outside).await.map_err(CliFault::of)?;
    journal.close().await;
    state.db.close().await;
    let seconds = real::uptime(&*outside.clock).as_secs_f64();
    out::show(&format!("{} records read in {seconds:.1} s\n", rebuilt.records))?;
    Ok(ExitCode::SUCCESS)
}

async fn rebuild(
    what: What,
    config: &Config,
    state: &State,
    journal: &Journal,
    outside: &Outside,
) -> Result<Rebuilt, rebuild::RebuildFault> {
    let clock = Arc::clone(&outside.clock);
    match what {
        What::Profiles => rebuild::profiles(&state.db, journal, clock).await,
        What::Lake => {
            let dir = config.located(&config.lake_url);
            rebuild::lake(&dir, lake::Options::default(), &state.db, journal, clock).await
        }
    }
}
