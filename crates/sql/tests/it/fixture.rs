//! One table, a few commands over it, and a way to make commands share a group.

use sql::{Database, Fault, Lock, Migration, Options, Tx, params};
use std::sync::{Arc, Condvar, Mutex};
use testkit::{Component, TestDb};

pub(super) const COMPONENTS: &[Component] = &[("it", MIGRATIONS)];

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_thing",
    sql: "CREATE TABLE thing (
        id TEXT {key} NOT NULL PRIMARY KEY,
        n BIGINT NOT NULL,
        note TEXT,
        truth BOOLEAN,
        real DOUBLE PRECISION,
        raw {bytes}
    )",
}];

sql::statements! {
    pub(super) PUT = "INSERT INTO thing (id, n) VALUES ($1, $2)";
    pub(super) PUT_NEW = "INSERT INTO thing (id, n) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING n";
    pub(super) SET = "UPDATE thing SET n = $2 WHERE id = $1";
    pub(super) GET = "SELECT n FROM thing WHERE id = $1";
    pub(super) IDS = "SELECT id FROM thing ORDER BY id";
}

/// What a test's closure refuses with.
#[derive(Debug)]
pub(super) enum No {
    Refused,
    Sql(Fault),
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Sql(fault)
    }
}

pub(super) async fn databases(test: &str) -> Vec<TestDb> {
    testkit::databases(test, COMPONENTS).await
}

pub(super) async fn databases_with(test: &str, options: Options) -> Vec<TestDb> {
    testkit::databases_with(test, COMPONENTS, options).await
}

/// Options under which every command takes the same lane.
pub(super) fn one_lane() -> Options {
    Options { lanes: 1, ..Options::default() }
}

pub(super) fn lock(name: &str) -> Lock {
    Lock::new("thing", &[name])
}

pub(super) async fn put(db: &Database, id: &'static str) -> Result<(), Fault> {
    db.write(lock(id), move |tx| tx.execute(&PUT, params![id, 0])).await
}

pub(super) async fn ids(db: &Database) -> Vec<String> {
    db.read(|tx| tx.query(&IDS, &[], |row| row.get(0)))
        .await
        .unwrap_or_else(|fault: Fault| panic!("{fault:?}"))
}

pub(super) fn get(tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>, Fault> {
    tx.query_opt(&GET, params![id], |row| row.get(0))
}

/// Reads, adds one and writes back: wrong as soon as two run at once.
pub(super) fn increment(tx: &mut Tx<'_>, id: &str) -> Result<(), Fault> {
    tx.holds(&lock(id))?;
    match get(tx, id)? {
        Some(n) => tx.execute(&SET, params![id, n + 1]),
        None => tx.execute(&PUT, params![id, 1]),
    }
}

/// Holds a lane until it is opened, so that what is written meanwhile shares a group.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Gate {
    /// Starts a command that waits in the lane, and returns once it does.
    pub(super) async fn shut(db: &Database, locks: Vec<Lock>) -> Self {
        let gate = Self::default();
        let (inside, db) = (gate.clone(), db.clone());
        tokio::spawn(async move {
            db.write(locks, move |_| {
                inside.wait();
                Ok::<_, Fault>(())
            })
            .await
        });
        let reached = gate.clone();
        tokio::task::spawn_blocking(move || reached.reached()).await.expect("the gate is reached");
        gate
    }

    pub(super) fn open(&self) {
        self.0.0.lock().expect("no panic holds it").1 = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let mut state = self.0.0.lock().expect("no panic holds it");
        state.0 = true;
        self.0.1.notify_all();
        while !state.1 {
            state = self.0.1.wait(state).expect("no panic holds it");
        }
    }

    fn reached(&self) {
        let mut state = self.0.0.lock().expect("no panic holds it");
        while !state.0 {
            state = self.0.1.wait(state).expect("no panic holds it");
        }
    }
}

/// Starts `commands` one after the other behind a shut gate, opens it, and gives their answers in order.
pub(super) async fn together<T: Send + 'static>(
    db: &Database,
    commands: Vec<std::pin::Pin<Box<dyn Future<Output = T> + Send>>>,
) -> Vec<T> {
    let gate = Gate::shut(db, Vec::new()).await;
    let mut running = Vec::new();
    for (n, command) in commands.into_iter().enumerate() {
        running.push(tokio::spawn(command));
        while db.stats().queue_depth < n as u64 + 1 {
            tokio::task::yield_now().await;
        }
    }
    gate.open();
    let mut answers = Vec::new();
    for command in running {
        answers.push(command.await.expect("the command's task ends"));
    }
    answers
}
