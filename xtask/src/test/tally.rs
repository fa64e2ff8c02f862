//! Counting what the test runners say.

use std::fmt;

/// The sum over all runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds the counts of a closing line of `cargo nextest` or `cargo test`; other lines say nothing.
    pub(crate) fn read(&mut self, line: &str) {
        if !line.contains("Summary [") && !line.contains("test result:") {
            return;
        }
        let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches([',', ';'])).collect();
        for (index, word) in words.iter().enumerate().skip(1) {
            let Ok(count) = words[index - 1].parse::<u64>() else { continue };
            match *word {
                "passed" => self.passed += count,
                "failed" | "timed" => self.failed += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let mut tally = Tally::default();
        for line in [
            "     Summary [   1.287s] 22 tests run: 19 passed (2 slow), 2 failed, 1 timed out, 7 skipped",
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.45s",
            "     Summary [   0.1s] 1 test run: 1 passed, 0 skipped",
            "        PASS [   0.461s] (11/22) 400 passed",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "23 passed, 4 failed");
    }
}
