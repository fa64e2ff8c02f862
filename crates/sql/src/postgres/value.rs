//! Values on PostgreSQL's wire.

use crate::{Column, Value};
use bytes::BytesMut;
use std::{error::Error, fmt};
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

/// A parameter that outlives the call that gave it, because its statement is sent later.
pub(super) enum Owned {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
    Bool(bool),
    Bytes(Vec<u8>),
    /// The locks of a group.
    Keys(Vec<i64>),
}

/// The client prints parameters when it logs at debug; ours say nothing.
impl fmt::Debug for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl From<&Value<'_>> for Owned {
    fn from(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Int(number) => Self::Int(number),
            Value::Real(number) => Self::Real(number),
            Value::Bool(truth) => Self::Bool(truth),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

impl Owned {
    /// Whether the statement's parameter of type `ty` can take this; asked before anything is sent.
    pub(super) fn fits(&self, ty: &Type) -> bool {
        match self {
            Self::Null => true,
            Self::Text(_) => is_text(ty),
            Self::Int(number) => match *ty {
                Type::INT8 => true,
                Type::INT4 => i32::try_from(*number).is_ok(),
                Type::INT2 => i16::try_from(*number).is_ok(),
                _ => false,
            },
            Self::Real(_) => *ty == Type::FLOAT8,
            Self::Bool(_) => *ty == Type::BOOL,
            Self::Bytes(_) => *ty == Type::BYTEA,
            Self::Keys(_) => *ty == Type::INT8_ARRAY,
        }
    }
}

impl ToSql for Owned {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Int(number) => match *ty {
                Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*number)?.to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
            Self::Real(number) => number.to_sql(ty, out),
            Self::Bool(truth) => truth.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::Keys(keys) => keys.to_sql(ty, out),
        }
    }

    /// Asked without the value; [`Owned::fits`] has looked at both.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The column at `index`; `None` when it is not there or has a type that the house does not use. Sums of
/// BIGINT are NUMERIC: write `CAST(SUM(x) AS BIGINT)`.
pub(crate) fn column(row: &Row, index: usize) -> Option<Column<'_>> {
    let ty = row.columns().get(index)?.type_();
    match *ty {
        Type::BOOL => read(row, index, Column::Bool),
        Type::INT8 => read(row, index, Column::Int),
        Type::INT4 => read(row, index, |number: i32| Column::Int(number.into())),
        Type::INT2 => read(row, index, |number: i16| Column::Int(number.into())),
        Type::FLOAT8 => read(row, index, Column::Real),
        Type::BYTEA => read(row, index, Column::Bytes),
        _ if is_text(ty) => read(row, index, Column::Text),
        _ => None,
    }
}

fn read<'r, T: FromSql<'r>>(
    row: &'r Row,
    index: usize,
    column: impl Fn(T) -> Column<'r>,
) -> Option<Column<'r>> {
    Some(row.try_get::<_, Option<T>>(index).ok()?.map_or(Column::Null, column))
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}
