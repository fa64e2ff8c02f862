//! The browser in which the journeys of the suite are walked.

use crate::{Outcome, shell};
use std::path::PathBuf;

/// What Chromium is called by Debian, by others, and by its maker.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(crate) fn find() -> Outcome<PathBuf> {
    let found = NAMES.iter().find_map(|name| shell::find(name));
    found.ok_or_else(|| format!("none of {} is on the PATH", NAMES.join(", ")).into())
}
