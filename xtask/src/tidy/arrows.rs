//! Which crate may know which: read from the manifests.

use super::{
    Finding, Report,
    table::{CRATES, Crate, DRIVERS},
};
use cargo_metadata::{Dependency, DependencyKind, Metadata, Package};

pub(super) fn check(metadata: &Metadata, report: &mut Report) {
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some(known) = CRATES.iter().find(|known| known.name == name) else {
            report.findings.push(Finding::new(name, "a new crate needs a line in the table of arrows"));
            continue;
        };
        check_lints(package, report);
        for dependency in &package.dependencies {
            let broken = broken_arrow(known, dependency).or_else(|| broken_driver(name, &dependency.name));
            report.findings.extend(broken.map(|what| Finding::new(package.manifest_path.as_str(), what)));
        }
    }
}

fn broken_arrow(from: &Crate, to: &Dependency) -> Option<String> {
    let ours = CRATES.iter().any(|known| known.name == to.name);
    let in_tests = to.kind == DependencyKind::Development;
    let allowed =
        from.arrows.contains(&to.name.as_str()) || (in_tests && from.in_tests.contains(&to.name.as_str()));
    (ours && !allowed).then(|| format!("the arrow {} → {} is not in the table", from.name, to.name))
}

fn broken_driver(from: &str, to: &str) -> Option<String> {
    let driver = DRIVERS.iter().find(|driver| driver.name == to)?;
    (!driver.crates.contains(&from)).then(|| format!("{from} may not name {to}: {}", driver.reason))
}

fn check_lints(package: &Package, report: &mut Report) {
    let manifest = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
    if !manifest.contains("[lints]\nworkspace = true") {
        report
            .findings
            .push(Finding::new(package.manifest_path.as_str(), "takes no part in the workspace's lints"));
    }
}
