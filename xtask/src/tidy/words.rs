//! What no text of the repository may say: paths of one machine, and names of files that are not in it.

use super::{Finding, Report, source::File};

/// Spelled in pieces, so that this file does not contain them.
const WORDS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("../sha", "red"),
    concat!("house", ".md"),
    concat!("lanes", ".md"),
    concat!("style", ".md"),
];

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            for word in WORDS.iter().filter(|word| line.contains(*word)) {
                let place = format!("{}:{}", file.path, index + 1);
                report
                    .findings
                    .push(Finding::new(place, format!("says {word:?}, which means nothing elsewhere")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("fine\nsee {}x\n", WORDS[0]);
        let mut report = Report::default();
        check(&[File::new("README.md", text)], &mut report);
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].place, "README.md:2");
    }
}
