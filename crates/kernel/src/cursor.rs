//! Where a list goes on: after (key, id), both of the last row shown. The key is what the list is sorted by.

use crate::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{fmt, str::FromStr};

/// The longest key or id that a cursor of ours carries.
const TEXT_BYTES_MAX: usize = 1_024;

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A time in microseconds since the epoch, or a count.
    Number(i64),
    Text(String),
}

/// An opaque position in a list sorted by (key, id). The text form is base64url and may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub key: Key,
    pub id: String,
}

/// The text is not a cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct CursorFault;

impl Cursor {
    pub fn at(at: Timestamp, id: impl Into<String>) -> Self {
        Self { key: Key::Number(at.micros()), id: id.into() }
    }

    /// The time, where the list is sorted by one.
    pub fn time(&self) -> Result<Timestamp, CursorFault> {
        match &self.key {
            Key::Number(micros) => Ok(Timestamp::from_micros(*micros)),
            Key::Text(_) => Err(CursorFault),
        }
    }
}

/// `micros.id`, or `=length.text` with the id right behind the text: either may hold any sign.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match &self.key {
            Key::Number(number) => format!("{number}.{}", self.id),
            Key::Text(text) => format!("={}.{text}{}", text.len(), self.id),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = CursorFault;
    fn from_str(text: &str) -> Result<Self, CursorFault> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorFault)?;
        let plain = String::from_utf8(bytes).map_err(|_| CursorFault)?;
        let (head, rest) = plain.split_once('.').ok_or(CursorFault)?;
        let (key, id) = match head.strip_prefix('=') {
            Some(length) => {
                let length: usize = length.parse().map_err(|_| CursorFault)?;
                let (text, id) = rest.split_at_checked(length).ok_or(CursorFault)?;
                (Key::Text(text.to_owned()), id)
            }
            None => (Key::Number(head.parse().map_err(|_| CursorFault)?), rest),
        };
        if id.is_empty() || plain.len() > 2 * TEXT_BYTES_MAX || plain.contains('\0') {
            return Err(CursorFault);
        }
        Ok(Self { key, id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let text = |text: &str| Cursor { key: Key::Text(text.into()), id: "a.b".into() };
        for cursor in [Cursor::at(Timestamp::from_micros(-7), "a.b"), text(""), text("1.ä@b.test")] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for broken in ["!", "", &URL_SAFE_NO_PAD.encode("=9.ab"), &URL_SAFE_NO_PAD.encode("=1.äb")] {
            assert_eq!(broken.parse::<Cursor>(), Err(CursorFault), "{broken}");
        }
    }
}
