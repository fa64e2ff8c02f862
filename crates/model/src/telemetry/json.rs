//! What may not get past the edge, because a consumer behind it would choke on it: one strict pass over the
//! raw bytes, with line and column of the first fault.
//!
//! RFC 8259 leaves four things to the reader that we refuse: lone surrogates (no UTF-8 can hold them),
//! U+0000 (PostgreSQL cannot store it), numbers beyond an IEEE double (they would read as infinity) and deep
//! nesting (a recursive reader's stack). Of a key that comes twice the last one wins, as in `serde_json`.

use std::fmt;

/// How many arrays and objects may stand inside each other.
pub const DEPTH_MAX: usize = 64;

/// Where it went wrong and why. Both count from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line}, column {column}")]
pub struct JsonFault {
    pub line: usize,
    pub column: usize,
    pub reason: Reason,
}

/// Why bytes are not JSON that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Empty,
    NotUtf8,
    /// A character that cannot stand here.
    Unexpected,
    UnexpectedEnd,
    TooDeep,
    Escape,
    LoneSurrogate,
    Nul,
    ControlCharacter,
    Number,
    NumberRange,
    /// Something follows the value.
    Trailing,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no JSON value",
            Self::NotUtf8 => "the text is not UTF-8",
            Self::Unexpected => "unexpected character",
            Self::UnexpectedEnd => "the JSON ends too early",
            Self::TooDeep => "more than 64 levels of nesting",
            Self::Escape => "unknown escape sequence",
            Self::LoneSurrogate => "a surrogate escape without its pair",
            Self::Nul => "the character U+0000 is not allowed",
            Self::ControlCharacter => "a control character in a string must be escaped",
            Self::Number => "not a JSON number",
            Self::NumberRange => "a number beyond the range of a 64-bit float",
            Self::Trailing => "something follows the JSON value",
        })
    }
}

/// The bytes as text, if they are exactly one JSON value that every consumer can read.
pub fn check(bytes: &[u8]) -> Result<&str, JsonFault> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(fault) => return Err(at(bytes, fault.valid_up_to(), Reason::NotUtf8)),
    };
    let mut scan = Scan { bytes, at: 0, open: Vec::new() };
    match scan.document() {
        Ok(()) => Ok(text),
        Err(reason) => Err(at(bytes, scan.at, reason)),
    }
}

/// The position of byte `offset` for people.
fn at(bytes: &[u8], offset: usize, reason: Reason) -> JsonFault {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    // Characters, not bytes: what is not a continuation byte starts one.
    let column = before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count() + 1;
    JsonFault { line, column, reason }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

/// No recursion: the nesting lives in `open`, so hostile input cannot reach the stack.
struct Scan<'a> {
    bytes: &'a [u8],
    /// On failure, the offset of the culprit.
    at: usize,
    open: Vec<Open>,
}

impl Scan<'_> {
    fn document(&mut self) -> Result<(), Reason> {
        self.space();
        if self.peek().is_none() {
            return Err(Reason::Empty);
        }
        loop {
            // Here a value begins.
            if self.value()? {
                continue;
            }
            // Here one has ended: close what closes, until another one begins.
            if !self.next_value()? {
                break;
            }
        }
        self.space();
        if self.peek().is_some() { Err(Reason::Trailing) } else { Ok(()) }
    }

    /// Reads one scalar or an opening. True: a non-empty array or object was opened and its first value is next.
    fn value(&mut self) -> Result<bool, Reason> {
        self.space();
        match self.peek().ok_or(Reason::UnexpectedEnd)? {
            b'{' => self.opened(Open::Object, b'}'),
            b'[' => self.opened(Open::Array, b']'),
            b'"' => self.string().map(|()| false),
            b'-' | b'0'..=b'9' => self.number().map(|()| false),
            b't' => self.word(b"true").map(|()| false),
            b'f' => self.word(b"false").map(|()| false),
            b'n' => self.word(b"null").map(|()| false),
            _ => Err(Reason::Unexpected),
        }
    }

    fn opened(&mut self, kind: Open, closing: u8) -> Result<bool, Reason> {
        if self.open.len() == DEPTH_MAX {
            return Err(Reason::TooDeep);
        }
        self.at += 1;
        self.space();
        if self.peek() == Some(closing) {
            self.at += 1;
            return Ok(false);
        }
        self.open.push(kind);
        if kind == Open::Object {
            self.key()?;
        }
        Ok(true)
    }

    /// After a value: true when another one begins, false at the end of the outermost.
    fn next_value(&mut self) -> Result<bool, Reason> {
        while let Some(&kind) = self.open.last() {
            self.space();
            match (kind, self.peek().ok_or(Reason::UnexpectedEnd)?) {
                (_, b',') => {
                    self.at += 1;
                    if kind == Open::Object {
                        self.space();
                        self.key()?;
                    }
                    return Ok(true);
                }
                (Open::Array, b']') | (Open::Object, b'}') => {
                    self.at += 1;
                    self.open.pop();
                }
                _ => return Err(Reason::Unexpected),
            }
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<(), Reason> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(_) => return Err(Reason::Unexpected),
            None => return Err(Reason::UnexpectedEnd),
        }
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(Reason::Unexpected),
            None => return Err(Reason::UnexpectedEnd),
        }
        Ok(())
    }

    /// From the opening quote to behind the closing one.
    fn string(&mut self) -> Result<(), Reason> {
        self.at += 1;
        loop {
            match self.peek().ok_or(Reason::UnexpectedEnd)? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                0 => return Err(Reason::Nul),
                1..=0x1F => return Err(Reason::ControlCharacter),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Reason> {
        match self.bytes.get(self.at + 1).ok_or(Reason::UnexpectedEnd)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 2;
                Ok(())
            }
            b'u' => self.unicode_escape(),
            _ => Err(Reason::Escape),
        }
    }

    fn unicode_escape(&mut self) -> Result<(), Reason> {
        let length = match self.hex(self.at + 2)? {
            0 => return Err(Reason::Nul),
            0xDC00..=0xDFFF => return Err(Reason::LoneSurrogate),
            0xD800..=0xDBFF => {
                let paired = self.bytes.get(self.at + 6..self.at + 8) == Some(b"\\u")
                    && matches!(self.hex(self.at + 8), Ok(0xDC00..=0xDFFF));
                if !paired {
                    return Err(Reason::LoneSurrogate);
                }
                12
            }
            _ => 6,
        };
        self.at += length;
        Ok(())
    }

    fn hex(&self, from: usize) -> Result<u32, Reason> {
        let digits = self.bytes.get(from..from + 4).ok_or(Reason::UnexpectedEnd)?;
        digits.iter().try_fold(0, |value, &digit| {
            let digit = char::from(digit).to_digit(16).ok_or(Reason::Escape)?;
            Ok(value * 16 + digit)
        })
    }

    /// RFC 8259, section 6: no leading zeros, no bare point, no plus sign in front.
    fn number(&mut self) -> Result<(), Reason> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(Reason::Number),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'0'..=b'9' | b'.')) {
            return Err(Reason::Number);
        }
        let finite = std::str::from_utf8(&self.bytes[start..self.at])
            .ok()
            .and_then(|text| text.parse::<f64>().ok())
            .is_some_and(f64::is_finite);
        if finite {
            return Ok(());
        }
        self.at = start;
        Err(Reason::NumberRange)
    }

    fn digits(&mut self) -> Result<(), Reason> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(Reason::Number);
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Reason> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(Reason::Unexpected)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_would_poison_a_consumer_and_says_where() {
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        let cases: &[(&[u8], usize, usize, Reason)] = &[
            (b"", 1, 1, Reason::Empty),
            (b" \n ", 2, 2, Reason::Empty),
            (b"{\"a\":\"\xff\"}", 1, 7, Reason::NotUtf8),
            (b"{\"a\": 1,}", 1, 9, Reason::Unexpected),
            (b"{\"a\": 1 // why\n}", 1, 9, Reason::Unexpected),
            (b"{\"a\": 1\n \"b\": 2}", 2, 2, Reason::Unexpected),
            (b"{\"a\"", 1, 5, Reason::UnexpectedEnd),
            (b"[1, 2", 1, 6, Reason::UnexpectedEnd),
            (b"[1] 2", 1, 5, Reason::Trailing),
            (b"{a: 1}", 1, 2, Reason::Unexpected),
            (b"'a'", 1, 1, Reason::Unexpected),
            (b"\"\\x\"", 1, 2, Reason::Escape),
            (b"\"\\u12g4\"", 1, 2, Reason::Escape),
            (b"\"\\ud800\"", 1, 2, Reason::LoneSurrogate),
            (b"\"\\ud800\\u0041\"", 1, 2, Reason::LoneSurrogate),
            (b"\"\\udc00\\ud800\"", 1, 2, Reason::LoneSurrogate),
            (b"{\"\\u0000\": 1}", 1, 3, Reason::Nul),
            (b"\"a\0\"", 1, 3, Reason::Nul),
            (b"\"a\tb\"", 1, 3, Reason::ControlCharacter),
            (b"[1e400]", 1, 2, Reason::NumberRange),
            (b"[-1E+999]", 1, 2, Reason::NumberRange),
            (b"[01]", 1, 3, Reason::Number),
            (b"[1.]", 1, 4, Reason::Number),
            (b"[-]", 1, 3, Reason::Number),
            (b"[NaN]", 1, 2, Reason::Unexpected),
            ("[\"é\", x]".as_bytes(), 1, 7, Reason::Unexpected),
            (deep.as_bytes(), 1, 65, Reason::TooDeep),
        ];
        for &(bytes, line, column, reason) in cases {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(check(bytes), Err(JsonFault { line, column, reason }), "{shown}");
        }
    }

    #[test]
    fn takes_what_is_legal() {
        let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
        let cases =
            ["0", " [] ", "{}", "{\"a\":1,\"a\":2}", "\"\\ud83d\\ude00 \\/\"", "[1e308,-0.5E-7,0]", &deep];
        for text in cases {
            assert_eq!(check(text.as_bytes()), Ok(text));
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_object_of_objects_counts_each_level() {
        let nested = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
        assert!(check(nested(64).as_bytes()).is_ok());
        assert_eq!(check(nested(65).as_bytes()).map_err(|f| f.reason), Err(Reason::TooDeep));
    }

    proptest! {
        /// Whatever passes can be read by serde_json; whatever serde_json cannot read does not pass.
        #[test]
        fn agrees_with_the_reader_behind_it(text in "[\\[\\]{}:,\"a0-9eE+.\\-\\\\u dtrfln\n]{0,24}") {
            if check(text.as_bytes()).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            } else if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(text.contains("u0000"), "{text:?}");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _verdict = check(&bytes);
        }
    }
}
