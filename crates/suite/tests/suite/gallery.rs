//! Every page of the console and every hosted page, in every state that has a sample, in a real browser: the
//! accessibility engine finds nothing in either theme or on a phone, nothing sticks out, nothing moves while it loads,
//! and nothing is heavier than 150 KiB. The pages come with the headers and the compression of the real ones.

use super::journey::{BROWSER, scripts};
use super::node::{modules, node, prepared, run};
use axum::{
    Router,
    http::StatusCode,
    response::Html,
    routing::{any, get},
};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The pages at `/sample/{name}`, beside the assets that they name.
fn gallery() -> (Router, Vec<&'static str>) {
    let samples = console::sample::all().unwrap();
    let names = samples.iter().map(|sample| sample.name).collect();
    let pages = samples.into_iter().fold(Router::new(), |pages, sample| {
        // A page that goes on by itself would do so under the eyes of the test.
        let html = sample.html.replace("http-equiv=\"refresh\"", "name=\"refresh\"");
        pages.route(&format!("/sample/{}", sample.name), get(|| async { Html(html) }))
    });
    // What a page shows in a frame.
    let pages =
        pages.route("/console/{*frame}", any(|| async { Html("<!doctype html><title>frame</title>") }));
    let pages = pages.route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }));
    (console::sample::served(pages), names)
}

/// A page that asks for a part of itself loads what asks for it.
#[test]
fn a_page_that_asks_for_partials_loads_htmx() {
    let asking: Vec<_> =
        console::sample::all().unwrap().into_iter().filter(|page| page.html.contains("hx-get=")).collect();
    assert!(asking.iter().any(|page| page.name == "settings"), "the colour asks what becomes of it");
    for page in asking {
        assert!(page.html.contains("src=\"/assets/htmx"), "{}", page.name);
    }
}

#[tokio::test]
async fn every_page_is_open_to_everybody_and_light() {
    let Some((browser, modules)) = prepared(BROWSER, "Chromium").zip(modules()) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (pages, names) = gallery();
    let server = tokio::spawn(async { axum::serve(listener, pages).await });
    let home = TempDir::new().unwrap();
    let stage = json!({
        "browser": browser,
        "shots": Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery"),
        "samples": names
            .iter()
            .map(|name| json!({"name": name, "url": format!("http://{address}/sample/{name}")}))
            .collect::<Vec<_>>(),
    });
    let mut script = node(&modules);
    script.arg(scripts().join("run.js")).arg("gallery");
    script.env("HOME", home.path()).env("TMPDIR", home.path());
    let walked = run(&mut script, &stage).await;
    server.abort();
    eprintln!("{}", String::from_utf8_lossy(&walked.stdout));
    assert!(walked.status.success(), "{}", String::from_utf8_lossy(&walked.stderr));
}
