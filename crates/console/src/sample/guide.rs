//! The guide: a page with tables and code, and what a search says.

use super::{Page, page};
use crate::guide;

pub(super) fn pages() -> Vec<Page> {
    let shown = ["", "webhook", "errors"].map(guide::view);
    let names = ["guide", "guide-webhook", "guide-errors"];
    let pages = names.into_iter().zip(shown).filter_map(|(name, view)| Some(page(name, &view?)));
    let searches = [
        ("guide-search", guide::results("acknowledge tenant")),
        ("guide-search-none", guide::results("a word of sixty characters that nobody would ever write down")),
        ("guide-search-empty", guide::results("")),
        ("guide-missed", guide::missed()),
    ];
    pages.chain(searches.iter().map(|(name, view)| page(name, view))).collect()
}
