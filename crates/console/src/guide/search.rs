//! Finding sections of the guide: each word that was asked for has to be in the section or its titles.

use super::page::Page;
use crate::{
    path,
    view::guide::{Hit, Piece},
};

/// More words than this make nothing clearer.
const WORDS_MAX: usize = 8;
const HITS_MAX: usize = 20;
/// Characters of a section around the first word that is in it.
const BEFORE: usize = 60;
const AFTER: usize = 180;

/// The sections with all of the words, the likeliest first. Upper and lower case are the same.
pub(super) fn find(pages: &[Page], asked: &str) -> Vec<Hit> {
    let words: Vec<String> = asked.split_whitespace().take(WORDS_MAX).map(str::to_ascii_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, Hit)> = Vec::new();
    for page in pages {
        for section in &page.sections {
            let title = page.title.to_ascii_lowercase();
            let heading = section.heading.to_ascii_lowercase();
            let (text, code) = (section.text.to_ascii_lowercase(), section.code.to_ascii_lowercase());
            let scores = words.iter().map(|word| score(word, &title, &heading, &text, &code));
            let Some(score) = scores.sum::<Option<usize>>() else { continue };
            let href = match section.anchor.as_str() {
                "" => path::guide(page.name),
                anchor => format!("{}#{anchor}", path::guide(page.name)),
            };
            let heading = Some(section.heading.clone()).filter(|heading| !heading.is_empty());
            let only_in_code = !words.iter().any(|word| text.contains(word.as_str()));
            let pieces = if only_in_code && words.iter().any(|word| code.contains(word.as_str())) {
                excerpt(&section.code, &code, &words)
            } else {
                excerpt(&section.text, &text, &words)
            };
            found.push((score, Hit { title: page.title.clone(), heading, href, pieces }));
        }
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().take(HITS_MAX).map(|(_, hit)| hit).collect()
}

/// A heading says what its section is about; in a text a word counts a few times at most.
fn score(word: &str, title: &str, heading: &str, text: &str, code: &str) -> Option<usize> {
    let exact = usize::from(heading == word) * 40;
    let named = usize::from(heading.contains(word)) * 20 + usize::from(title.contains(word)) * 8;
    let told = text.matches(word).take(5).count() * 2 + usize::from(code.contains(word));
    Some(exact + named + told).filter(|score| *score > 0)
}

/// Some of the text, with the words marked in it. `lower` has the same length as `text`.
fn excerpt(text: &str, lower: &str, words: &[String]) -> Vec<Piece> {
    let first = words.iter().filter_map(|word| lower.find(word.as_str())).min().unwrap_or(0);
    let about = text[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    // A word that is cut in two says nothing.
    let start =
        if about == 0 { 0 } else { about + text[about..first].find(' ').map_or(0, |space| space + 1) };
    let end = text[first..].char_indices().nth(AFTER).map_or(text.len(), |(at, _)| first + at);
    let mut pieces = Vec::new();
    let mut at = start;
    while at < end {
        let here = |word: &String| lower[at..end].find(word.as_str()).map(|found| (at + found, word.len()));
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
