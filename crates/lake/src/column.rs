//! Rows as Arrow columns and back, and how Parquet lays each column out.

use crate::row::Row;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
    cast::AsArray,
    types::{Int32Type, TimestampMicrosecondType, UInt64Type},
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use kernel::EnvironmentId;
use model::event::Call;
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

/// The columns in the order of the file; the number is the column's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Column {
    Environment,
    UserId,
    OccurredAt,
    Seq,
    Name,
    Call,
    GroupId,
    TenantId,
    DeviceId,
    SessionId,
    Source,
    ReceivedAt,
    MessageId,
    Attributes,
    Context,
}

use Column as C;

const COLUMNS: [Column; 15] = [
    C::Environment,
    C::UserId,
    C::OccurredAt,
    C::Seq,
    C::Name,
    C::Call,
    C::GroupId,
    C::TenantId,
    C::DeviceId,
    C::SessionId,
    C::Source,
    C::ReceivedAt,
    C::MessageId,
    C::Attributes,
    C::Context,
];

/// Rows between two entries of the page index: what a point read decodes at least.
const PAGE_ROWS: usize = 2_048;
/// Bounds the writer's memory where events are large.
const GROUP_BYTES: usize = 128 << 20;

impl Column {
    pub(crate) const ALL: [Self; 15] = COLUMNS;

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::UserId => "user_id",
            Self::OccurredAt => "occurred_at",
            Self::Seq => "seq",
            Self::Name => "name",
            Self::Call => "call",
            Self::GroupId => "group_id",
            Self::TenantId => "tenant_id",
            Self::DeviceId => "device_id",
            Self::SessionId => "session_id",
            Self::Source => "source",
            Self::ReceivedAt => "received_at",
            Self::MessageId => "message_id",
            Self::Attributes => "attributes",
            Self::Context => "context",
        }
    }

    fn field(self) -> Field {
        let text = DataType::Utf8;
        let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let (data_type, nullable) = match self {
            Self::Environment | Self::MessageId => (DataType::FixedSizeBinary(16), false),
            Self::OccurredAt | Self::ReceivedAt => (time, false),
            Self::Seq => (DataType::UInt64, false),
            Self::Name | Self::Call => (coded, false),
            Self::GroupId | Self::TenantId | Self::Source => (coded, true),
            Self::UserId | Self::DeviceId | Self::SessionId => (text, true),
            Self::Attributes | Self::Context => (text, false),
        };
        Field::new(self.name(), data_type, nullable)
    }

    fn path(self) -> ColumnPath {
        ColumnPath::from(self.name())
    }
}

pub(crate) static SCHEMA: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(Column::ALL.map(Column::field).to_vec())));

/// Page statistics for what is asked by, none for what is only shown; numbers that grow as deltas.
pub(crate) fn properties(group_rows: usize) -> WriterProperties {
    let ascending =
        |column: Column| SortingColumn { column_idx: column as i32, descending: false, nulls_first: true };
    let sorted = [C::Environment, C::UserId, C::OccurredAt, C::Seq].map(ascending);
    let mut builder = WriterProperties::builder()
        .set_created_by("thrivestack lake 1".into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 2)
        .set_max_row_group_row_count(Some(group_rows.max(1)))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .set_sorting_columns(Some(sorted.to_vec()))
        .set_statistics_enabled(EnabledStatistics::Page);
    for column in [C::OccurredAt, C::Seq, C::ReceivedAt] {
        builder = builder
            .set_column_dictionary_enabled(column.path(), false)
            .set_column_encoding(column.path(), Encoding::DELTA_BINARY_PACKED);
    }
    for column in [C::MessageId, C::Attributes, C::Context] {
        builder = builder
            .set_column_dictionary_enabled(column.path(), false)
            .set_column_statistics_enabled(column.path(), EnabledStatistics::None);
    }
    builder.build()
}

/// Rows as one batch. The texts of one column must stay under 2 GiB: the caller bounds the batch.
pub(crate) fn encode(rows: &[&Row]) -> Result<RecordBatch, ArrowError> {
    let columns = Column::ALL.iter().map(|column| array(*column, rows)).collect::<Result<_, _>>()?;
    RecordBatch::try_new(SCHEMA.clone(), columns)
}

fn array(column: Column, rows: &[&Row]) -> Result<ArrayRef, ArrowError> {
    Ok(match column {
        C::Environment => bytes16(rows.iter().map(|row| row.env.uuid().into_bytes()))?,
        C::MessageId => bytes16(rows.iter().map(|row| row.message_id.to_be_bytes()))?,
        C::OccurredAt => instants(rows.iter().map(|row| row.occurred_at)),
        C::ReceivedAt => instants(rows.iter().map(|row| row.received_at)),
        C::Seq => Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.seq))),
        C::Name => coded(rows.iter().map(|row| Some(row.name.as_str()))),
        C::Call => coded(rows.iter().map(|row| Some(row.call.name()))),
        C::GroupId => coded(rows.iter().map(|row| row.group_id.as_deref())),
        C::TenantId => coded(rows.iter().map(|row| row.tenant_id.as_deref())),
        C::Source => coded(rows.iter().map(|row| row.source.as_deref())),
        C::UserId => plain(rows.iter().map(|row| row.user_id.as_deref())),
        C::DeviceId => plain(rows.iter().map(|row| row.device_id.as_deref())),
        C::SessionId => plain(rows.iter().map(|row| row.session_id.as_deref())),
        C::Attributes => plain(rows.iter().map(|row| Some(row.attributes.as_str()))),
        C::Context => plain(rows.iter().map(|row| Some(row.context.as_str()))),
    })
}

fn bytes16(values: impl Iterator<Item = [u8; 16]>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(FixedSizeBinaryArray::try_from_iter(values)?))
}

fn instants(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn coded<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<DictionaryArray<Int32Type>>())
}

fn plain<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// One batch's columns, of those that were read.
pub(crate) struct Columns<'a>(pub(crate) &'a RecordBatch);

/// The file lacks a column or has another type there than this release writes.
#[derive(Debug, thiserror::Error)]
#[error("column {0} is not as expected")]
pub(crate) struct Unexpected(&'static str);

impl<'a> Columns<'a> {
    fn get(&self, column: Column) -> Result<&'a ArrayRef, Unexpected> {
        let found = self.0.column_by_name(column.name()).ok_or(Unexpected(column.name()))?;
        if found.data_type() == SCHEMA.field(column as usize).data_type() {
            Ok(found)
        } else {
            Err(Unexpected(column.name()))
        }
    }

    pub(crate) fn instants(&self, column: Column) -> Result<&'a [i64], Unexpected> {
        let array = self.get(column)?.as_primitive_opt::<TimestampMicrosecondType>();
        Ok(array.ok_or(Unexpected(column.name()))?.values())
    }

    pub(crate) fn numbers(&self, column: Column) -> Result<&'a [u64], Unexpected> {
        let array = self.get(column)?.as_primitive_opt::<UInt64Type>();
        Ok(array.ok_or(Unexpected(column.name()))?.values())
    }

    pub(crate) fn texts(&self, column: Column) -> Result<Texts<'a>, Unexpected> {
        let array = self.get(column)?;
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Ok(Texts { codes: None, values: plain });
        }
        let coded = array.as_dictionary_opt::<Int32Type>().ok_or(Unexpected(column.name()))?;
        let values = coded.values().as_string_opt::<i32>().ok_or(Unexpected(column.name()))?;
        Ok(Texts { codes: Some(coded), values })
    }

    fn bytes16(&self, column: Column) -> Result<impl Fn(usize) -> [u8; 16] + 'a, Unexpected> {
        let array = self.get(column)?.as_fixed_size_binary_opt().ok_or(Unexpected(column.name()))?;
        Ok(|row| array.value(row).try_into().expect("the type says 16 bytes"))
    }

    /// All columns as rows again.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Unexpected> {
        let (env, message_id) = (self.bytes16(C::Environment)?, self.bytes16(C::MessageId)?);
        let (occurred_at, received_at) = (self.instants(C::OccurredAt)?, self.instants(C::ReceivedAt)?);
        let seq = self.numbers(C::Seq)?;
        let texts = |column| self.texts(column);
        let (name, call, user_id) = (texts(C::Name)?, texts(C::Call)?, texts(C::UserId)?);
        let (group_id, tenant_id) = (texts(C::GroupId)?, texts(C::TenantId)?);
        let (device_id, session_id) = (texts(C::DeviceId)?, texts(C::SessionId)?);
        let (source, attributes, context) = (texts(C::Source)?, texts(C::Attributes)?, texts(C::Context)?);
        let owned = |texts: &Texts<'_>, row| texts.get(row).map(str::to_owned);
        let required = |texts: &Texts<'_>, row| owned(texts, row).unwrap_or_default();
        let row = |at: usize| {
            Ok(Row {
                env: EnvironmentId::from_uuid(Uuid::from_bytes(env(at))),
                seq: seq[at],
                occurred_at: occurred_at[at],
                received_at: received_at[at],
                message_id: u128::from_be_bytes(message_id(at)),
                call: call.get(at).and_then(Call::named).ok_or(Unexpected(C::Call.name()))?,
                name: required(&name, at),
                user_id: owned(&user_id, at),
                group_id: owned(&group_id, at),
                tenant_id: owned(&tenant_id, at),
                device_id: owned(&device_id, at),
                session_id: owned(&session_id, at),
                source: owned(&source, at),
                attributes: required(&attributes, at),
                context: required(&context, at),
            })
        };
        (0..self.0.num_rows()).map(row).collect()
    }
}

/// A column of texts, plain or through a dictionary.
pub(crate) struct Texts<'a> {
    codes: Option<&'a DictionaryArray<Int32Type>>,
    values: &'a StringArray,
}

impl<'a> Texts<'a> {
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        self.code(row).and_then(|code| self.values.is_valid(code).then(|| self.values.value(code)))
    }

    /// The place of the row's text among `values`.
    pub(crate) fn code(&self, row: usize) -> Option<usize> {
        self.codes.map_or(Some(row), |codes| codes.key(row))
    }

    /// The distinct texts of a dictionary, or the rows' texts of a plain column.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<&'a str>> {
        self.values.iter()
    }
}
