//! What a parameter can hold.

use kernel::{Bounded, Timestamp};

/// A parameter's value. Text must not contain U+0000 (PostgreSQL cannot store it) and numbers must be finite
/// (SQLite makes NULL of NaN): both engines refuse both.
#[derive(Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Text(&'a str),
    Int(i64),
    Real(f64),
    Bool(bool),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a, const MAX: usize> From<&'a Bounded<MAX>> for Value<'a> {
    fn from(text: &'a Bounded<MAX>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

/// Microseconds since the epoch.
impl From<Timestamp> for Value<'_> {
    fn from(instant: Timestamp) -> Self {
        Self::Int(instant.micros())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value<'_> {
    /// Whether this is text that PostgreSQL would refuse.
    pub(crate) fn has_nul(&self) -> bool {
        matches!(self, Self::Text(text) if text.as_bytes().contains(&0))
    }

    /// Whether this is a number that SQLite would change.
    pub(crate) fn is_not_finite(&self) -> bool {
        matches!(self, Self::Real(number) if !number.is_finite())
    }
}
