//! Where things are, and what cargo knows about them.

use crate::{Outcome, shell};
use cargo_metadata::{Metadata, MetadataCommand};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The repository's root: the folder above this crate.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in a folder of the repository")
}

/// The members alone; nothing is fetched.
pub(crate) fn metadata() -> Outcome<Metadata> {
    Ok(MetadataCommand::new().current_dir(root()).no_deps().exec()?)
}

/// A cargo command in the repository, with the cargo that started us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(arguments);
    command
}

/// Builds the program in the given profile (`dev` or `release`) and answers where it is. Features are
/// those of the whole workspace, as in every other command, so that nothing is built twice.
pub(crate) fn build_program(profile: &str) -> Outcome<PathBuf> {
    shell::run(&mut cargo(&["build", "--workspace", "--bin", "thrivestack", "--profile", profile]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let program = metadata()?.target_directory.into_std_path_buf().join(folder).join("thrivestack");
    if program.is_file() { Ok(program) } else { Err(format!("{} was not built", program.display()).into()) }
}

/// Builds an example in release and answers where it is.
pub(crate) fn build_example(package: &str, name: &str) -> Outcome<PathBuf> {
    shell::run(&mut cargo(&["build", "--workspace", "--example", name, "--release"]))?;
    let program = metadata()?.target_directory.into_std_path_buf().join("release/examples").join(name);
    if program.is_file() { Ok(program) } else { Err(format!("{name} of {package} was not built").into()) }
}

/// A folder under the target directory that survives between runs.
pub(crate) fn cache(name: &str) -> Outcome<PathBuf> {
    let folder = metadata()?.target_directory.into_std_path_buf().join("xtask").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Under `CI=true` nothing may be left out silently.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
