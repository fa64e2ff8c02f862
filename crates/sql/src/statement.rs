//! SQL text that lives as long as the program, written once for both engines.

use std::sync::OnceLock;

/// One statement. Made by [`statement`] or [`twin`] into a `static`, because prepared forms are kept by its
/// address; parameters are `$1..$n` in both texts.
pub struct Statement {
    sqlite: &'static str,
    postgres: &'static str,
    /// The SQLite text with `?n` for `$n`: there `$1` is a *named* parameter, numbered by its first
    /// occurrence, so that `$2 … $1` would swap values silently.
    rewritten: OnceLock<String>,
}

/// A statement whose text both engines take.
pub const fn statement(text: &'static str) -> Statement {
    twin(text, text)
}

/// A statement that has to differ. Say next to it why.
pub const fn twin(sqlite: &'static str, postgres: &'static str) -> Statement {
    Statement { sqlite, postgres, rewritten: OnceLock::new() }
}

impl Statement {
    /// The text as written, for messages: the one both engines share, or SQLite's.
    pub fn text(&self) -> &'static str {
        self.sqlite
    }

    pub(crate) fn sqlite(&self) -> &str {
        self.rewritten.get_or_init(|| numbered(self.sqlite))
    }

    pub(crate) fn postgres(&self) -> &'static str {
        self.postgres
    }

    /// Whether PostgreSQL's text can change rows. Writes never hide in a CTE (house rule), so the first word tells.
    pub(crate) fn writes(&self) -> bool {
        let word = self.postgres.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        !["SELECT", "WITH", "VALUES", "SHOW"].iter().any(|read| word.eq_ignore_ascii_case(read))
    }
}

/// `$n` becomes `?n`, except inside quotes.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        let parameter = c == '$' && quote.is_none() && chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if parameter { '?' } else { c });
    }
    out
}
