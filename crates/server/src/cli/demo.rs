//! `thrivestack demo`: a server, Acme Notes beside it, sample data, and nothing left afterwards.

mod past;

use super::{Apart, CliFault, Common, init, out::remark};
use crate::{
    config::{self, Config},
    data_dir::DataDir,
    launch::{self, Bound, Launched},
    log, signal,
    wiring::Outside,
};
use app::init::{Initialised, Plan};
use clap::Args;
use demo::{
    acme::{self, Acme, Known},
    check,
    client::{Client, Connection},
    out::say,
    story, telemetry,
};
use kernel::{EnvironmentId, Rng, Timestamp, token};
use past::{House, PlayedClock};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long Acme Notes may take to end after the server has.
const ACME_GRACE: Duration = Duration::from_millis(500);
/// How often the data are removed when somebody still writes there.
const REMOVALS_MAX: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    apart: Apart,
    /// Where the server listens; port 0 picks a free one [default: 127.0.0.1:7700, with --check a free port]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Keep the data in this directory instead of removing them at the end
    #[arg(long, value_name = "DIR")]
    keep: Option<String>,
    /// Sign one person up, print each step, and end; exit code 0 when all of it happened
    #[arg(long)]
    check: bool,
    /// How much of a past to make up
    #[arg(long, value_enum, default_value_t = Sample::All, conflicts_with = "check")]
    sample: Sample,
    /// What the past is made of: another number, other people
    #[arg(long, value_name = "NUMBER", default_value_t = story::SEED)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sample {
    /// Four months: sign-ups as runs for the last six weeks, a waitlist, an incident, and what people did
    All,
    /// What people did in four weeks, and no run yet
    Events,
    /// Nothing: every room as it is on the first day
    None,
}

pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let mut outside = Outside::real();
    let home = Home::choose(options.keep.clone(), &*outside.rng);
    let config = configure(common, &options, &home)?;
    let ending = signal::shutdown(home.last_word());
    let plan = past_of(&options, outside.clock.now());
    let played = plan.filter(|_| options.sample == Sample::All && !options.check).map(|plan| {
        let clock = Arc::new(PlayedClock::new(outside.clock.clone(), plan.connected_at()));
        outside.clock = clock.clone();
        (clock, plan)
    });
    let mut demo = Demo::set(&config, &outside, ending.clone()).await?;
    let known = match played {
        Some((clock, plan)) => demo.play(clock, &plan, &outside, &ending).await?,
        None => Known::default(),
    };
    demo.introduce(&home);
    let outcome = if options.check {
        let outcome = demo.check(&outside, plan).await;
        ending.cancel();
        outcome
    } else {
        if let Some(plan) = plan {
            demo.feed(plan, known, ending.clone());
        }
        Ok(())
    };
    let ended = demo.until_end().await;
    drop(home);
    outcome.and(ended).map(|()| ExitCode::SUCCESS)
}

/// The past that ends now; none when none is wished for.
fn past_of(options: &Options, until: Timestamp) -> Option<story::Options> {
    let plan = match options.sample {
        Sample::All if !options.check => story::Options::plausible(until),
        Sample::All | Sample::Events => story::Options::brief(until),
        Sample::None => return None,
    };
    Some(story::Options { seed: options.seed, ..plan })
}

/// Where the data live, and that they are gone at the end unless somebody wants to keep them.
struct Home {
    path: PathBuf,
    kept: bool,
}

impl Home {
    fn choose(keep: Option<String>, rng: &dyn Rng) -> Self {
        match keep {
            Some(path) => Self { path: path.into(), kept: true },
            None => {
                let name = format!("thrivestack-demo-{}", token::<9>(rng));
                Self { path: config::temporary_dir().join(name), kept: false }
            }
        }
    }

    /// What is left to do when the process ends at once, while the server still writes.
    fn last_word(&self) -> impl FnOnce() + Send + 'static {
        let temporary = (!self.kept).then(|| self.path.clone());
        move || temporary.iter().for_each(|path| remove(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.path);
        }
    }
}

/// Whoever cannot be rid of the data is told where they are.
fn remove(path: &Path) {
    for left in (0..REMOVALS_MAX).rev() {
        match fs::remove_dir_all(path) {
            Ok(()) => return,
            Err(_) if !path.exists() => return,
            Err(error) if left == 0 => {
                remark(format_args!("{} could not be removed: {error}", path.display()));
            }
            Err(_) => {}
        }
    }
}

/// A demo knows nothing of the installation beside it, so it can neither write into its stores nor listen in its
/// place.
fn configure(common: &Common, options: &Options, home: &Home) -> Result<Config, CliFault> {
    let data_dir = home.path.display().to_string();
    let free = "127.0.0.1:0".to_owned();
    let listen = options.listen.clone().or_else(|| options.check.then_some(free));
    let instead = "a demo has data and settings of its own, and --keep says where the data stay";
    common.load_apart(&options.apart, &[("data_dir", Some(&data_dir)), ("listen", listen.as_ref())], instead)
}

/// Server and sample app, both answering.
struct Demo {
    launched: Launched,
    acme: Acme,
    serving: JoinHandle<io::Result<()>>,
    acme_url: Url,
    client: Client,
    setup_url: String,
    environment: EnvironmentId,
}

impl Demo {
    async fn set(config: &Config, outside: &Outside, ending: CancellationToken) -> Result<Self, CliFault> {
        // Both addresses come first: each side is told the other's.
        let bound = launch::bind(config).await.map_err(CliFault::of)?;
        let acme_bound = bind_acme(bound.address).await?;
        let acme_url = acme_bound.url();
        let plan = plan(&bound, &acme_bound);
        let mut dir = DataDir::create(&config.data_dir)?;
        let made = init::initialise(config, &mut dir, &plan, outside).await?;
        dir.finish()?;
        let setup_url = made.operator.setup_url.expose().clone();
        let client = client(&made, &bound.public_url, outside)?;
        let acme =
            Acme::new(client.clone(), outside.clock.clone(), outside.rng.clone()).map_err(CliFault::of)?;
        let launched = launch::launch(config, dir, bound, outside.clone(), ending.clone())
            .await
            .map_err(CliFault::of)?;
        let serving = tokio::spawn(acme_bound.serve(acme.clone(), async move { ending.cancelled().await }));
        Ok(Self { launched, acme, serving, acme_url, client, setup_url, environment: made.environment_id })
    }

    /// Lets the past weeks happen, on a clock that ends up at now. A past that stops in the middle is said, and the demo
    /// goes on with what is there.
    async fn play(
        &mut self,
        clock: Arc<PlayedClock>,
        plan: &story::Options,
        outside: &Outside,
        ending: &CancellationToken,
    ) -> Result<Known, CliFault> {
        let weeks = plan.connected / 7;
        say(format_args!("\n  Acme Notes lives through its past {weeks} weeks (seed {}) …", plan.seed));
        let app = &self.launched.running.app;
        let house = House::of(app, self.environment, Arc::clone(&clock)).await?;
        let scene = story::Scene { acme: &self.acme, acme_url: self.acme_url.clone(), director: &house };
        let (began, hushed) = (clock.real(), log::Hushed::begin());
        let played = tokio::select! {
            () = ending.cancelled() => Ok(story::Played::default()),
            played = story::play(&scene, plan) => played,
        };
        drop(hushed);
        clock.catch_up();
        app.jobs.clock_stepped();
        let fresh =
            app::operator::fresh_link(&app.db, outside.rng.as_ref(), None).await.map_err(CliFault::of)?;
        self.setup_url = self.launched.public_url.join(&fresh.link.path()).map_err(CliFault::of)?.into();
        match played {
            Ok(played) => {
                let took = clock.real().since(began);
                say(format_args!("  {} runs in {:.1} s.", played.runs, took.as_secs_f32()));
                Ok(played.known)
            }
            Err(fault) => {
                remark(format_args!("  the past stops in the middle: {}", kernel::chain(&fault)));
                Ok(Known::default())
            }
        }
    }

    /// What there is to open, in the order in which it makes sense.
    fn introduce(&self, home: &Home) {
        let [acme, console, api] =
            [self.acme_url.as_str(), &self.setup_url, self.launched.public_url.as_str()];
        let guide = self.launched.public_url.join("/docs").map_or_else(|_| api.to_owned(), String::from);
        let (path, end) = (home.path.display(), "Ctrl-C ends all of it");
        let data = match home.kept {
            true => format!("The data stay in {path}; {end}."),
            false => format!("{end} and removes the data, which are in {path}."),
        };
        say(format_args!(
            "
  1  Sign up at Acme Notes, a sample product; beside its pages you see each call it makes
     {acme}
  2  Open the ThriveStack console and set a password (this link works once); your run is in Runs
     {console}
  3  Integrate your own product by the guide
     {guide}

  The API is at {api}
  {data}
"
        ));
    }

    /// Sends what people did while the visitor already looks around.
    fn feed(&self, plan: story::Options, known: Known, ending: CancellationToken) {
        let client = self.client.clone();
        tokio::spawn(async move {
            let past = story::invent(&plan, &known);
            tokio::select! {
                () = ending.cancelled() => {}
                sent = telemetry::send(&client, &past) => match sent {
                    Ok(()) => say(format_args!("  Users, Accounts and Home now have all {} weeks: {} events.", plan.days / 7, past.len())),
                    Err(fault) => remark(format_args!("  the sample data were not taken: {}", kernel::chain(&fault))),
                },
            }
        });
    }

    async fn check(&self, outside: &Outside, plan: Option<story::Options>) -> Result<(), CliFault> {
        let options = check::Options {
            acme_url: self.acme_url.clone(),
            client: self.client.clone(),
            clock: outside.clock.clone(),
            past: plan.map(|plan| story::invent(&plan, &Known::default())).unwrap_or_default(),
            name: "Ada Winterbourne".to_owned(),
            email: "ada@analytical-engines.example".to_owned(),
        };
        Box::pin(check::run(options)).await.map_err(CliFault::of)?;
        say(format_args!("\n  Everything happened."));
        Ok(())
    }

    async fn until_end(self) -> Result<(), CliFault> {
        let ended = self.launched.until_end().await.map_err(CliFault::of);
        // Whatever Acme is still asking the server, no answer will come.
        if let Ok(Ok(Err(error))) = tokio::time::timeout(ACME_GRACE, self.serving).await {
            remark(format_args!("Acme Notes ended badly: {error}"));
        }
        ended
    }
}

fn plan(bound: &Bound, acme: &acme::Bound) -> Plan {
    Plan {
        product: "Acme Notes".to_owned(),
        email: "demo@acme-notes.example".to_owned(),
        public_url: bound.public_url.clone(),
        webhook_url: Some(acme.webhook_url()),
        onboarding_url: Some(acme.onboarding_url()),
        success_url: Some(acme.success_url()),
        waitlist_limit: None,
    }
}

fn client(made: &Initialised, api: &Url, outside: &Outside) -> Result<Client, CliFault> {
    let printed = serde_json::to_string(made).map_err(CliFault::of)?;
    let connection = Connection::from_init(api.clone(), &printed).map_err(CliFault::of)?;
    Client::new(connection, Arc::clone(&outside.clock)).map_err(CliFault::of)
}

/// The port after the server's, so that addresses stay the same from one demo to the next; any free one otherwise.
async fn bind_acme(server: SocketAddr) -> Result<acme::Bound, CliFault> {
    let (beside, any) = (server.port().saturating_add(1), 0);
    let bind = async |port| acme::bind(SocketAddr::new(server.ip(), port), launch::own_url).await;
    match bind(beside).await {
        Ok(bound) => Ok(bound),
        Err(_) => bind(any).await.map_err(CliFault::of),
    }
}
