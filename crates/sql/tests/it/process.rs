//! A real second process: the test binary starts itself again with one test that plays the other part.

use super::fixture::{databases, get, increment, lock};
use kernel::Clock;
use sql::{Database, Fault, Options, params};
use std::{
    env,
    process::{Command, Stdio},
    sync::Arc,
};
use testkit::{TestClock, TestDb};

/// Names the database in the second process; without it its tests do nothing.
const PLACE: &str = "SQL_TEST_PLACE";
const EACH: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn conflicting_commands_of_two_processes_lose_nothing() {
    for db in databases("two processes").await {
        let mut other = start("it::process::the_other_process", &place(&db)).spawn().expect("it starts");
        count_up(&db).await;
        let ended = tokio::task::spawn_blocking(move || other.wait()).await.expect("it waits");
        assert!(ended.expect("it ends").success());
        let count = db.read(|tx| get(tx, "counter")).await.unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(count, Some(2 * EACH as i64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_process() {
    let Some(place) = told() else { return };
    let db = open(&place, Options::default()).await;
    count_up(&db).await;
    db.close().await;
}

async fn count_up(db: &Database) {
    for _ in 0..EACH {
        let counted: Result<(), Fault> = db.write(lock("counter"), |tx| increment(tx, "counter")).await;
        counted.expect("the command commits");
    }
}

/// A limit on the size of files makes the commit's own write fail, as a dying disk does.
#[tokio::test(flavor = "multi_thread")]
async fn an_io_error_at_commit_ends_the_process() {
    let db = databases("disk").await.swap_remove(0);
    let file = place(&db);
    let me = env::current_exe().expect("this binary has a path");
    // POSIX has blocks of 512 bytes, and a shell on every machine.
    let limited = "trap '' XFSZ; ulimit -f 800; exec \"$0\" --exact \"$1\" --nocapture";
    let mut command = Command::new("sh");
    command.args(["-c", limited]).arg(me).arg("it::process::the_process_without_disk").env(PLACE, file);
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it runs");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(6), "{ended}: it aborts");
    assert!(super::fixture::ids(&db).await.len() < 64, "what was not answered may be missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_without_disk() {
    static PUT_NOTE: sql::Statement = sql::statement("INSERT INTO thing (id, n, note) VALUES ($1, 1, $2)");
    let Some(place) = told() else { return };
    let db = open(&place, Options::default()).await;
    for n in 0..64 {
        let (id, note) = (n.to_string(), "x".repeat(20_000));
        let put: Result<(), Fault> =
            db.write(sql::Locks::none(), move |tx| tx.execute(&PUT_NOTE, params![&id, &note])).await;
        // A statement may fail before the commit does; then the next one tries.
        drop(put);
    }
}

fn place(db: &TestDb) -> String {
    db.url().or_else(|| db.file().map(|file| file.display().to_string())).expect("a database is somewhere")
}

fn start(test: &str, place: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this binary has a path"));
    command.args(["--exact", test]).env(PLACE, place).stdout(Stdio::null());
    command
}

#[expect(clippy::disallowed_methods, reason = "how one process of this test talks to the other")]
fn told() -> Option<String> {
    env::var(PLACE).ok()
}

async fn open(place: &str, options: Options) -> Database {
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    let opened = if place.starts_with("postgres") {
        Database::open_postgres(place, Options { follow_server_clock: false, ..options }, clock).await
    } else {
        Database::open_sqlite(place, options, clock).await
    };
    opened.expect("the database opens")
}
