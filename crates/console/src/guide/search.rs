//! Finding sections of the guide: each word that was asked for has to begin a word of the section or its titles. Where that
//! finds nothing, it may stand inside of words too.

use super::{
    markdown::Section,
    page::{Page, pages},
};
use crate::{
    path,
    view::guide::{Hit, Piece},
};
use std::sync::LazyLock;

/// More words than this make nothing clearer.
const WORDS_MAX: usize = 8;
const HITS_MAX: usize = 20;
/// Characters of a section around the first word that is in it.
const BEFORE: usize = 60;
const AFTER: usize = 180;

/// A section as it is searched: in lower case, where every byte keeps its place.
struct Searched {
    page: &'static Page,
    section: &'static Section,
    title: String,
    heading: String,
    text: String,
    code: String,
}

static SECTIONS: LazyLock<Vec<Searched>> = LazyLock::new(|| {
    let searched = |page: &'static Page, section: &'static Section| Searched {
        page,
        section,
        title: page.title.to_ascii_lowercase(),
        heading: section.heading.to_ascii_lowercase(),
        text: section.text.to_ascii_lowercase(),
        code: section.code.to_ascii_lowercase(),
    };
    pages().iter().flat_map(|page| page.sections.iter().map(move |section| searched(page, section))).collect()
});

/// The sections with all of the words, the likeliest first. Upper and lower case are the same.
pub(super) fn find(asked: &str) -> Vec<Hit> {
    let words: Vec<String> = asked.split_whitespace().take(WORDS_MAX).map(str::to_ascii_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let hits = sections(&words, Place::Beginning);
    if hits.is_empty() { sections(&words, Place::Anywhere) } else { hits }
}

fn sections(words: &[String], place: Place) -> Vec<Hit> {
    let scored = |one| Some((score(one, words, place)?, one));
    let mut found: Vec<(usize, &Searched)> = SECTIONS.iter().filter_map(scored).collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().take(HITS_MAX).map(|(_, one)| hit(one, words, place)).collect()
}

/// Where in a word of the guide one that was asked for may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Beginning,
    Anywhere,
}

impl Place {
    /// Where `word` stands in `text`.
    fn all<'t>(self, text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
        let begins = |at: usize| !text[..at].ends_with(char::is_alphanumeric);
        text.match_indices(word).map(|(at, _)| at).filter(move |at| self == Self::Anywhere || begins(*at))
    }

    fn has(self, text: &str, word: &str) -> bool {
        self.all(text, word).next().is_some()
    }
}

fn hit(one: &Searched, words: &[String], place: Place) -> Hit {
    let Searched { page, section, .. } = one;
    let has = |text: &str| words.iter().any(|word| place.has(text, word));
    Hit {
        title: page.title.clone(),
        heading: Some(section.heading.clone()).filter(|heading| !heading.is_empty()),
        href: match section.anchor.as_str() {
            "" => path::guide(page.name),
            anchor => format!("{}#{anchor}", path::guide(page.name)),
        },
        pieces: if has(&one.code) && !has(&one.text) {
            excerpt(&section.code, &one.code, words, place)
        } else {
            excerpt(&section.text, &one.text, words, place)
        },
    }
}

/// A heading says what its section is about; in a text a word counts a few times at most. `None` without one of them.
fn score(one: &Searched, words: &[String], place: Place) -> Option<usize> {
    let score = |word: &String| {
        let (word, heading) = (word.as_str(), &one.heading);
        let exact = usize::from(heading == word) * 40;
        let named = usize::from(place.has(heading, word)) * 20 + usize::from(place.has(&one.title, word)) * 8;
        let told = place.all(&one.text, word).take(5).count() * 2 + usize::from(place.has(&one.code, word));
        Some(exact + named + told).filter(|score| *score > 0)
    };
    words.iter().map(score).sum()
}

/// Some of the text, with the words marked in it. `lower` has the same length as `text`.
fn excerpt(text: &str, lower: &str, words: &[String], place: Place) -> Vec<Piece> {
    let first = words.iter().filter_map(|word| place.all(lower, word).next()).min().unwrap_or(0);
    let about = text[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    // A word that is cut in two says nothing.
    let start =
        if about == 0 { 0 } else { about + text[about..first].find(' ').map_or(0, |space| space + 1) };
    let end = text[first..].char_indices().nth(AFTER).map_or(text.len(), |(at, _)| first + at);
    let mut pieces = Vec::new();
    let mut at = start;
    while at < end {
        let here = |word: &String| {
            let found = place.all(&lower[..end], word).find(|found| *found >= at)?;
            Some((found, word.len()))
        };
        let Some((found, length)) = words.iter().filter_map(here).min() else { break };
        pieces.push(Piece { text: text[at..found].to_owned(), marked: false });
        pieces.push(Piece { text: text[found..found + length].to_owned(), marked: true });
        at = found + length;
    }
    pieces.push(Piece { text: text[at..end].to_owned(), marked: false });
    if start > 0 {
        pieces.insert(0, Piece { text: "… ".to_owned(), marked: false });
    }
    if end < text.len() {
        pieces.push(Piece { text: " …".to_owned(), marked: false });
    }
    pieces
}
