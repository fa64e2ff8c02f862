//! What code may do only in named places.

use super::{
    Finding, Report,
    source::{File, Token, find},
    table::{self, Place},
};

/// How SQL texts begin.
const SQL_STARTS: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "WITH ",
];

/// Something that only named places may do.
struct Rule {
    places: &'static [Place],
    /// The lines where a file does it.
    lines: fn(&File, &[Token]) -> Vec<usize>,
    what: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        places: table::VOUCHES,
        lines: |_, tokens| lines(find(tokens, &["vouched"]).filter(|token| !token.in_test)),
        what: "vouches for an environment without being in the table",
    },
    Rule {
        places: table::UNSAFE,
        lines: |_, tokens| lines(find(tokens, &["unsafe"])),
        what: "unsafe code outside of the named modules",
    },
    Rule {
        places: table::DISALLOWED_METHODS,
        lines: touches_the_world,
        what: "touches the real clock, randomness or environment without being in the table",
    },
    Rule {
        places: table::SLEEPS,
        lines: |_, tokens| sleeps(tokens),
        what: "a test sleeps: wait for the thing itself, or move the clock",
    },
];

pub(super) fn check(files: &[File], report: &mut Report) {
    // A file that cannot be read is a finding of the layout.
    let readable: Vec<_> = files
        .iter()
        .filter(|file| file.is_rust())
        .filter_map(|file| Some((file, file.tokens().ok()?)))
        .collect();
    for (file, tokens) in &readable {
        report.findings.extend(check_file(file, tokens));
    }
    for rule in RULES {
        let needed = |place: &&Place| {
            readable
                .iter()
                .any(|(file, tokens)| file.path == place.path && !(rule.lines)(file, tokens).is_empty())
        };
        let unneeded = rule.places.iter().filter(|place| !needed(place));
        let finding = |place: &Place| {
            Finding::new(place.path, "is in the table in vain: it does not need what it may do")
        };
        report.findings.extend(unneeded.map(finding));
    }
}

fn check_file(file: &File, tokens: &[Token]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |line: usize, what: String| found.push(Finding::new(format!("{}:{line}", file.path), what));
    for rule in RULES.iter().filter(|rule| !is_listed(rule.places, file)) {
        for line in (rule.lines)(file, tokens) {
            add(line, rule.what.to_owned());
        }
    }
    for unfinished in ["todo", "unimplemented"] {
        for token in find(tokens, &[unfinished, "!", "("]) {
            add(token.line, format!("{unfinished}! is not an answer"));
        }
    }
    for token in find(tokens, &["#", "[", "ignore"]) {
        add(token.line, "an ignored test: if behaviour is wrong today, assert it and say so".to_owned());
    }
    if !table::SQL.contains(&file.crate_name()) {
        for line in sql_texts(tokens) {
            add(line, "SQL text outside of the crates of the state database".to_owned());
        }
    }
    found
}

fn is_listed(places: &[Place], file: &File) -> bool {
    places.iter().any(|place| place.path == file.path)
}

/// The lines of these tokens, each once.
fn lines<'t>(tokens: impl Iterator<Item = &'t Token>) -> Vec<usize> {
    let mut lines: Vec<usize> = tokens.map(|token| token.line).collect();
    lines.dedup();
    lines
}

/// Clippy finds the calls themselves; whoever makes one has to name its lint.
fn touches_the_world(file: &File, tokens: &[Token]) -> Vec<usize> {
    let may = table::AMBIENT.contains(&file.crate_name());
    if may { Vec::new() } else { lines(find(tokens, &["disallowed_methods"])) }
}

/// Where a test sleeps or imports what sleeps, under whatever name. A method or a function of its own that is called so
/// is another thing.
fn sleeps(tokens: &[Token]) -> Vec<usize> {
    let sleeps = tokens.iter().enumerate().filter(|(index, token)| {
        let before = index.checked_sub(1).map_or("", |before| tokens[before].text.as_str());
        token.in_test
            && matches!(token.text.as_str(), "sleep" | "sleep_until")
            && !matches!(before, "." | "fn")
    });
    lines(sleeps.map(|(_, token)| token))
}

/// Lines of string literals that are SQL; documentation is not.
fn sql_texts(tokens: &[Token]) -> Vec<usize> {
    let is_sql = |text: &str| {
        let quoted = text.trim_start_matches(['b', 'r', '#']);
        let Some(inner) = quoted.strip_prefix('"') else { return false };
        let inner = inner.trim_start_matches(['\\', '\n', ' ', '\t']);
        SQL_STARTS.iter().any(|start| inner.starts_with(start))
    };
    let is_doc =
        |index: usize| index >= 2 && tokens[index - 2].text == "doc" && tokens[index - 1].text == "=";
    let found = tokens.iter().enumerate().filter(|(index, token)| is_sql(&token.text) && !is_doc(*index));
    found.map(|(_, token)| token.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = File::new(path, text.to_owned());
        check_file(&file, file.tokens().unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_rule_finds_its_breach() {
        for (path, text, expected) in [
            ("crates/api/src/a.rs", "fn a() { Env::vouched(id) }", "vouches"),
            ("crates/api/src/a.rs", "fn a() { unsafe { b() } }", "unsafe"),
            ("crates/api/src/a.rs", "#[expect(clippy::disallowed_methods)] fn a() {}", "real clock"),
            ("crates/api/tests/a.rs", "fn a() { std::thread::sleep(b) }", "sleeps"),
            ("crates/suite/tests/it/a.rs", "fn a() { tokio::time::sleep(b).await }", "sleeps"),
            (
                "crates/suite/tests/it/a.rs",
                "use tokio::time::{sleep, timeout}; fn a() { sleep(b) }",
                "sleeps",
            ),
            ("crates/suite/tests/it/a.rs", "use std::thread::sleep as nap;", "sleeps"),
            ("crates/api/src/a.rs", "fn a() { to\u{64}o!() }", "is not an answer"),
            ("crates/api/tests/a.rs", "#[test] #[ignore = \"x\"] fn a() {}", "ignored"),
            ("crates/app/src/a.rs", "const A: &str = \"\\\n  SELECT 1\";", "SQL text"),
            ("crates/app/src/a.rs", "const A: &str = r#\"DELETE FROM t\"#;", "SQL text"),
        ] {
            let found = findings(path, text);
            assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_allowed_is_not_found() {
        for (path, text) in [
            ("crates/api/src/a.rs", "#[cfg(test)] mod tests { fn a() { Env::vouched(id) } }"),
            ("crates/app/src/caller.rs", "fn a() { Env::vouched(id) }"),
            ("crates/server/src/a.rs", "#[expect(clippy::disallowed_methods)] fn a() {}"),
            ("crates/outbound/src/a.rs", "async fn a() { tokio::time::sleep(b).await }"),
            ("crates/outbound/tests/a.rs", "fn a(clock: TestClock) { clock.sleep(b) }"),
            ("crates/store/src/a.rs", "const A: &str = \"SELECT 1\";"),
            ("crates/api/src/a.rs", "/// SELECT 1\nfn a() {}"),
            ("crates/api/src/a.rs", "const A: &str = \"Select one\";"),
        ] {
            assert_eq!(findings(path, text), Vec::<String>::new(), "{text}");
        }
    }
}
