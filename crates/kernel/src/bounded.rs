//! Text with a length that somebody chose.

use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, ops::Deref};

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoundedFault {
    #[error("must not be empty")]
    Empty,
    #[error("must be at most {max} bytes")]
    TooLong { max: usize },
    #[error("must not contain U+0000")]
    Nul,
}

/// A non-empty text of at most `MAX` bytes of UTF-8 without U+0000 (which PostgreSQL cannot store).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bounded<const MAX: usize>(String);

impl<const MAX: usize> Bounded<MAX> {
    pub fn new(text: impl Into<String>) -> Result<Self, BoundedFault> {
        let text = text.into();
        if text.is_empty() {
            return Err(BoundedFault::Empty);
        }
        if text.len() > MAX {
            return Err(BoundedFault::TooLong { max: MAX });
        }
        if text.contains('\0') {
            return Err(BoundedFault::Nul);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Bounded<MAX> {
    type Error = BoundedFault;
    fn try_from(text: String) -> Result<Self, BoundedFault> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Bounded<MAX>> for String {
    fn from(text: Bounded<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> Deref for Bounded<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Borrow<str> for Bounded<MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Bounded<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Bounded<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive_and_nul_is_refused() {
        assert_eq!(Bounded::<3>::new(""), Err(BoundedFault::Empty));
        assert_eq!(Bounded::<3>::new("abc").map(String::from), Ok("abc".into()));
        assert_eq!(Bounded::<3>::new("abcd"), Err(BoundedFault::TooLong { max: 3 }));
        assert_eq!(Bounded::<3>::new("a\0"), Err(BoundedFault::Nul));
    }
}
