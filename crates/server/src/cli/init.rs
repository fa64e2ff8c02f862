//! `thrivestack init`

use super::{
    CliFault, Common,
    out::{self, KeysFile},
};
use crate::{
    config::{Config, Origin},
    data_dir::{DataDir, write_private},
    launch, log,
    wiring::{Outside, State},
};
use app::init::{Initialised, Pairs, Plan, Site};
use clap::Args;
use model::{
    platform::Stage,
    setting::address::{AddressFault, web_address},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use url::Url;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The name of your product
    #[arg(long, value_name = "NAME", default_value = "My product")]
    product: String,
    /// The first operator's e-mail address
    #[arg(long, value_name = "ADDR", default_value = "operator@localhost")]
    email: String,
    /// Where your backend receives new tenants (Development)
    #[arg(long, value_name = "URL", value_parser = address)]
    webhook_url: Option<Url>,
    /// The page of your product that onboards people (Development)
    #[arg(long, value_name = "URL", value_parser = address)]
    onboarding_url: Option<Url>,
    /// The page of your product that people arrive at in the end (Development)
    #[arg(long, value_name = "URL", value_parser = address)]
    success_url: Option<Url>,
    /// The address under which browsers and backends will reach this server; kept in thrivestack.toml
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// People admitted before the waitlist begins (Development); everybody when left out
    #[arg(long, value_name = "N")]
    waitlist_limit: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write the same object to this new file, which only you may read, instead of showing the keys
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    keys: Option<PathBuf>,
}

/// The same rule, and the same words, as in *Settings* of Development.
fn address(text: &str) -> Result<Url, AddressFault> {
    web_address(text, Stage::Development)
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let (config, layers) = common.load(&[("public_url", options.public_url.as_ref())])?;
    log::start(config.log_format, "warn");
    let public_url = config.public_url.clone().unwrap_or_else(|| launch::own_url(config.listen));
    let plan = Plan {
        product: options.product,
        email: options.email,
        public_url,
        webhook_url: options.webhook_url,
        onboarding_url: options.onboarding_url,
        success_url: options.success_url,
        waitlist_limit: options.waitlist_limit,
    };
    let keys = options.keys.as_deref().map(KeysFile::claim).transpose()?;
    let database = config.located(&config.database_url);
    let before = beside(&database);
    let mut dir = DataDir::create(&config.data_dir)?;
    let initialised = initialise(&config, &mut dir, &plan, &Outside::real()).await?;
    let kept_url =
        config.public_url.as_ref().filter(|_| matches!(layers.origin("public_url"), Origin::Flag(_)));
    let show = keys.map_or(Show::Summary, Show::InFile);
    let show = if options.json { Show::Json } else { show };
    let finished = finish(&dir, kept_url, &initialised, show);
    if finished.is_err() {
        undo(&dir, &database, &before);
    }
    finished.map(|()| ExitCode::SUCCESS)
}

/// How the keys are handed out.
enum Show {
    Summary,
    Json,
    InFile(KeysFile),
}

/// Hands the keys out and only then marks the directory as complete: keys that nobody has seen are good for nothing.
fn finish(dir: &DataDir, kept_url: Option<&Url>, made: &Initialised, show: Show) -> Result<(), CliFault> {
    let json = || serde_json::to_string_pretty(made).map(|json| json + "\n").map_err(CliFault::of);
    let mut in_file = None;
    let handed_out = match show {
        Show::Summary => out::hand_out(&summary(dir, made)),
        Show::Json => out::hand_out(&json()?),
        Show::InFile(file) => in_file.insert(file).fill(&json()?),
    };
    handed_out.map_err(|error| {
        CliFault::Told(format!("the keys could not be shown ({error}); nothing is initialised"))
    })?;
    if let Some(url) = kept_url {
        keep_public_url(dir, url)?;
    }
    dir.finish()?;
    in_file.map_or(Ok(()), |keys| out::show(&next(dir, &keys.keep())))
}

/// Everything but the mark that makes the directory complete. `demo` does the same in a directory of its own.
/// What fails leaves nothing behind, so that the same command can be mended and given again.
pub(super) async fn initialise(
    config: &Config,
    dir: &mut DataDir,
    plan: &Plan,
    outside: &Outside,
) -> Result<Initialised, CliFault> {
    let database = config.located(&config.database_url);
    dir.take_database(config)?;
    dir.must_lack(&[("state.db", database.clone()), ("master.key", dir.master_key_file())])?;
    let before = beside(&database);
    let initialised = fill(config, dir, plan, outside, &database).await;
    match initialised {
        // Migrating keeps a copy of what was there before; of a database that is a second old nobody needs one.
        Ok(_) => remove_new(&database, &before, ".before-"),
        Err(_) => undo(dir, &database, &before),
    }
    initialised
}

/// Removes the database and the master key that were made where there was only `before`.
fn undo(dir: &DataDir, database: &Path, before: &[PathBuf]) {
    remove_new(database, before, "");
    remove(&dir.master_key_file());
}

async fn fill(
    config: &Config,
    dir: &DataDir,
    plan: &Plan,
    outside: &Outside,
    database: &Path,
) -> Result<Initialised, CliFault> {
    let key = match &config.master_key {
        Some(key) => key.clone(),
        None => dir.make_master_key(&*outside.rng)?,
    };
    // SQLite gives its other files the permissions of this one.
    write_private(database, "")?;
    let pairs = tokio::task::spawn_blocking(Pairs::generate);
    let state = State::open(config, &key, outside).await.map_err(CliFault::of)?;
    let pairs = pairs.await.map_err(CliFault::of)?.map_err(CliFault::of)?;
    let site = Site { db: &state.db, sealer: &state.seal, rng: &*outside.rng };
    let initialised = app::init::run(site, plan, &pairs).await.map_err(CliFault::of);
    state.db.close().await;
    initialised
}

/// The database's own file and those that SQLite and migrations put beside it.
fn beside(database: &Path) -> Vec<PathBuf> {
    let (Some(dir), Some(name)) = (database.parent(), database.file_name()) else { return Vec::new() };
    let name = name.to_string_lossy();
    let is_ours = |other: &str| {
        other.strip_prefix(&*name).is_some_and(|rest| {
            matches!(rest, "" | "-wal" | "-shm" | "-journal") || rest.starts_with(".before-")
        })
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|entry| is_ours(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}

/// Removes what came to stand beside the database since `before`, as far as its name goes on with `suffix`.
fn remove_new(database: &Path, before: &[PathBuf], suffix: &str) {
    let prefix = format!("{}{suffix}", database.display());
    let new = beside(database).into_iter().filter(|path| !before.contains(path));
    new.filter(|path| path.display().to_string().starts_with(&prefix)).for_each(|path| remove(&path));
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(error = %error, file = %path.display(), "a file could not be removed");
        }
        _ => {}
    }
}

/// So that `serve` hands out links to the same address.
fn keep_public_url(dir: &DataDir, url: &Url) -> Result<(), CliFault> {
    let path = dir.path().join("thrivestack.toml");
    if path.exists() {
        out::remark(format_args!("{} exists already; put public_url = \"{url}\" into it", path.display()));
        return Ok(());
    }
    Ok(write_private(&path, &format!("public_url = \"{url}\"\n"))?)
}

fn next(dir: &DataDir, keys: &Path) -> String {
    format!(
        "Initialised {dir}. The keys are in {keys}, given this once: keep the file, and to yourself.\n\
         Next: thrivestack serve --data-dir {dir}\n",
        dir = dir.path().display(),
        keys = keys.display(),
    )
}

fn summary(dir: &DataDir, made: &Initialised) -> String {
    format!(
        "Initialised {dir}. The keys are shown this once:\n\
         \n  product          {product}\
         \n  environment      {environment} (Development)\
         \n  workflow         {workflow} (Prosumer)\
         \n  project key      {project} (sends telemetry, may be public)\
         \n  private API key  {private} (all scopes, for your servers only)\
         \n  RSA key          {key} (gives tokens; its private half stands below)\
         \n  webhook secret   {webhook}\
         \n\nIn the console the keys are called Project key, First private API key and First RSA key.\
         \nThe private half of RSA key {key}:\n\n{pem}\n\
         Next:\n  thrivestack serve --data-dir {dir}\n\
         \n{email} signs in once with\n  {setup}\n",
        dir = dir.path().display(),
        product = made.product_id,
        environment = made.environment_id,
        workflow = made.workflows.prosumer,
        key = made.api_key.key_id,
        project = made.project_key.expose(),
        private = made.private_api_key.expose(),
        webhook = made.webhook_secret.expose(),
        pem = made.api_key.private_key.expose().trim_end(),
        email = made.operator.email,
        setup = made.operator.setup_url.expose(),
    )
}
