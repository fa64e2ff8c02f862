//! What all lists share: how they are opened, and the words and links below them.

use crate::{failure::Failure, path, words::count};
use kernel::Category;
use serde::Deserialize;
use std::{error::Error, str::FromStr};

/// Rows of one page.
pub(super) const ROWS: usize = 50;

/// How a list is opened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    /// What the list of runs is filtered by.
    #[serde(default)]
    pub state: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
    /// How many rows stand before this page, for "Rows 51–100 of".
    #[serde(default)]
    from: u64,
}

impl Wanted {
    /// What is searched for; empty where nothing is.
    pub(super) fn search(&self) -> String {
        self.q.trim().chars().filter(|c| *c != '\0').take(200).collect()
    }

    /// Behind which row the page begins.
    pub(super) fn after<P>(&self) -> Result<Option<P>, Failure>
    where
        P: FromStr<Err: Error + Send + Sync + 'static>,
    {
        let after = (!self.after.is_empty()).then(|| self.after.parse()).transpose();
        after.map_err(|fault| Failure::of(Category::Invalid, fault))
    }

    /// What stands below `rows` rows of `total`; the next page comes after `next`.
    pub(super) fn pages(&self, list: &str, rows: usize, total: u64, next: Option<String>) -> Pages {
        let rows = rows as u64;
        // It comes from the address: at most what there is.
        let before = self.from.min(total.saturating_sub(rows));
        let to = before + rows;
        let search = self.search();
        let link = |after: &str, from: &str| {
            path::with(list, &[("state", &self.state), ("q", &search), ("after", after), ("from", from)])
        };
        Pages {
            shown: format!("Rows {}–{} of {}", count(before + 1), count(to), count(total)),
            first: (before > 0).then(|| link("", "")),
            next: next.map(|after| link(&after, &to.to_string())),
        }
    }
}

/// Which rows of how many a page shows, and the ways on.
pub(super) struct Pages {
    pub shown: String,
    pub first: Option<String>,
    pub next: Option<String>,
}
