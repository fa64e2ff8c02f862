//! What runs in Node, with the npm packages of `crates/suite/node`; and the other programs that the menu of tasks looked for.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Where the menu of tasks has put the npm packages.
const MODULES: &str = "THRIVESTACK_TEST_NODE_MODULES";

/// The longest walk takes a fifth of it on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the menu of tasks has prepared; a test without it is skipped and says so, except where nothing may be left out.
#[expect(clippy::disallowed_methods, reason = "what the menu of tasks has prepared")]
pub fn prepared(variable: &str, what: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).filter(|path| !path.is_empty());
    if given.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI=true {variable} must be set");
        eprintln!("skipped: {variable} does not say where {what} is");
    }
    given.map(PathBuf::from)
}

/// The folder of the npm packages.
pub fn modules() -> Option<PathBuf> {
    prepared(MODULES, "the folder of the npm packages")
}

/// Python 3, for the code that the console gives to paste.
pub fn python() -> Option<PathBuf> {
    prepared("THRIVESTACK_TEST_PYTHON", "Python 3")
}

/// For the commands of the guide and of the console.
pub fn curl() -> Option<PathBuf> {
    prepared("THRIVESTACK_TEST_CURL", "curl")
}

/// The shell in which the guide's commands are run.
pub fn bash() -> Option<PathBuf> {
    prepared("THRIVESTACK_TEST_BASH", "bash")
}

/// Node with these packages within reach of `require`.
pub fn node(modules: &Path) -> Command {
    let mut node = Command::new("node");
    node.env("NODE_PATH", modules).kill_on_drop(true);
    node
}

/// Runs a script to its end; it reads `input` as JSON from standard input.
pub async fn run(node: &mut Command, input: &Value) -> Output {
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    ended.unwrap_or_else(|_| panic!("{node:?} did not end")).unwrap()
}
