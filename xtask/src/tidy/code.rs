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

pub(super) fn check(files: &[File], report: &mut Report) {
    let mut vouching = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        // A file that cannot be read is a finding of the layout.
        let Ok(tokens) = file.tokens() else { continue };
        if find(tokens, &["vouched"]).any(|token| !token.in_test) {
            vouching.push(file.path.as_str());
        }
        report.findings.extend(check_file(file, tokens));
    }
    report.findings.extend(stale(table::VOUCHES, &vouching));
}

fn check_file(file: &File, tokens: &[Token]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |line: usize, what: String| found.push(Finding::new(format!("{}:{line}", file.path), what));
    for token in find(tokens, &["vouched"]).filter(|token| !token.in_test) {
        if !is_listed(table::VOUCHES, file) {
            add(token.line, "vouches for an environment without being in the table".to_owned());
        }
    }
    for token in find(tokens, &["unsafe"]) {
        if !is_listed(table::UNSAFE, file) {
            add(token.line, "unsafe code outside of the named modules".to_owned());
        }
    }
    for token in find(tokens, &["disallowed_methods"]) {
        if !table::AMBIENT.contains(&file.crate_name()) && !is_listed(table::DISALLOWED_METHODS, file) {
            add(
                token.line,
                "touches the real clock, randomness or environment without being in the table".to_owned(),
            );
        }
    }
    for sleep in [["thread", ":", ":", "sleep"], ["time", ":", ":", "sleep"]] {
        for token in find(tokens, &sleep).filter(|token| token.in_test) {
            if !is_listed(table::SLEEPS, file) {
                add(token.line, "a test sleeps: wait for the thing itself, or move the clock".to_owned());
            }
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

fn stale(places: &[Place], used: &[&str]) -> Vec<Finding> {
    let unused = places.iter().filter(|place| !used.contains(&place.path));
    unused.map(|place| Finding::new(place.path, "is in the table of those who vouch, but does not")).collect()
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
            ("crates/store/src/a.rs", "const A: &str = \"SELECT 1\";"),
            ("crates/api/src/a.rs", "/// SELECT 1\nfn a() {}"),
            ("crates/api/src/a.rs", "const A: &str = \"Select one\";"),
        ] {
            assert_eq!(findings(path, text), Vec::<String>::new(), "{text}");
        }
    }
}
