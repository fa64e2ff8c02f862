//! The blocks of a page, with how they want to be run.

use std::fs;
use std::path::Path;

/// The languages of blocks that somebody will paste.
const PASTED: [&str; 5] = ["sh", "bash", "shell", "js", "javascript"];

pub struct Page {
    pub blocks: Vec<Block>,
}

/// Something to paste.
#[derive(Debug, Clone)]
pub struct Block {
    /// File and line.
    pub place: String,
    pub how: How,
    /// The file that a script of Node is kept in.
    pub file: Option<String>,
    pub text: String,
    pub answer: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    Run,
    /// Until its answer is right.
    Eventually,
    /// Beside what follows.
    Stays,
    Unrun(String),
}

impl Page {
    /// A block that does not say how it is run, or says something that nobody understands, is a fault of the page.
    pub fn read(root: &Path, path: &str) -> Self {
        let text = fs::read_to_string(root.join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        let mut blocks: Vec<Block> = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let place = format!("{path}:{}", number + 1);
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text: String = inside.map(|line| format!("{line}\n")).collect();
            let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
            if PASTED.contains(&language) {
                blocks.push(block(&place, language, rest, text));
            } else if rest == "answer" {
                let last = blocks.last_mut().unwrap_or_else(|| panic!("{place} answers nothing"));
                assert!(last.answer.replace(text).is_none(), "{place} is a second answer");
            } else {
                assert!(rest.is_empty(), "{place}: nobody understands {rest:?}");
            }
        }
        Self { blocks }
    }
}

fn block(place: &str, language: &str, rest: &str, text: String) -> Block {
    let (rest, file) = match rest.split_once(" file=") {
        Some((rest, file)) => (rest, Some(file.to_owned())),
        None => (rest, None),
    };
    let how = match rest {
        "run" => How::Run,
        "run eventually" => How::Eventually,
        "stays" => How::Stays,
        rest => match rest.strip_prefix("unrun=\"").and_then(|rest| rest.strip_suffix('"')) {
            Some(reason) if reason.len() > 10 => How::Unrun(reason.to_owned()),
            _ => panic!("{place} says neither how it is run nor why it is not: {rest:?}"),
        },
    };
    let is_node = language.starts_with("js") || language.starts_with("java");
    let needs_file = is_node && !matches!(how, How::Unrun(_));
    assert_eq!(file.is_some(), needs_file, "{place}: a script of Node, and it alone, names its file");
    Block { place: place.to_owned(), how, file, text, answer: None }
}
