//! One row of an answer, and how a column becomes a type of ours.

use crate::Fault;
use kernel::Timestamp;
use std::str::FromStr;

/// One row, borrowed while the map function of a query looks at it.
pub struct Row<'r>(pub(crate) Inner<'r>);

pub(crate) enum Inner<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A column's value as the engine gave it. SQLite has no boolean of its own: 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'r> {
    Null,
    Text(&'r str),
    Int(i64),
    Real(f64),
    Bool(bool),
    Bytes(&'r [u8]),
}

impl Row<'_> {
    /// The column at `index`, counted from 0.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, Fault> {
        self.column(index).and_then(T::from_column).ok_or(Fault::Column { index, wanted: T::NAME })
    }

    /// A column of text that is parsed: typed ids, enums.
    pub fn parse<T: FromStr>(&self, index: usize) -> Result<T, Fault> {
        self.text(index)
            .and_then(|text| text.parse().ok())
            .ok_or(Fault::Column { index, wanted: std::any::type_name::<T>() })
    }

    /// Like [`Row::parse`], for a column that may be NULL.
    pub fn parse_opt<T: FromStr>(&self, index: usize) -> Result<Option<T>, Fault> {
        match self.column(index) {
            Some(Column::Null) => Ok(None),
            _ => self.parse(index).map(Some),
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match self.column(index)? {
            Column::Text(text) => Some(text),
            _ => None,
        }
    }

    fn column(&self, index: usize) -> Option<Column<'_>> {
        match &self.0 {
            Inner::Sqlite(row) => crate::sqlite::column(row, index),
            Inner::Postgres(row) => crate::postgres::column(row, index),
        }
    }
}

/// A type that a column can be read into.
pub trait FromColumn: Sized {
    /// What a message says was wanted.
    const NAME: &'static str;
    /// `None` when the column holds something else.
    fn from_column(column: Column<'_>) -> Option<Self>;
}

impl FromColumn for String {
    const NAME: &'static str = "text";
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromColumn for i64 {
    const NAME: &'static str = "a whole number";
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Int(number) => Some(number),
            _ => None,
        }
    }
}

/// Refuses negative numbers and those above `u32::MAX`.
impl FromColumn for u32 {
    const NAME: &'static str = "a small whole number";
    fn from_column(column: Column<'_>) -> Option<Self> {
        i64::from_column(column)?.try_into().ok()
    }
}

impl FromColumn for f64 {
    const NAME: &'static str = "a number";
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Real(number) => Some(number),
            _ => None,
        }
    }
}

impl FromColumn for bool {
    const NAME: &'static str = "a boolean";
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Bool(truth) => Some(truth),
            Column::Int(0) => Some(false),
            Column::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for Vec<u8> {
    const NAME: &'static str = "bytes";
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Bytes(bytes) => Some(bytes.to_owned()),
            _ => None,
        }
    }
}

/// Microseconds since the epoch.
impl FromColumn for Timestamp {
    const NAME: &'static str = "an instant";
    fn from_column(column: Column<'_>) -> Option<Self> {
        i64::from_column(column).map(Self::from_micros)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    const NAME: &'static str = T::NAME;
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Null => Some(None),
            other => T::from_column(other).map(Some),
        }
    }
}
