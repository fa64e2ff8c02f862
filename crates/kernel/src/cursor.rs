//! Where a list goes on: after (time, id), both of the last row shown.

use crate::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{fmt, str::FromStr};

/// An opaque position in a list sorted by (time, id). The text form is base64url and may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub at: Timestamp,
    pub id: String,
}

/// The text is not a cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct CursorFault;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}.{}", self.at.micros(), self.id)))
    }
}

impl FromStr for Cursor {
    type Err = CursorFault;
    fn from_str(text: &str) -> Result<Self, CursorFault> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorFault)?;
        let plain = String::from_utf8(bytes).map_err(|_| CursorFault)?;
        let (at, id) = plain.split_once('.').ok_or(CursorFault)?;
        if id.is_empty() || id.len() > 1_024 || id.contains('\0') {
            return Err(CursorFault);
        }
        let at = at.parse().map_err(|_| CursorFault)?;
        Ok(Self { at: Timestamp::from_micros(at), id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let cursor = Cursor { at: Timestamp::from_micros(-7), id: "a.b".into() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("!".parse::<Cursor>(), Err(CursorFault));
        assert_eq!("".parse::<Cursor>(), Err(CursorFault));
    }
}
