//! The pages of the guide, in their order.

use super::markdown::{self, Section};
use crate::{
    path,
    view::guide::{Group, Heading, Item},
};
use std::sync::LazyLock;

struct Source {
    /// Relative to `docs`.
    file: &'static str,
    text: &'static str,
}

macro_rules! sources {
    ($($group:literal: $($file:literal),+;)+) => {
        /// Groups of the contents, with the files of each.
        const SOURCES: &[(&str, &[Source])] = &[$(($group, &[$(Source {
            file: $file,
            text: include_str!(concat!("../../../../docs/", $file)),
        }),+])),+];
    };
}

sources! {
    "Begin": "README.md", "quick-start.md", "concepts.md";
    "Connect your app": "trigger.md", "webhook.md", "hand-over.md", "telemetry.md", "keys.md";
    "Run it": "console.md", "operate.md", "reference/configuration.md", "errors.md";
}

/// One rendered page.
#[derive(Debug)]
pub(super) struct Page {
    pub file: &'static str,
    /// The last segment of its address; empty for the first page.
    pub name: &'static str,
    pub title: String,
    pub html: String,
    pub headings: Vec<Heading>,
    pub sections: Vec<Section>,
}

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let sources = SOURCES.iter().flat_map(|(_, sources)| sources.iter());
    sources
        .map(|source| {
            let rendered = markdown::render(source.text, |target| link(source.file, target));
            Page {
                file: source.file,
                name: name(source.file),
                title: rendered.title,
                html: rendered.html,
                headings: rendered.headings,
                sections: rendered.sections,
            }
        })
        .collect()
});

pub(super) fn pages() -> &'static [Page] {
    &PAGES
}

/// The contents, with the page that one is on.
pub(super) fn groups(current: &str) -> Vec<Group> {
    let item = |source: &Source| {
        let found = pages().iter().find(|page| page.file == source.file);
        let own = name(source.file);
        let title = found.map_or(own, |page| &page.title);
        // The title of the first page says what all of them are.
        let title = if own.is_empty() { "Overview" } else { title };
        Item { title: title.to_owned(), href: path::guide(own), current: own == current }
    };
    SOURCES
        .iter()
        .map(|(title, sources)| Group { title, items: sources.iter().map(item).collect() })
        .collect()
}

/// `trigger` of `trigger.md`, `configuration` of `reference/configuration.md`, nothing of the overview.
fn name(file: &'static str) -> &'static str {
    let last = file.rsplit('/').next().unwrap_or(file);
    let name = last.strip_suffix(".md").unwrap_or(last);
    if file == "README.md" { "" } else { name }
}

/// Where a link of a file leads: to a page here if its file is one, and otherwise as it stands.
fn link(from: &str, target: &str) -> String {
    let (file, fragment) = match target.split_once('#') {
        Some((file, fragment)) => (file, format!("#{fragment}")),
        None => (target, String::new()),
    };
    let folder = from.rsplit_once('/').map(|(folder, _)| folder);
    let whole = match (folder, file.strip_prefix("../")) {
        (Some(_), Some(above)) => above.to_owned(),
        (Some(folder), None) => format!("{folder}/{file}"),
        (None, _) => file.to_owned(),
    };
    let mut sources = SOURCES.iter().flat_map(|(_, sources)| sources.iter());
    match sources.find(|source| source.file == whole) {
        Some(source) if !file.is_empty() => format!("{}{fragment}", path::guide(name(source.file))),
        _ => target.to_owned(),
    }
}

/// What a page says under a heading of the third level, without the heading.
pub(super) fn section(name: &str, anchor: &str) -> Option<&'static str> {
    let page = pages().iter().find(|page| page.name == name)?;
    let (_, from) = page.html.split_once(&format!("<h3 id=\"{anchor}\">"))?;
    let (_, text) = from.split_once("</h3>\n")?;
    let end = text.find("<h").unwrap_or(text.len());
    text.get(..end)
}
