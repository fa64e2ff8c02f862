//! The npm packages that the tests use: the official Standard Webhooks library, which verifies what we send.

use crate::{Outcome, shell, workspace};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const PACKAGES: [(&str, &str); 1] = [("standardwebhooks", "1.1.1")];

/// Answers the `node_modules` folder. What is there already is kept.
pub(crate) fn install() -> Outcome<PathBuf> {
    for program in ["node", "npm"] {
        shell::find(program).ok_or_else(|| format!("no {program} on the PATH"))?;
    }
    let folder = workspace::cache("npm")?;
    let modules = folder.join("node_modules");
    if PACKAGES.iter().all(|(name, version)| is_installed(&modules, name, version)) {
        return Ok(modules);
    }
    let wanted = PACKAGES.map(|(name, version)| format!("{name}@{version}"));
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&folder)
        .args(wanted);
    shell::output(npm.current_dir(&folder))?;
    Ok(modules)
}

fn is_installed(modules: &Path, name: &str, version: &str) -> bool {
    let manifest = std::fs::read_to_string(modules.join(name).join("package.json")).unwrap_or_default();
    manifest.contains(&format!("\"version\": \"{version}\""))
}
