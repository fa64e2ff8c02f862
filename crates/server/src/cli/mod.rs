//! The command line: what can be asked for, and how failures are told.

mod demo;
mod doctor;
mod init;
mod key;
mod operator;
mod out;
mod rebuild;
mod receive;
mod serve;

use crate::{
    config::{self, Config, ConfigFaults, Layers},
    data_dir::DataDirFault,
    log,
};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// From "has just signed up" to "has a tenant in your app": self-serve onboarding beside your product.
#[derive(Debug, Parser)]
#[command(name = "thrivestack", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(Debug, Args)]
struct Common {
    /// The data directory [default: ./thrivestack-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// A TOML file with settings [default: thrivestack.toml in the data directory, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// text, json, or auto: text on a terminal, JSON otherwise [default: auto]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// For a command that has nothing to do with the installation beside it: takes the place of the options that name one,
/// so that help does not offer what is refused.
#[derive(Debug, Args)]
struct Apart {
    #[arg(id = "data_dir", long = "data-dir", hide = true)]
    no_data_dir: Option<String>,
    #[arg(id = "config", long = "config", hide = true)]
    no_config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a data directory: organization, product, keys and the Prosumer workflow
    Init(init::Options),
    /// Run the server
    Serve(serve::Options),
    /// Give an operator a way in
    Operator(operator::Options),
    /// List, make and revoke API keys
    Key(key::Options),
    /// Stand in for your backend: print, verify and acknowledge webhooks
    Receive(receive::Options),
    /// Make derived data anew from the journal
    Rebuild(rebuild::Options),
    /// Look at everything that an installation needs, and say what to do; works beside a running server
    Doctor(doctor::Options),
    /// Show the effective configuration and where each value came from
    Config {
        /// Print the reference of all settings as Markdown instead
        #[arg(long)]
        reference: bool,
    },
    /// Look around: a server with a sample app and sample data, gone when it ends
    Demo(demo::Options),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliFault {
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    #[error(transparent)]
    DataDir(#[from] DataDirFault),
    /// The cause of another part, already in words.
    #[error("{0}")]
    Told(String),
}

impl CliFault {
    /// Wraps the fault of another part with everything that caused it.
    fn of(fault: impl std::error::Error + 'static) -> Self {
        Self::Told(kernel::chain(&fault))
    }
}

/// How long blocking threads may take to come back.
const RUNTIME_GRACE: Duration = Duration::from_millis(500);

/// Parses the command line, runs the command and tells its failure.
pub fn main() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out::remark(format_args!("error: no runtime can be made: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(Box::pin(run(&common, command)));
    // A thread that waits for a disk must not hold up the end.
    runtime.shutdown_timeout(RUNTIME_GRACE);
    match ended {
        Ok(code) => code,
        Err(fault) => {
            out::remark(format_args!("error: {}", kernel::chain(&fault)));
            ExitCode::FAILURE
        }
    }
}

async fn run(common: &Common, command: Command) -> Result<ExitCode, CliFault> {
    match command {
        Command::Init(options) => init::run(common, options).await,
        Command::Serve(options) => serve::run(common, options).await,
        Command::Operator(options) => operator::run(common, options).await,
        Command::Key(options) => key::run(common, options).await,
        Command::Receive(options) => receive::run(common, options).await,
        Command::Rebuild(options) => rebuild::run(common, options).await,
        Command::Doctor(options) => doctor::run(common, options).await,
        Command::Config { reference: true } => {
            out::show(&config::reference())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Config { reference: false } => {
            let (_, layers) = common.load(&[])?;
            out::show(&layers.effective())?;
            layers.warnings.iter().for_each(|warning| out::remark(format_args!("warning: {warning}")));
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(options) => demo::run(common, options).await,
    }
}

impl Common {
    /// The configuration with the flags of all commands and `own`, those of this one.
    fn load(&self, own: &[(&'static str, Option<&String>)]) -> Result<(Config, Layers), ConfigFaults> {
        Config::load(&self.flags(own), self.config.clone())
    }

    fn flags(&self, own: &[(&'static str, Option<&String>)]) -> Vec<(&'static str, String)> {
        let mut given = vec![("data_dir", self.data_dir.as_ref()), ("log_format", self.log_format.as_ref())];
        given.extend_from_slice(own);
        given.into_iter().filter_map(|(key, value)| Some((key, value?.clone()))).collect()
    }

    /// The configuration for a command that is over soon: it logs what goes wrong, and the rest only when asked to.
    fn load_briefly(&self, own: &[(&'static str, Option<&String>)]) -> Result<Config, CliFault> {
        let (config, layers) = self.load(own)?;
        log_briefly(&config, &layers);
        Ok(config)
    }

    /// The configuration for a command that has nothing to do with the installation beside it: it reads how to log, and none of
    /// the server's settings. Whoever names an installation all the same is told `instead`.
    fn load_apart(
        &self,
        apart: &Apart,
        own: &[(&'static str, Option<&String>)],
        instead: &str,
    ) -> Result<Config, CliFault> {
        let here = apart.no_data_dir.is_some() || apart.no_config.is_some();
        if here || self.data_dir.is_some() || self.config.is_some() {
            return Err(CliFault::Told(format!(
                "neither --data-dir nor --config means anything here: {instead}"
            )));
        }
        let (config, layers) = Config::load_apart(&self.flags(own))?;
        log_briefly(&config, &layers);
        Ok(config)
    }
}

fn log_briefly(config: &Config, layers: &Layers) {
    let asked = *layers.origin("log") != config::Origin::Default;
    log::start(config.log_format, if asked { &config.log } else { "warn" });
}
