//! Where tests are, how many binaries they make, and how long files grow.

use super::{
    Finding, Report,
    source::{File, Token},
};
use cargo_metadata::{Metadata, Package};
use std::collections::BTreeSet;

/// Each test binary is linked again for every change.
const TEST_BINARIES_MAX: usize = 12;
const LINES_WORTH_A_LOOK: usize = 600;
const LINES_MAX: usize = 900;

pub(super) fn check(metadata: &Metadata, files: &[File], report: &mut Report) {
    count_test_binaries(metadata, report);
    let packages = metadata.workspace_packages();
    let dead =
        packages.iter().filter(|package| !tests_its_source(package)).map(|package| package.name.as_str());
    let dead: BTreeSet<&str> = dead.collect();
    for file in files.iter().filter(|file| file.is_rust()) {
        match file.tokens() {
            Ok(tokens) => check_file(file, tokens, &dead, report),
            Err(fault) => report.findings.push(Finding::new(&file.path, format!("cannot be read: {fault}"))),
        }
    }
}

fn count_test_binaries(metadata: &Metadata, report: &mut Report) {
    let packages = metadata.workspace_packages();
    let targets = packages.iter().flat_map(|package| package.targets.iter().filter(|target| target.test));
    let count = targets.count();
    if count > TEST_BINARIES_MAX {
        let what =
            format!("{count} test binaries, at most {TEST_BINARIES_MAX}: put the tests into one that exists");
        report.findings.push(Finding::new("Cargo.toml", what));
    }
}

/// Whether tests in `src/` would run.
fn tests_its_source(package: &Package) -> bool {
    package.targets.iter().any(|target| target.test && !target.is_test())
}

fn check_file(file: &File, tokens: &[Token], dead: &BTreeSet<&str>, report: &mut Report) {
    let in_src = file.path.contains("/src/");
    if in_src && dead.contains(file.crate_name()) {
        for line in test_attributes(tokens) {
            let what = "a test here never runs: this crate is tested from outside (`test = false`)";
            report.findings.push(Finding::new(format!("{}:{line}", file.path), what));
        }
    }
    let length = own_lines(file, tokens);
    let what = format!("{length} lines without tests: look for the seam");
    if length > LINES_MAX {
        report.findings.push(Finding::new(&file.path, what));
    } else if length > LINES_WORTH_A_LOOK {
        report.notes.push(Finding::new(&file.path, what));
    }
}

/// Lines of `#[test]`, `#[tokio::test]` and the like.
fn test_attributes(tokens: &[Token]) -> Vec<usize> {
    let is_attribute = |window: &[Token]| {
        let end = window.iter().position(|token| matches!(token.text.as_str(), "]" | "("));
        window[0].text == "#"
            && window[1].text == "["
            && end.is_some_and(|end| window[end - 1].text == "test")
    };
    let starts = tokens.windows(8).filter(|window| is_attribute(window));
    starts.map(|window| window[0].line).collect()
}

/// The lines of a file without the items under `#[cfg(test)]`; a test file counts whole.
fn own_lines(file: &File, tokens: &[Token]) -> usize {
    let all = file.text.lines().count();
    if file.is_test() {
        return all;
    }
    let first_test = tokens.iter().find(|token| token.in_test).map(|token| token.line);
    let last_own = tokens.iter().rfind(|token| !token.in_test).map_or(0, |token| token.line);
    match first_test {
        Some(line) if line > last_own => line.saturating_sub(1),
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::new("crates/app/src/x.rs", text.to_owned())
    }

    #[test]
    fn test_attributes_of_all_kinds_are_found() {
        let text = "#[test]\nfn a() {}\n#[tokio::test]\nfn b() {}\n#[tokio::test(start_paused = true)]\nfn c() {}\n\
                    #[doc = \"test\"]\nfn d() {}\n#[cfg(feature = \"x\")]\nfn test() {}";
        assert_eq!(test_attributes(file(text).tokens().unwrap()), [1, 3, 5]);
    }

    #[test]
    fn tests_at_the_end_do_not_make_a_file_long() {
        let with = file("fn a() {}\n\n#[cfg(test)]\nmod tests {\n fn b() {}\n fn c() {}\n}\n");
        assert_eq!(own_lines(&with, with.tokens().unwrap()), 3);
    }
}
