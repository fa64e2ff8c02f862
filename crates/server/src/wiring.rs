//! From a configuration to a running house, in three stages: [`Stores`] are open, an [`Assembled`] app has its
//! parts but nothing moves, a [`Running`] one works. Tests stop at the second stage and turn the parts by hand.

use crate::{
    config::Config,
    data_dir::{self, DataDirFault},
    parts::Parts,
    probe::Health,
    real::{self, OsRng, SystemClock},
};
use app::{App, Services};
use axum::{Router, middleware};
use durable::{Executor, Registry};
use kernel::{Clock, Rng, Secret};
use outbound::{
    Countries, Http, OwnListeners,
    smtp::{ServerFault, Smtp},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::seal::{SealFault, Sealer};
use tokio_util::sync::CancellationToken;
use url::Url;
use webkit::Edge;

/// Who has tables in the state database.
pub const COMPONENTS: [(&str, &[sql::Migration]); 2] =
    [("store", store::MIGRATIONS), ("durable", durable::MIGRATIONS)];

/// How long jobs may take to record what they were doing, once the end has begun.
const JOB_GRACE: Duration = Duration::from_secs(4);

/// What touches the world: the real thing, or a test's.
#[derive(Clone)]
pub struct Outside {
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub http: Arc<dyn Http>,
    /// Our own addresses, which no webhook may be sent to.
    pub listeners: OwnListeners,
    /// Whether `localhost` is a container's.
    pub in_container: bool,
}

impl Outside {
    pub fn real() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let listeners = OwnListeners::default();
        let http = Arc::new(outbound::Client::new(listeners.clone()));
        let in_container = real::in_container(Path::new("/"));
        Self { clock, rng: Arc::new(OsRng), http, listeners, in_container }
    }
}

/// Why the house does not come up.
#[derive(Debug, thiserror::Error)]
pub enum WiringFault {
    #[error("open the state database {path}")]
    Database { path: PathBuf, source: sql::Fault },
    #[error(
        "{path} is not the state database of this data directory: `thrivestack init` did not make it, or it was lost"
    )]
    Blank { path: PathBuf },
    #[error("migrate the state database")]
    Migrate(#[source] sql::Fault),
    #[error("read the state database")]
    Read(#[from] sql::Fault),
    #[error("this master key does not open the secrets of this data directory")]
    MasterKey(#[from] SealFault),
    #[error("open the journal in {path}")]
    Journal { path: PathBuf, source: journal::Fault },
    #[error("open the lake in {path}")]
    Lake { path: PathBuf, source: lake::Fault },
    #[error("open the IP-to-country database {path}")]
    Countries { path: PathBuf, source: outbound::CountryFault },
    #[error("read the mail server's root certificate {path}")]
    MailRoot { path: PathBuf, source: io::Error },
    #[error("use the mail server")]
    Mail(#[from] ServerFault),
    #[error(transparent)]
    DataDir(#[from] DataDirFault),
    #[error(transparent)]
    Consumers(#[from] app::consume::StartFault),
    #[error("a blocking thread ended early")]
    Blocking(#[from] tokio::task::JoinError),
}

/// The state database, migrated, with the key that opens its secrets.
pub struct State {
    pub db: sql::Database,
    pub seal: Arc<Sealer>,
}

impl State {
    /// Opens and migrates the database, and makes sure that the master key fits.
    pub async fn open(
        config: &Config,
        master_key: &Secret<[u8; 32]>,
        outside: &Outside,
    ) -> Result<Self, WiringFault> {
        let db = visit(config, outside).await?;
        for (component, migrations) in COMPONENTS {
            let done = sql::migrate(&db, component, migrations).await.map_err(WiringFault::Migrate)?;
            if let Some(copy) = done.copy {
                tracing::info!(
                    db.component = component, db.migrations = ?done.applied, db.copy = %copy.display(),
                    "the state database was migrated; the copy from before may go when all is well"
                );
            }
        }
        let seal = Arc::new(Sealer::new(master_key));
        if let Some(canary) = db.read::<_, sql::Fault>(store::platform::canary).await? {
            seal.check_canary(&canary)?;
        }
        Ok(Self { db, seal })
    }

    /// Refuses a database that no `init` has filled: served, it would greet every key with 401.
    pub async fn must_be_initialised(&self, config: &Config) -> Result<(), WiringFault> {
        let canary = self.db.read::<_, sql::Fault>(store::platform::canary).await?;
        let path = || config.located(&config.database_url);
        canary.map(|_| ()).ok_or_else(|| WiringFault::Blank { path: path() })
    }

    /// Journal, lake and everything else around the state.
    pub async fn assemble(
        self,
        config: &Config,
        public_url: Url,
        outside: Outside,
    ) -> Result<Assembled, WiringFault> {
        let rng = Arc::clone(&outside.rng);
        let (journal_path, lake_path) =
            (config.located(&config.journal_url), config.located(&config.lake_url));
        let countries_path = config.countries_path.clone();
        // These read files; the runtime's threads must not wait for a disk.
        let opened =
            tokio::task::spawn_blocking(move || open_files(journal_path, lake_path, countries_path, &*rng));
        let (journal, lake, geo) = opened.await??;
        if self.db.engine() == sql::Engine::Sqlite {
            // The database's lock says that nobody else runs: leases left behind belong to the dead.
            self.db.write(sql::Locks::none(), durable::job::void_leases).await?;
        }
        app::consume::check(&self.db, &journal, &lake).await?;
        let executor = Executor::new(durable::Options::default(), self.db.engine());
        let Self { db, seal } = self;
        let clock = Arc::clone(&outside.clock);
        let app = App::new(Services {
            callers: app::caller::Callers::new(db.clone(), Arc::clone(&clock), &config.token_issuer),
            signers: app::token::Signers::new(db.clone(), Arc::clone(&clock), Arc::clone(&seal)),
            db,
            clock,
            rng: Arc::clone(&outside.rng),
            seal,
            journal,
            lake,
            http: Arc::clone(&outside.http),
            smtp: mail_server(config)?,
            geo,
            jobs: executor.jobs(),
            options: app_options(config, public_url, outside.in_container),
            settings: Default::default(),
            questions: Default::default(),
            passwords: Default::default(),
            definitions: Default::default(),
            deliveries: app::Bounds::new(app::webhook::PER_ENVIRONMENT),
            posts: app::Bounds::new(app::mail::PER_ENVIRONMENT),
            relay: Default::default(),
            news: Default::default(),
            requests: Default::default(),
        });
        let registry = registry(&app);
        Ok(Assembled { app, executor, registry, outside })
    }
}

/// Refuses a state database that is not there: opening would make an empty one.
pub fn must_exist(config: &Config) -> Result<(), WiringFault> {
    let path = config.located(&config.database_url);
    if path.is_file() { Ok(()) } else { Err(WiringFault::Blank { path }) }
}

/// The state database as it is, beside whoever serves it: for one short transaction.
pub async fn visit(config: &Config, outside: &Outside) -> Result<sql::Database, WiringFault> {
    let path = config.located(&config.database_url);
    let clock = Arc::clone(&outside.clock);
    let opened = sql::Database::open_sqlite(&path, sql::Options::default(), clock).await;
    opened.map_err(|source| WiringFault::Database { path, source })
}

type Files = (journal::Journal, lake::Lake, Option<Countries>);

fn open_files(
    journal_path: PathBuf,
    lake_path: PathBuf,
    countries_path: Option<PathBuf>,
    rng: &dyn Rng,
) -> Result<Files, WiringFault> {
    // Whoever owns the data directory may have opened it to others; what is in these is for us alone.
    data_dir::make_private(&journal_path)?;
    data_dir::make_private(&lake_path)?;
    let journal = open_journal(journal_path, rng)?;
    let (lake, _) = lake::Lake::open(&lake_path, lake::Options::default(), journal.id())
        .map_err(|source| WiringFault::Lake { path: lake_path, source })?;
    let geo = countries_path
        .map(|path| Countries::open(&path).map_err(|source| WiringFault::Countries { path, source }))
        .transpose()?;
    Ok((journal, lake, geo))
}

/// Opens the journal's files and tells what the last crash cost. Blocks.
pub fn open_journal(path: PathBuf, rng: &dyn Rng) -> Result<journal::Journal, WiringFault> {
    let (journal, opened) = journal::Journal::open(&path, journal::Options::default(), rng)
        .map_err(|source| WiringFault::Journal { path, source })?;
    for cut in &opened.cuts {
        tracing::warn!(
            {
                journal.file = %cut.file,
                journal.bytes = cut.bytes,
                journal.records_kept = cut.records_kept,
                journal.reason = cut.reason
            },
            "the end of a journal file was cut off; nothing acknowledged was in it"
        );
    }
    Ok(journal)
}

/// The mail server, if one is configured. Nothing is said to it before the first mail.
pub(crate) fn mail_server(config: &Config) -> Result<Option<Smtp>, WiringFault> {
    let Some(server) = config.smtp_url.clone() else { return Ok(None) };
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|source| WiringFault::MailRoot { path: path.clone(), source })
    };
    let root = config.smtp_root_path.as_ref().map(read).transpose()?;
    Ok(Some(Smtp::new(server, root.as_deref())?))
}

fn app_options(config: &Config, public_url: Url, in_container: bool) -> app::Options {
    let mut options = app::Options::new(public_url);
    options.in_container = in_container;
    options.issuer.clone_from(&config.token_issuer);
    options.development.retry = config.retry_development.clone();
    options.production.retry = config.retry_production.clone();
    options.mail_from.clone_from(&config.mail_from);
    options.mail_retry = config.mail_retry.clone();
    options
}

/// What each job's name means.
fn registry(app: &App) -> Registry {
    use app::mail::{SEND, Send};
    use app::webhook::{ACK_OVERDUE, AckOverdue, DELIVER, Deliver, ENDPOINT_GONE, EndpointGone};
    Registry::default()
        .with(DELIVER, Arc::new(Deliver(app.clone())))
        .with(ACK_OVERDUE, Arc::new(AckOverdue(app.clone())))
        .with(ENDPOINT_GONE, Arc::new(EndpointGone(app.clone())))
        .with(SEND, Arc::new(Send(app.clone())))
}

/// Everything is there, nothing moves.
pub struct Assembled {
    pub app: App,
    pub executor: Executor,
    pub registry: Registry,
    pub outside: Outside,
}

impl Assembled {
    /// Starts executor, relay, consumers, the log of refused requests and housekeeping.
    pub fn start(self) -> Running {
        let parts = Parts::default();
        let Self { app, executor, registry, outside } = self;
        parts.spawn("executor", executor.run(app.db.clone(), registry, parts.shutdown(), JOB_GRACE));
        parts.spawn("relay", app::relay::run(app.clone(), parts.shutdown()));
        parts.spawn("profiles", app::consume::run_profiles(app.clone(), parts.shutdown()));
        parts.spawn("lake", app::consume::run_lake(app.clone(), parts.shutdown()));
        parts.spawn("refused requests", app::request::run(app.clone(), parts.shutdown()));
        parts.spawn("housekeeping", app::housekeeping::run(app.clone(), parts.shutdown()));
        Running { app, outside, parts }
    }
}

/// A house at work.
pub struct Running {
    pub app: App,
    pub outside: Outside,
    pub parts: Parts,
}

impl Running {
    /// Every route of the server over this app. From `ending` on, and when a part has failed, it says that it is not
    /// ready.
    pub fn router(&self, config: &Config, ending: CancellationToken) -> Router {
        let health = Health { ending, broken: self.parts.broken() };
        router(&self.app, &self.outside, config, health)
    }
}

/// The API, the console, the hosted pages and the operator's three questions (`/healthz`, `/readyz`, `/metrics`).
pub fn router(app: &App, outside: &Outside, config: &Config, health: Health) -> Router {
    let edge = Edge {
        clock: Arc::clone(&outside.clock),
        rng: Arc::clone(&outside.rng),
        proxies: webkit::Proxies::new(config.trusted_proxies.clone()),
        https: app.options.public_url.scheme() == "https",
        refused: Arc::new(crate::callers::Refusals(app.clone())),
    };
    let callers = Arc::new(crate::callers::Callers(app.clone()));
    let pages = console::ConsoleState::new(app.clone());
    api::router(api::ApiState { app: app.clone(), callers })
        .merge(console::operator_router(pages.clone()))
        .merge(console::hosted_router(pages.clone()))
        .merge(crate::probe::routes(app.clone(), health))
        .layer(middleware::from_fn_with_state(pages, console::unserved))
        .layer(middleware::from_fn(api::json_only))
        .layer(middleware::from_fn_with_state(app.clone(), crate::probe::count))
        .layer(middleware::from_fn_with_state(edge, webkit::edge::layer))
}
