//! `demo` leaves nothing behind, however it is ended.

use super::text;
use crate::suite::binary::{Lines, command, command_under, finish, run, until};
use demo::acme::Known;
use demo::story;
use kernel::{Clock, Env};
use server::real::SystemClock;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use store::request::Owner;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use url::Url;

/// With what people did, and without runs: a test makes its own.
pub const DEMO: [&str; 5] = ["demo", "--listen", "127.0.0.1:0", "--sample", "events"];

/// With its data in this directory, where it alone is; answers when all addresses are printed, with that of the API.
pub async fn started(mut demo: Command, dir: &Path) -> (Lines, Url) {
    demo.env("TMPDIR", dir);
    Lines::until(demo, |line| line.trim().strip_prefix("The API is at ")?.parse().ok()).await
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[tokio::test]
async fn the_demo_checks_itself_and_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    // On every address, as in a container: none of the two sides may be told that name.
    let mut demo = command(dir.path(), &["demo", "--check", "--seed", "9", "--listen", "0.0.0.0:0"]);
    demo.env("TMPDIR", dir.path());
    let nines = || {
        let plan = story::Options::brief(SystemClock::new().now());
        story::invent(&story::Options { seed: 9, ..plan }, &Known::default()).len()
    };
    let before = nines();
    let checked = finish(demo).await;
    let told = text(&checked.stdout);
    let sent = told.lines().find_map(|line| line.split_once("telemetry ")?.1.trim().split(' ').next());
    let sent: usize = sent.expect("telemetry").parse().unwrap();
    assert!((before..=nines()).contains(&sent), "of this seed: {told}");
    assert!(!told.contains("0.0.0.0"), "{told}");
    assert!(checked.status.success(), "{told}\n{}", text(&checked.stderr));
    assert!(told.contains("Everything happened."), "{told}");
    assert_eq!(entries(dir.path()), 0, "the data are gone");
}

/// Whoever looks around on the machine of a real installation does no harm to it.
#[tokio::test]
async fn a_demo_takes_nothing_of_the_installation_beside_it() {
    let (dir, real) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut demo = command(dir.path(), &["demo", "--check"]);
    let real_store = |scheme: &str, name: &str| format!("{scheme}:{}", real.path().join(name).display());
    demo.env("TMPDIR", dir.path())
        .env("THRIVESTACK_DATABASE_URL", real_store("sqlite", "state.db"))
        .env("THRIVESTACK_JOURNAL_URL", real_store("file", "journal"))
        .env("THRIVESTACK_LAKE_URL", real_store("file", "lake"))
        .env("THRIVESTACK_CONFIG", real.path().join("thrivestack.toml"))
        .env("THRIVESTACK_PUBLIC_URL", "https://signup.acme.test")
        .env("THRIVESTACK_LISTEN", "203.0.113.1:1");
    let checked = finish(demo).await;
    assert!(checked.status.success(), "{}\n{}", text(&checked.stdout), text(&checked.stderr));
    assert_eq!((entries(real.path()), entries(dir.path())), (0, 0));
    for flag in ["--data-dir", "--config"] {
        let refused = run(dir.path(), &["demo", "--check", flag, real.path().to_str().unwrap()]).await;
        assert_eq!(refused.status.code(), Some(1), "{flag}");
        assert!(text(&refused.stderr).contains("--keep"), "{}", text(&refused.stderr));
    }
    assert_eq!(entries(real.path()), 0);
}

#[tokio::test]
async fn the_past_is_lived_through_before_anybody_is_asked_in() {
    let dir = TempDir::new().unwrap();
    let kept = dir.path().join("kept");
    let keep = [&DEMO[..3], &["--keep", kept.to_str().unwrap()]].concat();
    let (mut demo, url) = started(command(dir.path(), &keep), dir.path()).await;
    let told = demo.text();
    let (lived, _) = told.split_once("The API is at").unwrap();
    let runs = lived.lines().find_map(|line| line.trim().split_once(" runs in ")?.0.parse::<u32>().ok());
    assert!(runs.is_some_and(|runs| runs > 60) && !told.contains("stops in the middle"), "{told}");
    // The clock is the real one again: a sign-up gets through, past whoever waits, in the browser's own time.
    let acme: Url =
        told.lines().map(str::trim).find(|line| line.starts_with("http")).unwrap().parse().unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let form = [("name", "Kim Aldersey"), ("email", "kim@harbor-studio.example")];
    let sent = client.build().unwrap().post(acme).form(&form).send().await.unwrap();
    let page = sent.headers()["location"].to_str().unwrap().to_owned();
    let landed = reqwest::get(page).await.unwrap();
    assert_eq!(landed.url().path(), "/onboarding", "{}", landed.url());
    assert_eq!(reqwest::get(url.join("/readyz").unwrap()).await.unwrap().status(), 200);
    assert_eq!(demo.terminate().await.code(), Some(0), "{}", demo.text());
    let refused = refusals(&kept.join("state.db")).await;
    for one in ["400 /api/track", "400 /trigger", "401 /api/track", "401 /v1/ValidateAuthOTP"] {
        assert!(refused.iter().any(|kept| kept == one), "{one}: {refused:?}");
    }
}

/// What a data directory keeps of refused requests: status and path.
async fn refusals(database: &Path) -> Vec<String> {
    let clock = Arc::new(SystemClock::new());
    let db = sql::Database::open_sqlite(database, sql::Options::default(), clock).await.unwrap();
    let kept = db.read(|tx| {
        let environments = store::platform::environments(tx)?;
        let theirs = environments.iter().map(|one| Owner::Environment(Env::vouched(one.id)));
        let mut kept = Vec::new();
        for owner in theirs.chain([Owner::Nobody]) {
            kept.extend(store::request::list(tx, owner, &store::request::Filter::default(), None, 100)?);
        }
        Ok::<_, sql::Fault>(kept)
    });
    let kept = kept.await.unwrap();
    kept.iter().map(|one| format!("{} {}", one.refused.status, one.refused.path)).collect()
}

#[tokio::test]
async fn a_closed_terminal_ends_the_demo_calmly_unless_it_was_to_live_on() {
    let dir = TempDir::new().unwrap();
    for (launcher, ends) in [("--default-signal=HUP", true), ("--ignore-signal=HUP", false)] {
        let demo = command_under(&["env", launcher], dir.path(), &DEMO);
        let (mut demo, url) = started(demo, dir.path()).await;
        assert_eq!(entries(dir.path()), 1);
        demo.signal("HUP").await;
        if !ends {
            assert_eq!(reqwest::get(url.join("/readyz").unwrap()).await.unwrap().status(), 200, "nohup");
            demo.signal("TERM").await;
        }
        assert_eq!(demo.ended().await.code(), Some(0), "{}", demo.text());
        assert_eq!(entries(dir.path()), 0, "the data are gone");
    }
}

#[tokio::test]
async fn a_second_signal_ends_the_demo_at_once_and_leaves_nothing_either() {
    let dir = TempDir::new().unwrap();
    let (mut demo, url) = started(command(dir.path(), &DEMO), dir.path()).await;
    let address = url.socket_addrs(|| None).unwrap()[0];
    let slow = begin_request(address).await;
    demo.signal("TERM").await;
    // The end has begun when nobody listens any more; it waits for the request.
    until("the begin of the end", async || TcpStream::connect(address).await.is_err().then_some(())).await;
    demo.signal("TERM").await;
    assert_eq!(demo.ended().await.code(), Some(130), "{}", demo.text());
    assert_eq!(entries(dir.path()), 0, "the data are gone: {}", demo.text());
    drop(slow);
}

/// A request whose body does not come, once the server waits for it.
async fn begin_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /api/track HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = [0; 12];
    stream.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100");
    stream
}
