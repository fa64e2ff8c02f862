//! Dependencies that no file of their crate names, and entries of the workspace that no crate takes.

use super::{
    Finding, Report,
    source::{File, Token},
};
use cargo_metadata::{Dependency, DependencyKind, Metadata, Package};
use std::collections::BTreeSet;

pub(super) fn check(metadata: &Metadata, files: &[File], report: &mut Report) {
    let packages = metadata.workspace_packages();
    for package in &packages {
        check_package(package, files, report);
    }
    let dependencies = packages.iter().flat_map(|package| &package.dependencies);
    let taken: BTreeSet<&str> = dependencies.map(|dependency| dependency.name.as_str()).collect();
    let root = files.iter().find(|file| file.path == "Cargo.toml").map_or("", |file| file.text.as_str());
    for name in workspace_entries(root).filter(|name| !taken.contains(name)) {
        report.findings.push(Finding::new("Cargo.toml", format!("no crate takes the dependency {name}")));
    }
}

fn check_package(package: &Package, files: &[File], report: &mut Report) {
    let own = || files.iter().filter(|file| file.is_rust() && file.crate_name() == package.name.as_str());
    let everywhere = named(own());
    let in_code = named(own().filter(|file| file.path.contains("/src/")));
    for dependency in &package.dependencies {
        let (named, place) = match dependency.kind {
            DependencyKind::Development => (&everywhere, "no file of the crate names it"),
            _ => (&in_code, "no file in src/ names it"),
        };
        if !named.contains(crate_name(dependency).as_str()) {
            let what = format!("the dependency {} is unused: {place}", dependency.name);
            report.findings.push(Finding::new(package.manifest_path.as_str(), what));
        }
    }
}

/// The names under `[workspace.dependencies]`, one a line.
fn workspace_entries(manifest: &str) -> impl Iterator<Item = &str> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
}

/// As code writes it.
fn crate_name(dependency: &Dependency) -> String {
    dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_")
}

/// What paths in these files begin with.
fn named<'f>(files: impl Iterator<Item = &'f File>) -> BTreeSet<&'f str> {
    files.filter_map(|file| file.tokens().ok()).flat_map(first_segments).collect()
}

/// `a` of `a::b::c`. Derives and attributes need no look: what they are from is imported by a path.
fn first_segments(tokens: &[Token]) -> impl Iterator<Item = &str> {
    let is = |index: usize, text: &str| tokens.get(index).is_some_and(|token| token.text == text);
    tokens.iter().enumerate().filter_map(move |(index, token)| {
        let leads_on = is(index + 1, ":") && is(index + 2, ":");
        let follows = index >= 2 && is(index - 1, ":") && is(index - 2, ":");
        (leads_on && !follows).then_some(token.text.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspaces_entries_are_its_dependencies_alone() {
        let manifest = "[workspace]\nresolver = \"3\"\n\n[workspace.dependencies]\n# ours\nkernel = { path = \"x\" }\n\
                        \nserde = \"1\"\n\n[profile.dev]\ndebug = 1\n";
        assert_eq!(workspace_entries(manifest).collect::<Vec<_>>(), ["kernel", "serde"]);
    }

    #[test]
    fn a_crate_is_named_by_what_begins_a_path() {
        let text = "//! other::doc\nuse serde::Serialize;\nuse crate::http::serve;\nuse {hyper_util::rt, bytes::Bytes};\n\
                    #[tokio::test]\nasync fn a(http: u8) { check! { axum::b(c::<sha2::Sha256>()) } }";
        let file = File::new("crates/app/src/x.rs", text.to_owned());
        let found = named([&file].into_iter());
        assert_eq!(
            found,
            BTreeSet::from(["serde", "crate", "hyper_util", "bytes", "tokio", "axum", "c", "sha2"])
        );
    }
}
