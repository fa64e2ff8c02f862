//! What people do, in a real browser: Chromium, driven by the scripts in `crates/suite/node/browser`, meets the demo of
//! the program. A new journey is a new file in `browser/journey`.

use super::binary::command;
use super::node::{modules, node, prepared, run};
use super::process::demo::{DEMO, started};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// Where the menu of tasks has found a Chromium.
pub const BROWSER: &str = "THRIVESTACK_TEST_BROWSER";

pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node/browser")
}

/// The names of all journeys.
fn journeys() -> Vec<String> {
    let files = std::fs::read_dir(scripts().join("journey")).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// On a demo of its own. Whatever the browser leaves lies in a folder that goes away; the pictures stay.
async fn walk(name: &str, browser: &Path, modules: &Path) -> Output {
    let home = TempDir::new().unwrap();
    let (data, profile) = (TempDir::new_in(&home).unwrap(), TempDir::new_in(&home).unwrap());
    let (mut demo, api) = started(command(data.path(), &DEMO), data.path()).await;
    let printed = demo.text();
    let mut urls = printed.lines().map(str::trim).filter(|line| line.starts_with("http"));
    let stage = json!({
        "browser": browser,
        "shots": Path::new(env!("CARGO_TARGET_TMPDIR")).join("journey").join(name),
        "acme": urls.next().expect("Acme's address"),
        "console": urls.next().expect("the one-time link"),
        "api": api,
    });
    let mut script = node(modules);
    script.arg(scripts().join("run.js")).arg(format!("journey/{name}"));
    script.env("HOME", profile.path()).env("TMPDIR", profile.path());
    let walked = run(&mut script, &stage).await;
    assert_eq!(demo.terminate().await.code(), Some(0), "{}", demo.text());
    walked
}

#[tokio::test]
async fn every_journey_arrives_and_the_browser_complains_of_nothing() {
    let Some((browser, modules)) = prepared(BROWSER, "Chromium").zip(modules()) else { return };
    let names = journeys();
    assert!(names.iter().any(|name| name == "signup"), "{names:?}");
    let mut failed = Vec::new();
    for name in names {
        let walked = walk(&name, &browser, &modules).await;
        eprintln!("journey {name}\n{}", String::from_utf8_lossy(&walked.stdout));
        if !walked.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&walked.stderr));
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}; see above");
}
