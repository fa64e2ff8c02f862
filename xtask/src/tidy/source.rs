//! The files of the repository, and Rust files as flat tokens: comments are gone, macro bodies are not.

use crate::{Outcome, shell};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::{cell::OnceCell, path::Path, process::Command, str::FromStr};

/// A file, tracked or about to be.
pub(super) struct File {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    tokens: OnceCell<Result<Vec<Token>, String>>,
}

/// Every file that git does not ignore; the text of a binary file is empty.
pub(super) fn files(root: &Path) -> Outcome<Vec<File>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let mut files = Vec::new();
    for path in shell::output(&mut git)?.lines() {
        // A file that was deleted and not yet committed is still listed.
        if let Ok(bytes) = std::fs::read(root.join(path)) {
            files.push(File::new(path, String::from_utf8(bytes).unwrap_or_default()));
        }
    }
    Ok(files)
}

impl File {
    pub(super) fn new(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, tokens: OnceCell::new() }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The crate that the file belongs to.
    pub(super) fn crate_name(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => name,
            (Some(first), _) => first,
            (None, _) => "",
        }
    }

    /// Whether the whole file is test code: integration tests, and unit tests in a file of their own.
    pub(super) fn is_test(&self) -> bool {
        let in_src = self.path.contains("/src/");
        let own_file = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        own_file
            || (!in_src && self.path.contains("/tests"))
            || matches!(self.crate_name(), "testkit" | "suite")
    }

    /// Read once; the reason when it is not Rust.
    pub(super) fn tokens(&self) -> Result<&[Token], &str> {
        let read = || {
            let stream = TokenStream::from_str(&self.text).map_err(|fault| fault.to_string())?;
            let mut tokens = Vec::new();
            flatten(stream, self.is_test(), &mut tokens);
            Ok(tokens)
        };
        self.tokens.get_or_init(read).as_deref().map_err(String::as_str)
    }
}

/// One token; groups become their brackets and what is between.
#[derive(Debug)]
pub(super) struct Token {
    /// As written; a string literal with its quotes.
    pub(super) text: String,
    pub(super) line: usize,
    /// Inside an item under `#[cfg(test)]`, or in a test file.
    pub(super) in_test: bool,
}

fn flatten(stream: TokenStream, in_test: bool, out: &mut Vec<Token>) {
    let mut next_item_is_test = false;
    for tree in stream {
        let in_test = in_test || next_item_is_test;
        match tree {
            TokenTree::Group(group) => {
                let is_body = group.delimiter() == Delimiter::Brace;
                let starts_test = is_cfg_test(&group) && out.last().is_some_and(|last| last.text == "#");
                push_group(group, in_test, out);
                next_item_is_test = starts_test || (next_item_is_test && !is_body);
            }
            other => {
                let text = other.to_string();
                if text == ";" {
                    next_item_is_test = false;
                }
                out.push(Token { text, line: other.span().start().line, in_test });
            }
        }
    }
}

fn push_group(group: Group, in_test: bool, out: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let (first, last) = (group.span_open().start().line, group.span_close().start().line);
    out.push(Token { text: open.to_owned(), line: first, in_test });
    flatten(group.stream(), in_test, out);
    out.push(Token { text: close.to_owned(), line: last, in_test });
}

fn is_cfg_test(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Where the given tokens stand one after the other.
pub(super) fn find<'t>(tokens: &'t [Token], wanted: &[&str]) -> impl Iterator<Item = &'t Token> {
    tokens
        .windows(wanted.len())
        .filter(move |window| window.iter().zip(wanted).all(|(token, text)| token.text == *text))
        .map(|window| &window[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File::new(path, text.to_owned())
    }

    #[test]
    fn tokens_know_their_line_and_whether_they_are_tests() {
        let text = "fn a() { vouched(); }\n// vouched\n#[cfg(test)]\nmod tests {\n fn b() { vouched() }\n}\nfn c() { vouched() }";
        let file = file("crates/app/src/x.rs", text);
        let found = file.tokens().unwrap();
        let places: Vec<_> = find(found, &["vouched"]).map(|token| (token.line, token.in_test)).collect();
        assert_eq!(places, [(1, false), (5, true), (7, false)]);
    }

    #[test]
    fn macro_bodies_are_seen_and_whole_files_can_be_tests() {
        let whole = file("crates/app/src/x/tests.rs", "check! { inner(todo!()) }");
        let found = whole.tokens().unwrap();
        assert!(find(found, &["todo", "!"]).all(|token| token.in_test));
        assert_eq!(find(found, &["todo", "!"]).count(), 1);
        let declared = file("crates/app/src/x.rs", "#[cfg(test)] mod tests; fn a() {}");
        let declared = declared.tokens().unwrap();
        assert!(find(declared, &["fn"]).all(|token| !token.in_test));
    }
}
