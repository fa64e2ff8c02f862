//! `cargo xtask gen`: files that are derived from the code. A test notices when one is stale.

use crate::{Outcome, shell, tidy, workspace};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// One derived file.
struct Derived {
    path: &'static str,
    source: Source,
}

enum Source {
    /// Made here.
    Text(fn() -> String),
    /// Printed by the program.
    Program(&'static [&'static str]),
}

const DERIVED: &[Derived] = &[
    Derived { path: "docs/reference/crates.md", source: Source::Text(tidy::reference) },
    Derived { path: "docs/reference/configuration.md", source: Source::Program(&["config", "--reference"]) },
];

/// The program is built after the files that need none are written, so that those can be had while it does
/// not build.
pub(crate) fn run() -> Outcome {
    let (own, of_program): (Vec<_>, Vec<_>) =
        DERIVED.iter().partition(|derived| matches!(derived.source, Source::Text(_)));
    for derived in own {
        derived.write(Path::new(""))?;
    }
    let program = workspace::build_program("dev")?;
    of_program.into_iter().try_for_each(|derived| derived.write(&program))
}

impl Derived {
    fn path(&self) -> PathBuf {
        workspace::root().join(self.path)
    }

    fn write(&self, program: &Path) -> Outcome {
        let (path, text) = (self.path(), self.text(program)?);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        std::fs::create_dir_all(path.parent().unwrap_or(workspace::root()))?;
        std::fs::write(&path, text)?;
        println!("wrote {}", self.path);
        Ok(())
    }

    /// `program` is not looked at where the text is made here.
    fn text(&self, program: &Path) -> Outcome<String> {
        match self.source {
            Source::Text(make) => Ok(make()),
            Source::Program(arguments) => shell::output(Command::new(program).args(arguments)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program's own files are compared where `cargo xtask test` has built it.
    #[test]
    fn derived_files_are_not_stale() {
        let program = std::env::var_os("THRIVESTACK_BIN").map(PathBuf::from);
        assert!(program.is_some() || !workspace::is_ci(), "under CI=true, THRIVESTACK_BIN must be set");
        for derived in DERIVED {
            let text = match (&derived.source, &program) {
                (Source::Program(_), None) => continue,
                (_, program) => derived.text(program.as_deref().unwrap_or(Path::new(""))).unwrap(),
            };
            let written = std::fs::read_to_string(derived.path()).unwrap_or_default();
            assert!(written == text, "{} is stale: run `cargo xtask gen`", derived.path);
        }
    }
}
