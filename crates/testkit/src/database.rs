//! A fresh, migrated database on every engine there is.

use crate::TestClock;
use kernel::Clock;
use sql::{Database, Engine, Migration, Options};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A component's name with its migrations, as [`sql::migrate`] takes them.
pub type Component = (&'static str, &'static [Migration]);

/// A database of one test: it derefs to [`Database`] and vanishes when dropped.
pub struct TestDb {
    db: Database,
    pub clock: Arc<TestClock>,
    place: Place,
}

enum Place {
    File { directory: TempDir },
    Server { admin: String, name: String },
}

/// One database per engine: SQLite always, PostgreSQL when `THRIVESTACK_TEST_POSTGRES_URL` is set
/// (`cargo xtask test` sets it). Without it PostgreSQL is skipped with a line on stderr; under `CI=true` that is a panic.
pub async fn databases(test: &str, components: &[Component]) -> Vec<TestDb> {
    // Two of each are enough to show what one alone would hide, and connections cost a test time.
    databases_with(test, components, Options { lanes: 2, read_pool: 2, ..Options::default() }).await
}

/// Like [`databases`], with options of the test's own.
pub async fn databases_with(test: &str, components: &[Component], options: Options) -> Vec<TestDb> {
    // A test's clock stands still, so the server's must not replace it.
    let options = Options { follow_server_clock: false, ..options };
    let mut all = vec![on_sqlite(components, &options).await];
    match server() {
        Some(admin) => all.push(on_postgres(test, admin, components, &options).await),
        None => eprintln!("{test}: PostgreSQL is left out, THRIVESTACK_TEST_POSTGRES_URL is not set"),
    }
    all
}

#[expect(clippy::disallowed_methods, reason = "the one place that finds the tests' server")]
fn server() -> Option<String> {
    let url = std::env::var("THRIVESTACK_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty());
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(url.is_some() || !ci, "under CI=true both engines are tested: set THRIVESTACK_TEST_POSTGRES_URL");
    url
}

async fn on_sqlite(components: &[Component], options: &Options) -> TestDb {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let clock = Arc::new(TestClock::new());
    let file = directory.path().join("state.db");
    let db = Database::open_sqlite(&file, options.clone(), Arc::clone(&clock) as Arc<dyn Clock>)
        .await
        .expect("the file opens");
    migrate(&db, components).await;
    TestDb { db, clock, place: Place::File { directory } }
}

async fn on_postgres(test: &str, admin: String, components: &[Component], options: &Options) -> TestDb {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let short: String = test.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
    #[expect(clippy::disallowed_methods, reason = "tells apart the processes that use the server now")]
    let process = std::process::id();
    let name = format!("t_{}_{process}_{}", short.to_ascii_lowercase(), NEXT.fetch_add(1, Relaxed));
    let template = template(&admin, components).await.expect("the tests' server keeps a template");
    // A run that was killed may have left one of this name.
    let fresh = [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name} TEMPLATE {template}"),
    ];
    run(&admin, &fresh).await.expect("the tests' server makes a database");
    let clock = Arc::new(TestClock::new());
    let url = beside(&admin, &name);
    let db = Database::open_postgres(&url, options.clone(), Arc::clone(&clock) as Arc<dyn Clock>)
        .await
        .expect("the database opens");
    TestDb { db, clock, place: Place::Server { admin, name } }
}

/// The name of a migrated database that the tests' are copies of, made by whoever needs it first. Its name
/// holds a hash of the migrations, so that a changed text makes another one.
async fn template(admin: &str, components: &[Component]) -> Result<String, tokio_postgres::Error> {
    let mut hash = DefaultHasher::new();
    for (component, migrations) in components {
        component.hash(&mut hash);
        for migration in *migrations {
            (migration.name, migration.sql).hash(&mut hash);
        }
    }
    let name = format!("template_{:016x}", hash.finish());
    let (client, connection) = tokio_postgres::connect(admin, NoTls).await?;
    let driven = tokio::spawn(connection);
    // Tests are processes of their own: one makes it, the others wait. The lock ends with the session.
    client.batch_execute("SELECT pg_advisory_lock(7700)").await?;
    let ready = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate";
    if client.query_opt(ready, &[&name]).await?.is_none() {
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        let options = Options { lanes: 1, read_pool: 1, follow_server_clock: false, ..Options::default() };
        let db = Database::open_postgres(&beside(admin, &name), options, Arc::new(TestClock::new()))
            .await
            .expect("the template opens");
        migrate(&db, components).await;
        db.close().await;
        client.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true")).await?;
    }
    drop(client);
    // How the connection ended matters to nobody: the statements were answered.
    let _ = driven.await;
    Ok(name)
}

async fn migrate(db: &Database, components: &[Component]) {
    for (component, migrations) in components {
        sql::migrate(db, component, migrations).await.expect("the migrations apply");
    }
}

/// The URL of database `name` on the server of `admin`.
fn beside(admin: &str, name: &str) -> String {
    let (before, query) = admin.split_once('?').map_or((admin, ""), |(url, query)| (url, query));
    let server = before.rsplit_once('/').map_or(before, |(server, _)| server);
    if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") }
}

async fn run(admin: &str, statements: &[String]) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(admin, NoTls).await?;
    let driven = tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await?;
    }
    drop(client);
    // How the connection ended matters to nobody: the statements were answered.
    let _ = driven.await;
    Ok(())
}

impl TestDb {
    /// The database itself, to hand to what keeps one.
    pub fn database(&self) -> Database {
        self.db.clone()
    }

    /// The SQLite file; `None` on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::File { directory } => Some(directory.path().join("state.db")),
            Place::Server { .. } => None,
        }
    }

    /// A directory that vanishes with this database; `None` on PostgreSQL.
    pub fn directory(&self) -> Option<&Path> {
        match &self.place {
            Place::File { directory } => Some(directory.path()),
            Place::Server { .. } => None,
        }
    }

    /// The database's URL on the server; `None` on SQLite.
    pub fn url(&self) -> Option<String> {
        match &self.place {
            Place::Server { admin, name } => Some(beside(admin, name)),
            Place::File { .. } => None,
        }
    }

    /// A second handle on the same database with threads and connections of its own, as another process has.
    pub async fn open_again(&self, options: Options) -> Database {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let options = Options { follow_server_clock: false, ..options };
        match (self.db.engine(), self.file(), self.url()) {
            (Engine::Sqlite, Some(file), _) => Database::open_sqlite(file, options, clock).await,
            (_, _, Some(url)) => Database::open_postgres(&url, options, clock).await,
            _ => unreachable!("a database is a file or has a URL"),
        }
        .expect("the database opens again")
    }
}

impl Deref for TestDb {
    type Target = Database;
    fn deref(&self) -> &Database {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Place::Server { admin, name } = &self.place else { return };
        let (admin, drop_it) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // Dropping happens inside a test's runtime, which must not be blocked on: a thread has its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(run(&admin, &[drop_it])))
        });
        if !matches!(dropped.join(), Ok(Ok(Ok(())))) {
            eprintln!("a database of a test was left on the server");
        }
    }
}
