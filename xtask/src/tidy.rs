//! `cargo xtask tidy`: the rules of the house that no compiler knows, as one list of findings. It is a test
//! as well, so `cargo xtask test` cannot pass without it.
//!
//! What is allowed stands in [`table`], each entry with its reason; the rules stand beside it:
//! [`arrows`] reads the manifests, [`unused`] compares them with the code, [`code`] reads the tokens of each Rust
//! file, [`layout`] where tests are and how long files grow, [`words`] every text, [`vendored`] the files of others.

mod arrows;
mod code;
mod layout;
mod source;
mod table;
mod unused;
mod vendored;
mod words;

use crate::{Outcome, workspace};
use std::fmt;

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    place: String,
    what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What was found, and what is only worth a look.
#[derive(Debug, Default)]
struct Report {
    findings: Vec<Finding>,
    notes: Vec<Finding>,
}

pub(crate) fn run() -> Outcome {
    let report = check()?;
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    for finding in &report.findings {
        eprintln!("tidy: {finding}");
    }
    match report.findings.len() {
        0 => {
            eprintln!("tidy: nothing found");
            Ok(())
        }
        count => Err(format!("tidy: {count} findings").into()),
    }
}

fn check() -> Outcome<Report> {
    let metadata = workspace::metadata()?;
    let files = source::files(workspace::root())?;
    let mut report = Report::default();
    arrows::check(&metadata, &mut report);
    unused::check(&metadata, &files, &mut report);
    layout::check(&metadata, &files, &mut report);
    code::check(&files, &mut report);
    words::check(&files, &mut report);
    vendored::check(&files, &mut report);
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

/// `docs/reference/crates.md`: the table, for people.
pub(crate) fn reference() -> String {
    table::reference()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let report = check().unwrap();
        let found: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }
}
