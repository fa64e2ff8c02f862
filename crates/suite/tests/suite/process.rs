//! The program's other commands, as processes: `init`, refusals of `serve`, `receive --ack`, `demo`.

pub mod demo;
mod doctor;
mod mail;
mod parts;

use super::binary::{
    Backend, Installation, Lines, PATIENCE, Reserved, command, finish, http_client, ready, run, send, until,
};
use super::receiver::Receiver;
use serde_json::Value;
use std::fs::File;
use std::io::PipeWriter;
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;
use url::Url;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn init_prints_one_object_that_opens_what_serve_serves() {
    let dir = TempDir::new().unwrap();
    let made = run(
        dir.path(),
        &["init", "--data-dir", "data", "--product", "Notes", "--email", "a@b.test", "--json"],
    )
    .await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let printed: Value = serde_json::from_slice(&made.stdout).unwrap();
    for pointer in [
        "/product_id",
        "/environment_id",
        "/environments/development",
        "/environments/production",
        "/operator/email",
        "/operator/setup_url",
        "/api_key/key_id",
        "/api_key/private_key",
        "/project_key",
        "/private_api_key",
        "/webhook_secret",
        "/workflows/prosumer",
    ] {
        assert!(printed.pointer(pointer).is_some_and(Value::is_string), "{pointer}");
    }
    assert_eq!(printed["environment_id"], printed["environments"]["development"]);
    assert_eq!(printed["operator"]["email"], "a@b.test");
    assert_eq!(printed["api_key"]["scopes"].as_array().unwrap().len(), 7);

    let again = run(dir.path(), &["init", "--data-dir", "data"]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("data is already initialised"), "{}", text(&again.stderr));

    let serve = command(dir.path(), &["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"]);
    let (mut serving, url) = Lines::until(serve, ready).await;
    let backend = Backend::new(url, printed);
    let token = backend.token(&["telemetry_apis"]).await;
    let event = serde_json::json!([{"event_name": "a", "user_id": "u"}]);
    assert_eq!(backend.post("/api/track", &token, &event).await.status, 200);

    let second = run(dir.path(), &["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("data is in use"), "{}", text(&second.stderr));
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(backend.browse(&backend.url.join(probe).unwrap()).await.status, 200, "{probe}");
    }
    assert_eq!(serving.terminate().await.code(), Some(0));
}

/// Runs the program to its end with its standard output going there.
async fn run_into(out: impl Into<Stdio>, dir: &Path, arguments: &[&str]) -> Output {
    let mut command = command(dir, arguments);
    let running = command.stdout(out).stderr(Stdio::piped()).spawn().unwrap().wait_with_output();
    tokio::time::timeout(PATIENCE, running).await.expect("it ends").unwrap()
}

/// A pipe whose reader is gone.
fn closed() -> PipeWriter {
    std::io::pipe().unwrap().1
}

#[tokio::test]
async fn a_server_whose_log_nobody_reads_serves_on() {
    let (dir, place) = (TempDir::new().unwrap(), Reserved::new());
    let made = run(dir.path(), &["init", "--data-dir", "data"]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let listen = place.address.to_string();
    let mut serve = command(dir.path(), &["serve", "--data-dir", "data", "--listen", &listen]);
    let mut serving = serve.stdout(Stdio::null()).stderr(closed()).spawn().unwrap();
    let asks = http_client();
    let (healthz, nothing) = (place.url("/healthz"), place.url("/nothing"));
    until("an answer", async || asks.get(healthz.clone()).send().await.ok()).await;
    // Each answer is a line of the log.
    assert_eq!(send(asks.get(nothing)).await.status, 404);
    assert!(serving.try_wait().unwrap().is_none());
    serving.kill().await.unwrap();
    let refused = ["key", "list", "--data-dir", "elsewhere"];
    let ended = command(dir.path(), &refused).stdout(Stdio::null()).stderr(closed()).status().await.unwrap();
    assert_eq!(ended.code(), Some(1), "a failure, and no panic");
}

#[tokio::test]
async fn keys_that_nobody_could_see_are_not_kept() {
    let dir = TempDir::new().unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let init = ["init", "--data-dir", "data", "--json", "--public-url", "https://go.acme.test"];
    let unseen = run_into(full, dir.path(), &init).await;
    let told = text(&unseen.stderr);
    assert_eq!(unseen.status.code(), Some(1), "{told}");
    assert!(told.contains("the keys could not be shown") && !told.contains("panicked"), "{told}");
    let made = run(dir.path(), &init).await;
    assert!(made.status.success(), "the same again: {}", text(&made.stderr));
    assert!(dir.path().join("data/thrivestack.toml").exists());

    let create = ["key", "create", "unseen", "--data-dir", "data"];
    let unseen = run_into(closed(), dir.path(), &create).await;
    let told = text(&unseen.stderr);
    assert_eq!(unseen.status.code(), Some(1), "{told}");
    assert!(told.contains("it is revoked") && !told.contains("panicked"), "{told}");
    let listed = run(dir.path(), &["key", "list", "--data-dir", "data"]).await;
    assert!(text(&listed.stdout).starts_with("KEY ID"), "{listed:?}");
    let none = run(dir.path(), &["key", "list", "--environment", "prod", "--data-dir", "data"]).await;
    assert!(text(&none.stdout).contains("thrivestack key create NAME --environment prod"), "{none:?}");
    let line = text(&listed.stdout).lines().find(|line| line.contains("unseen")).unwrap().to_owned();
    assert!(line.contains("revoked"), "{line}");
    let printed: Value = serde_json::from_slice(&run(dir.path(), &create).await.stdout).unwrap();
    assert!(printed["api_key"].is_string(), "as the console's file calls it");

    let public = ["key", "create", "p", "--kind", "project", "--scope", "track_api", "--data-dir", "data"];
    let refused = run(dir.path(), &public).await;
    assert!(!refused.status.success() && text(&refused.stderr).contains("telemetry_apis alone"));

    let demo = ["demo", "--check"];
    for shown in [&["key", "list", "--data-dir", "data"][..], &["config", "--data-dir", "data"], &demo] {
        let cut_short = run_into(closed(), dir.path(), shown).await;
        assert!(cut_short.status.success(), "{shown:?}: {}", text(&cut_short.stderr));
    }
}

/// `receive | head`: whoever reads has seen enough, and the webhooks want their answer all the same.
#[tokio::test]
async fn receive_answers_when_nobody_reads_what_it_prints() {
    let (dir, place) = (TempDir::new().unwrap(), Reserved::new());
    let listen = place.address.to_string();
    let mut receive = command(dir.path(), &["receive", "--listen", &listen]);
    let receiving = receive.stdout(closed()).stderr(Stdio::piped()).spawn().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = until("an answer", async || client.get(place.url("/home")).send().await.ok()).await;
    assert_eq!(page.status(), 200);
    let taken = client.post(place.url("/webhook")).body("{}").send().await.unwrap();
    assert_eq!((taken.status().as_u16(), taken.text().await.unwrap().as_str()), (200, "Event received"));
    let pid = receiving.id().unwrap().to_string();
    assert!(
        tokio::process::Command::new("kill").args(["-s", "TERM", &pid]).status().await.unwrap().success()
    );
    let ended = tokio::time::timeout(PATIENCE, receiving.wait_with_output()).await.expect("it ends").unwrap();
    assert!(ended.status.success() && !text(&ended.stderr).contains("panicked"), "{ended:?}");
}

/// A command that is given twice leaves the keys of the first time as they are.
#[tokio::test]
async fn keys_go_to_a_new_file_that_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let init = ["init", "--data-dir", "data", "--keys", "keys.json"];
    let create = ["key", "create", "k", "--kind", "rsa", "--data-dir", "data", "--keys", "key.json"];
    for (arguments, file, pointer) in
        [(&init[..], "keys.json", "/api_key/private_key"), (&create, "key.json", "/private_key")]
    {
        let made = run(dir.path(), arguments).await;
        assert!(made.status.success(), "{}", text(&made.stderr));
        let path = dir.path().join(file);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let written = std::fs::read_to_string(&path).unwrap();
        let keys: Value = serde_json::from_str(&written).unwrap();
        assert!(keys.pointer(pointer).is_some_and(Value::is_string), "{pointer}");
        let told = text(&made.stdout);
        assert!(told.contains(file) && !told.contains("PRIVATE KEY"), "{told}");
        let again = run(dir.path(), arguments).await;
        assert!(!again.status.success() && text(&again.stderr).contains("exists already"), "{again:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    }
    let listed = text(&run(dir.path(), &["key", "list", "--data-dir", "data"]).await.stdout);
    assert_eq!(listed.lines().filter(|line| line.contains("  k  ")).count(), 1, "{listed}");

    std::fs::write(dir.path().join("mine.json"), "mine").unwrap();
    let elsewhere = ["init", "--data-dir", "other", "--keys", "mine.json"];
    assert!(!run(dir.path(), &elsewhere).await.status.success());
    assert!(!dir.path().join("other").exists(), "refused before anything is made");
    let there = ["init", "--data-dir", "data", "--keys", "unused.json"];
    assert!(!run(dir.path(), &there).await.status.success());
    assert!(!dir.path().join("unused.json").exists(), "no empty file stays");
}

/// Whoever types something wrong is told what a good one looks like, and help offers nothing that is refused.
#[tokio::test]
async fn the_command_line_says_what_it_takes() {
    let dir = TempDir::new().unwrap();
    let wrong = run(dir.path(), &["init", "--webhook-url", "notaurl"]).await;
    assert!(text(&wrong.stderr).contains("such as https://app.example.com/hook"), "{wrong:?}");
    for apart in ["demo", "receive"] {
        let help = text(&run(dir.path(), &[apart, "--help"]).await.stdout);
        assert!(!help.contains("--data-dir") && !help.contains("--config"), "{help}");
        for given in [&[apart, "--data-dir", "x"][..], &["--data-dir", "x", apart], &[apart, "--config", "x"]]
        {
            let refused = run(dir.path(), given).await;
            assert!(text(&refused.stderr).contains("means anything here"), "{given:?}: {refused:?}");
        }
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let refused = run(dir.path(), &["receive", "--listen", &listen]).await;
    assert!(text(&refused.stderr).contains("another port with --listen"), "{refused:?}");
}

#[tokio::test]
async fn serve_names_init_where_nothing_is_initialised() {
    let dir = TempDir::new().unwrap();
    let refused = run(dir.path(), &["serve", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    assert!(told.contains("thrivestack init --data-dir"), "{told}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "and leaves nothing behind");
}

#[tokio::test]
async fn a_derived_part_is_rebuilt_while_nobody_serves() {
    let house = Installation::of(&Receiver::absent().await).await;
    let data = house.data();
    let server = house.serve().await;
    let backend = house.backend(&server);
    let event = serde_json::json!([{"event_name": "feature_used", "user_id": "ada"}]);
    assert_eq!(backend.post("/api/track", &backend.key("/project_key"), &event).await.status, 200);
    let refused = run(&data, &["rebuild", "lake", "--data-dir", "."]).await;
    assert!(!refused.status.success() && text(&refused.stderr).contains("in use"), "{refused:?}");
    server.stop().await;
    for part in ["profiles", "lake"] {
        let rebuilt = run(&data, &["rebuild", part, "--data-dir", "."]).await;
        assert!(rebuilt.status.success(), "{part}: {}", text(&rebuilt.stderr));
        assert!(text(&rebuilt.stdout).starts_with("1 records read"), "{}", text(&rebuilt.stdout));
    }
    let server = house.serve().await;
    let backend = house.backend(&server);
    let found = backend.get("/api/event/?user_id=ada", &backend.key("/private_api_key")).await.json();
    assert_eq!(found["results"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_store_of_another_installation_is_not_served_nor_rebuilt_while_it_is_in_use() {
    let receiver = Receiver::absent().await;
    let (house, other) = (Installation::of(&receiver).await, Installation::of(&receiver).await);
    let server = house.serve().await;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "."];
    for (variable, scheme, store, arguments) in [
        ("THRIVESTACK_DATABASE_URL", "sqlite", "state.db", &serve[..]),
        ("THRIVESTACK_JOURNAL_URL", "file", "journal", &serve),
        ("THRIVESTACK_LAKE_URL", "file", "lake", &["rebuild", "lake", "--data-dir", "."]),
    ] {
        let mut refused = command(&other.data(), arguments);
        refused.env(variable, format!("{scheme}:{}", house.data().join(store).display()));
        let refused = finish(refused).await;
        let told = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{store}: {told}");
        assert!(told.contains(&format!("{store} is in use by another")), "{told}");
    }
    server.stop().await;
}

/// Beside a running server, because that is where an operator is who cannot sign in.
#[tokio::test]
async fn a_fresh_link_is_given_beside_a_running_server_and_ends_the_one_before() {
    let house = Installation::of(&Receiver::absent().await).await;
    let server = house.serve().await;
    let backend = house.backend(&server);
    let (data, url) = (house.data(), server.url.to_string());
    let ask = async |arguments: &[&str]| {
        let common = ["--public-url", url.as_str(), "--data-dir", "."];
        let told = run(&data, &[&["operator"], arguments, &common].concat()).await;
        assert!(told.status.success(), "{}", text(&told.stderr));
        text(&told.stdout).trim().parse::<Url>().unwrap()
    };
    let first = ask(&["link"]).await;
    assert_eq!(backend.browse(&first).await.status, 200);
    let second = ask(&["link"]).await;
    assert_eq!(backend.browse(&second).await.status, 200);
    assert_eq!(backend.browse(&first).await.status, 410);
    let other = ask(&["add", "bea@acme.test"]).await;
    assert_eq!(backend.browse(&other).await.status, 200);
    assert_eq!(backend.browse(&second).await.status, 200, "another operator's link");
    let twice = run(&data, &["operator", "add", "bea@acme.test", "--data-dir", "."]).await;
    assert!(!twice.status.success(), "{twice:?}");
}

#[tokio::test]
async fn an_address_that_others_reach_is_warned_about_without_a_public_url() {
    let house = Installation::of(&Receiver::absent().await).await;
    let data = house.data();
    for (public_url, warned) in [(None, true), (Some("https://signup.acme.test"), false)] {
        let mut serve = command(&data, &["serve", "--data-dir", ".", "--listen", "0.0.0.0:0"]);
        serve.args(public_url.iter().flat_map(|url| ["--public-url", url]));
        let (mut serving, url) = Lines::until(serve, ready).await;
        assert_eq!(serving.text().contains("set --public-url"), warned, "{}", serving.text());
        assert_eq!(url.as_str().starts_with("https://signup.acme.test"), !warned);
        assert_eq!(serving.terminate().await.code(), Some(0));
    }
    let version = run(&data, &["--version"]).await;
    assert_eq!(text(&version.stdout).trim(), concat!("thrivestack ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn every_fault_of_the_configuration_is_told_at_once() {
    let dir = TempDir::new().unwrap();
    let mut serve = command(dir.path(), &["serve", "--listen", "nowhere"]);
    serve.env("THRIVESTACK_RETRY_DEVELOPMENT", "soon");
    let told = text(&finish(serve).await.stderr);
    assert!(told.contains("nowhere") && told.contains("soon"), "{told}");
}

/// `receive --ack` stands in for the builder's backend, so that the first walk needs no code.
#[tokio::test]
async fn receive_verifies_and_acknowledges_and_is_where_the_browser_arrives() {
    let place = Reserved::new();
    let house =
        Installation::with(&place.url("/webhook"), &place.url("/onboarding"), &place.url("/home")).await;
    let keys = house.keep("thrivestack.json", &house.printed().to_string());
    let server = house.serve().await;
    let listen = place.address.to_string();
    let receive = command(
        &house.data(),
        &["receive", "--listen", &listen, "--ack", "--api", server.url.as_str(), "--keys", path(&keys)],
    );
    let waits = |line: &str| line.contains("Waiting for webhooks").then_some(());
    let (mut receiving, ()) = Lines::until(receive, waits).await;

    let backend = house.backend(&server);
    let (run, link) = backend.trigger("ada").await;
    let data = backend.run_until(&run, "completed").await;
    assert!(data["tenant_id"].as_str().unwrap().starts_with("tenant-"), "{data}");
    receiving.says("signature: good").await;
    receiving.says(&format!("acknowledged run {run}")).await;
    let arrived = backend.browse(&backend.browse(&link).await.location()).await;
    assert!(text(&arrived.body).contains("authOTP = "), "{arrived:?}");
    assert_eq!(receiving.terminate().await.code(), Some(0));
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_foreign_secret_makes_receive_refuse_the_delivery() {
    let place = Reserved::new();
    let house =
        Installation::with(&place.url("/webhook"), &place.url("/onboarding"), &place.url("/home")).await;
    let server = house.serve().await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let listen = place.address.to_string();
    let mut receive = command(&house.data(), &["receive", "--listen", &listen, "--secret", secret]);
    receive.env("THRIVESTACK_DATABASE_URL", "the server's concern alone");
    let waits = |line: &str| line.contains("Waiting for webhooks").then_some(());
    let (receiving, ()) = Lines::until(receive, waits).await;
    house.backend(&server).trigger("ada").await;
    receiving.says("signature: REFUSED").await;
    let refused = run(&house.data(), &["receive", "--data-dir", "."]).await;
    assert!(!refused.status.success() && text(&refused.stderr).contains("--keys"), "{refused:?}");
}

sql::statements! {
    /// Stands for whatever makes the database fail.
    BREAK = "ALTER TABLE api_key RENAME TO lost";
}

/// What happened inside is not told to the caller, who gets an id; whoever operates finds it in the log by that id.
#[tokio::test]
async fn a_credential_that_could_not_be_verified_is_in_the_log_with_its_cause_and_the_request() {
    let house = Installation::of(&Receiver::absent().await).await;
    let server = house.serve().await;
    let (backend, beside) = (house.backend(&server), house.visit().await);
    beside.write(sql::Locks::none(), |tx| tx.execute(&BREAK, sql::params![])).await.unwrap();
    let refused = backend.get("/api/event/?user_id=ada", &backend.key("/private_api_key")).await;
    assert_eq!(refused.status, 500);
    let id = refused.headers["x-request-id"].to_str().unwrap();
    server.process.says("could not be verified").await;
    let told = server.process.text();
    let line = told.lines().find(|line| line.contains("could not be verified")).unwrap();
    assert!(line.contains(id) && line.contains("no such table"), "{line}");
    assert!(!text(&refused.body).contains("table"), "{refused:?}");
}

#[tokio::test]
async fn a_killed_program_goes_on_where_it_stopped() {
    let receiver = Receiver::start().await;
    let house = Installation::of(&receiver).await;
    let server = house.serve().await;
    let backend = house.backend(&server);
    let (run, _) = backend.trigger("ada").await;
    let event = serde_json::json!([{"event_name": "feature_used", "user_id": "ada"}]);
    let taken = backend.post("/api/track", &backend.key("/project_key"), &event).await;
    assert_eq!(taken.status, 200);
    server.kill().await;

    let server = house.serve().await;
    let backend = house.backend(&server);
    backend.run_until(&run, "ack").await;
    let deliveries = receiver.deliveries("ada@acme.com", 1).await;
    assert!(deliveries.iter().all(|one| one.header("webhook-id") == deliveries[0].header("webhook-id")));
    assert_eq!(backend.ack(&run, "tenant-1").await.status, 200);
    backend.run_until(&run, "completed").await;
    until("the event that was acknowledged", async || {
        let key = backend.key("/private_api_key");
        let found = backend.get("/api/event/?event_name=feature_used", &key).await.json();
        (found["results"].as_array()?.len() == 1).then_some(())
    })
    .await;
}
