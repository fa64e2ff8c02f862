//! Which crate may know which: read from the manifests. What is allowed and nobody needs is found as well, so
//! that the table tells how things are.

use super::{
    Finding, Report,
    table::{CRATES, Crate, DRIVERS, Driver},
};
use cargo_metadata::{DependencyKind, Metadata, Package};

/// Who names whom in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arrow<'m> {
    from: &'m str,
    to: &'m str,
    in_tests: bool,
}

pub(super) fn check(metadata: &Metadata, report: &mut Report) {
    let packages = metadata.workspace_packages();
    let mut arrows = Vec::new();
    for package in &packages {
        check_lints(package, report);
        let drawn = package.dependencies.iter().map(|dependency| Arrow {
            from: package.name.as_str(),
            to: &dependency.name,
            in_tests: dependency.kind == DependencyKind::Development,
        });
        let drawn: Vec<_> = drawn.collect();
        let broken = drawn.iter().filter_map(|arrow| broken(arrow, CRATES, DRIVERS));
        report.findings.extend(broken.map(|what| Finding::new(package.manifest_path.as_str(), what)));
        arrows.extend(drawn);
    }
    for package in packages.iter().filter(|package| !CRATES.iter().any(|known| known.name == *package.name)) {
        report
            .findings
            .push(Finding::new(package.name.as_str(), "a new crate needs a line in the table of arrows"));
    }
    let unneeded = unneeded(&arrows, CRATES, DRIVERS);
    report.findings.extend(unneeded.into_iter().map(|what| Finding::new("the table of arrows", what)));
}

/// Why a manifest may not say this.
fn broken(arrow: &Arrow<'_>, crates: &[Crate], drivers: &[Driver]) -> Option<String> {
    let Arrow { from, to, in_tests } = *arrow;
    if let Some(driver) = drivers.iter().find(|driver| driver.name == to) {
        let allowed = driver.crates.contains(&from);
        return (!allowed).then(|| format!("{from} may not name {to}: {}", driver.reason));
    }
    let known = crates.iter().find(|known| known.name == from)?;
    let ours = crates.iter().any(|known| known.name == to);
    let allowed = known.arrows.contains(&to) || (in_tests && known.in_tests.contains(&to));
    (ours && !allowed).then(|| format!("the arrow {from} → {to} is not in the table"))
}

/// What the table allows and no manifest says.
fn unneeded(arrows: &[Arrow<'_>], crates: &[Crate], drivers: &[Driver]) -> Vec<String> {
    let drawn = |from: &str, to: &str, in_tests: Option<bool>| {
        arrows.iter().any(|arrow| {
            arrow.from == from && arrow.to == to && in_tests.is_none_or(|wanted| arrow.in_tests == wanted)
        })
    };
    let mut found = Vec::new();
    for known in crates {
        let (code, tests) =
            (known.arrows.iter().map(|to| (to, false)), known.in_tests.iter().map(|to| (to, true)));
        let unused = code.chain(tests).filter(|(to, in_tests)| !drawn(known.name, to, Some(*in_tests)));
        found.extend(unused.map(|(to, _)| format!("nobody needs the arrow {} → {to}", known.name)));
    }
    for driver in drivers {
        let unused = driver.crates.iter().filter(|from| !drawn(from, driver.name, None));
        found.extend(unused.map(|from| format!("{from} may name {}, and does not", driver.name)));
    }
    found
}

fn check_lints(package: &Package, report: &mut Report) {
    let manifest = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
    if !manifest.contains("[lints]\nworkspace = true") {
        report
            .findings
            .push(Finding::new(package.manifest_path.as_str(), "takes no part in the workspace's lints"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: &[Crate] = &[
        Crate { name: "low", holds: "", arrows: &[], in_tests: &["kit"] },
        Crate { name: "kit", holds: "", arrows: &[], in_tests: &[] },
        Crate { name: "high", holds: "", arrows: &["low"], in_tests: &[] },
    ];
    const DRIVER: &[Driver] = &[Driver { name: "engine", crates: &["low"], reason: "it has a home" }];

    const fn arrow<'m>(from: &'m str, to: &'m str, in_tests: bool) -> Arrow<'m> {
        Arrow { from, to, in_tests }
    }

    #[test]
    fn only_what_the_table_says_may_be_named() {
        for (arrow, expected) in [
            (arrow("high", "low", false), None),
            (arrow("low", "kit", true), None),
            (arrow("low", "engine", false), None),
            (arrow("high", "serde", false), None),
            (arrow("low", "kit", false), Some("low → kit is not in the table")),
            (arrow("low", "high", false), Some("low → high is not in the table")),
            (arrow("high", "engine", true), Some("it has a home")),
        ] {
            let found = broken(&arrow, HOUSE, DRIVER);
            let is_expected = |found: &String| expected.is_some_and(|expected| found.contains(expected));
            assert_eq!(found.is_some(), expected.is_some(), "{arrow:?}: {found:?}");
            assert!(found.iter().all(is_expected), "{arrow:?}: {found:?}");
        }
    }

    #[test]
    fn what_the_table_allows_in_vain_is_found() {
        let all = [arrow("low", "kit", true), arrow("high", "low", false), arrow("low", "engine", false)];
        assert_eq!(unneeded(&all, HOUSE, DRIVER), Vec::<String>::new());
        let found = unneeded(&[arrow("low", "kit", false)], HOUSE, DRIVER);
        assert_eq!(
            found,
            [
                "nobody needs the arrow low → kit",
                "nobody needs the arrow high → low",
                "low may name engine, and does not"
            ]
        );
    }
}
