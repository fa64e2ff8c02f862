//! Files of others: each folder under a `vendor/` brings its licence and is named in `LICENSES.md`.

use super::{Finding, Report, source::File};
use std::collections::BTreeSet;

const LIST: &str = "LICENSES.md";

pub(super) fn check(files: &[File], report: &mut Report) {
    let list = files.iter().find(|file| file.path == LIST).map_or("", |file| file.text.as_str());
    for folder in files.iter().filter_map(folder_of).collect::<BTreeSet<_>>() {
        if !files.iter().any(|file| file.path == format!("{folder}/LICENSE")) {
            report.findings.push(Finding::new(&folder, "files of others without their LICENSE"));
        }
        if !list.contains(&format!("`{folder}`")) {
            report.findings.push(Finding::new(&folder, format!("files of others that {LIST} does not name")));
        }
    }
}

/// The folder of one vendored thing: what follows `vendor/`.
fn folder_of(file: &File) -> Option<String> {
    let start = file.path.find("/vendor/")? + "/vendor/".len();
    let end = start + file.path[start..].find('/')?;
    Some(file.path[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[(&str, &str)]) -> usize {
        let files: Vec<_> = paths.iter().map(|(path, text)| File::new(path, (*text).to_owned())).collect();
        let mut report = Report::default();
        check(&files, &mut report);
        report.findings.len()
    }

    #[test]
    fn a_vendored_folder_brings_its_licence_and_is_listed() {
        let (script, licence) = ("crates/a/vendor/htmx/htmx.js", "crates/a/vendor/htmx/LICENSE");
        assert_eq!(found(&[(script, ""), (licence, ""), (LIST, "| `crates/a/vendor/htmx` |")]), 0);
        assert_eq!(found(&[(script, ""), (licence, "")]), 1);
        assert_eq!(found(&[(script, "")]), 2);
        assert_eq!(found(&[("crates/a/src/lib.rs", "")]), 0);
    }
}
