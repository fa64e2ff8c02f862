//! The npm packages that the tests use: the official Standard Webhooks library, which verifies what we send, and the
//! driver of the browser. `crates/suite/node` names them, with the checksum of each.

use crate::{Outcome, shell, workspace};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
/// The lock file of what is installed, written when all of it is.
const INSTALLED: &str = "installed.json";

/// Answers the `node_modules` folder. What is there already is kept while the lock file stays as it is.
pub(crate) fn install() -> Outcome<PathBuf> {
    for program in ["node", "npm"] {
        shell::find(program).ok_or_else(|| format!("no {program} on the PATH"))?;
    }
    let (source, folder) = (workspace::root().join("crates/suite/node"), workspace::cache("npm")?);
    let modules = folder.join("node_modules");
    let wanted = fs::read(source.join(LOCK))?;
    if modules.is_dir() && fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(modules);
    }
    install_into(&folder, &source)?;
    fs::write(folder.join(INSTALLED), wanted)?;
    Ok(modules)
}

fn install_into(folder: &Path, source: &Path) -> Outcome {
    for name in [MANIFEST, LOCK] {
        fs::copy(source.join(name), folder.join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    shell::output(npm.current_dir(folder))?;
    Ok(())
}
