//! A sealed segment: an immutable Parquet file and its sidecar.

use crate::{
    Fault,
    column::{self, Column, Columns},
    file::{Checked, Source, Summing},
    keys::{self, Keys},
    manifest::{self, Entry, Part},
    row::Row,
};
use arrow_array::RecordBatch;
use kernel::EnvironmentId;
use parquet::{
    arrow::{
        ArrowWriter, ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
            ParquetRecordBatchReaderBuilder, RowFilter, RowSelection,
        },
    },
    file::metadata::{PageIndexPolicy, ParquetMetaData},
};
use std::{
    fs::{self, File},
    io::BufWriter,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Rows that are decoded at once where only narrow columns are read.
const NARROW_BATCH: usize = 8_192;
/// The same with attributes: at most, where events are small.
const WIDE_BATCH: usize = 1_024;
/// About how many bytes of texts are decoded at once: an event has up to 512 KiB, and a merge has several batches in
/// memory.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes of rows that are handed to the writer at once.
const WRITE_BYTES: usize = 16 << 20;

/// An open segment. Its files stay readable when they are unlinked under it.
pub(crate) struct Segment {
    pub(crate) entry: Entry,
    keys: Keys,
    data: Source,
    metadata: OnceLock<ArrowReaderMetadata>,
}

impl Segment {
    /// Opens both files and compares what can be compared without reading them whole: lengths, checksums of
    /// the sidecar's front; the rest is compared when it is read.
    pub(crate) fn open(dir: &Path, entry: Entry) -> Result<Self, Fault> {
        let (keys, sums) = Keys::open(entry.keys_path(dir), entry.keys_bytes, entry.rows, entry.data_bytes)?;
        let path = entry.data_path(dir);
        let file = keys::open_sized(&path, entry.data_bytes)?;
        let data = Source(Arc::new(Checked::new(path, file, entry.data_bytes, sums)?));
        Ok(Self { entry, keys, data, metadata: OnceLock::new() })
    }

    pub(crate) fn contains(&self, env: EnvironmentId, message_id: u128) -> Result<bool, Fault> {
        self.entry.part(env).map_or(Ok(false), |part| self.keys.contains(part, message_id))
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.entry.data_bytes + self.entry.keys_bytes
    }

    fn loaded(&self) -> Result<&ArrowReaderMetadata, Fault> {
        if let Some(loaded) = self.metadata.get() {
            return Ok(loaded);
        }
        let options = ArrowReaderOptions::new()
            .with_column_index_policy(PageIndexPolicy::Optional)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let loaded =
            ArrowReaderMetadata::load(&self.data, options).map_err(|error| self.data.fault(error))?;
        let rows = loaded.metadata().file_metadata().num_rows();
        if rows != self.entry.rows as i64 {
            return Err(self.damaged(format!("it has {rows} rows and should have {}", self.entry.rows)));
        }
        Ok(self.metadata.get_or_init(|| loaded))
    }

    pub(crate) fn metadata(&self) -> Result<&ParquetMetaData, Fault> {
        Ok(self.loaded()?.metadata())
    }

    pub(crate) fn damaged(&self, what: impl ToString) -> Fault {
        Fault::damaged(&self.data.0.path, what)
    }

    /// Reads some columns of some rows, in the order of the file. `ranges` are ascending and apart.
    pub(crate) fn read(
        &self,
        columns: &[Column],
        ranges: &[Range<usize>],
        filter: Option<(&[Column], Filter)>,
    ) -> Result<Batches<'_>, Fault> {
        let loaded = self.loaded()?;
        let schema = loaded.parquet_schema();
        let mask = |columns: &[Column]| ProjectionMask::leaves(schema, columns.iter().map(|c| *c as usize));
        let (groups, selection) = select(loaded.metadata(), ranges);
        let most = if columns.contains(&Column::Attributes) { WIDE_BATCH } else { NARROW_BATCH };
        let batch = (BATCH_BYTES / row_bytes(loaded.metadata(), &groups, columns).max(1)).clamp(1, most);
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.data.clone(), loaded.clone())
                .with_batch_size(batch)
                .with_projection(mask(columns))
                .with_row_groups(groups)
                .with_row_selection(selection);
        if let Some((columns, keep)) = filter {
            let predicate = parquet::arrow::arrow_reader::ArrowPredicateFn::new(mask(columns), keep);
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(predicate)]));
        }
        let reader = builder.build().map_err(|error| self.data.fault(error))?;
        Ok(Batches { segment: self, reader })
    }

    /// All columns of some rows.
    pub(crate) fn rows(
        &self,
        ranges: &[Range<usize>],
    ) -> Result<impl Iterator<Item = Result<Row, Fault>> + use<'_>, Fault> {
        let batches = self.read(&Column::ALL, ranges, None)?;
        Ok(batches.flat_map(|batch| {
            let rows = batch.and_then(|batch| Columns(&batch).rows().map_err(|error| self.damaged(error)));
            let (rows, fault) = rows.map_or_else(|fault| (Vec::new(), Some(fault)), |rows| (rows, None));
            rows.into_iter().map(Ok).chain(fault.map(Err))
        }))
    }
}

/// Which rows of a batch to keep, before the other columns are decoded.
pub(crate) type Filter =
    Box<dyn FnMut(RecordBatch) -> Result<arrow_array::BooleanArray, arrow_schema::ArrowError> + Send>;

/// What [`Segment::read`] decodes, batch after batch.
pub(crate) struct Batches<'s> {
    segment: &'s Segment,
    reader: ParquetRecordBatchReader,
}

impl Iterator for Batches<'_> {
    type Item = Result<RecordBatch, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.map_err(|error| self.segment.damaged(error)))
    }
}

/// The row groups that `ranges` touch, and the ranges within those.
fn select(metadata: &ParquetMetaData, ranges: &[Range<usize>]) -> (Vec<usize>, RowSelection) {
    let (mut groups, mut inside) = (Vec::new(), Vec::new());
    let (mut start, mut kept) = (0, 0);
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let end = start + group.num_rows() as usize;
        let first = ranges.partition_point(|range| range.end <= start);
        let mut touched = ranges[first..].iter().take_while(|range| range.start < end).peekable();
        if touched.peek().is_some() {
            let shift = |row: usize| row - start + kept;
            inside.extend(touched.map(|range| shift(range.start.max(start))..shift(range.end.min(end))));
            groups.push(number);
            kept += end - start;
        }
        start = end;
    }
    (groups, RowSelection::from_consecutive_ranges(inside.into_iter(), kept))
}

/// How many bytes of texts a row of these columns has in the page where it has most, on average there.
fn row_bytes(metadata: &ParquetMetaData, groups: &[usize], columns: &[Column]) -> usize {
    let of_column = |group: usize, column: Column| {
        let rows = metadata.row_group(group).num_rows();
        let whole = metadata.row_group(group).column(column as usize).uncompressed_size() / rows.max(1);
        let Some(index) = metadata.offset_index().map(|index| &index[group][column as usize]) else {
            return whole;
        };
        let starts = index.page_locations().iter().map(|page| page.first_row_index);
        let ends = starts.clone().skip(1).chain([rows]);
        let texts = index.unencoded_byte_array_data_bytes().into_iter().flatten();
        let pages = starts.zip(ends).zip(texts);
        pages.map(|((start, end), bytes)| bytes / (end - start).max(1)).max().unwrap_or(whole)
    };
    let of_group = |group: usize| columns.iter().map(|column| of_column(group, *column)).sum::<i64>();
    let most = groups.iter().map(|group| of_group(*group)).max();
    most.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
}

/// Writes a new segment from rows in their order. Nothing counts before the manifest names it.
pub(crate) struct Writer {
    number: u64,
    data: PathBuf,
    keys: PathBuf,
    out: ArrowWriter<Summing<BufWriter<File>>>,
    pending: Vec<Row>,
    pending_bytes: usize,
    parts: Vec<Part>,
    ids: Vec<u128>,
}

impl Writer {
    pub(crate) fn create(dir: &Path, number: u64, group_rows: usize) -> Result<Self, Fault> {
        let data = manifest::data_path(dir, number);
        let file = File::create(&data).map_err(Fault::io("create", &data))?;
        let sink = Summing::new(BufWriter::new(file));
        let out = ArrowWriter::try_new(sink, column::SCHEMA.clone(), Some(column::properties(group_rows)))
            .map_err(encode(&data))?;
        let keys = manifest::keys_path(dir, number);
        let (pending, pending_bytes, parts, ids) = Default::default();
        Ok(Self { number, data, keys, out, pending, pending_bytes, parts, ids })
    }

    /// Adds the next row; rows come in their order.
    pub(crate) fn push(&mut self, row: Row) -> Result<(), Fault> {
        debug_assert!(
            self.pending.last().is_none_or(|last| last.order() < row.order()),
            "rows come in order"
        );
        self.count(&row);
        self.pending_bytes += row.bytes();
        self.pending.push(row);
        if self.pending.len() >= NARROW_BATCH || self.pending_bytes >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn count(&mut self, row: &Row) {
        let at = row.occurred_at;
        match self.parts.last_mut().filter(|part| part.env == row.env) {
            Some(part) => {
                part.rows += 1;
                part.first_at = part.first_at.min(at);
                part.last_at = part.last_at.max(at);
            }
            None => {
                let start = self.ids.len() as u64;
                self.parts.push(Part { env: row.env, start, rows: 1, first_at: at, last_at: at });
            }
        }
        self.ids.push(row.message_id);
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let rows: Vec<&Row> = self.pending.iter().collect();
        let batch = column::encode(&rows).map_err(encode(&self.data))?;
        self.out.write(&batch).map_err(encode(&self.data))?;
        self.pending.clear();
        self.pending_bytes = 0;
        Ok(())
    }

    /// Ends and syncs both files, and opens them as the segment that the manifest may now name.
    pub(crate) fn finish(mut self, dir: &Path) -> Result<Segment, Fault> {
        self.flush()?;
        let sink = self.out.into_inner().map_err(encode(&self.data))?;
        let (file, sums, data_bytes) = sink.finish();
        let file = file.into_inner().map_err(|error| Fault::io("write", &self.data)(error.into_error()))?;
        file.sync_all().map_err(Fault::io("sync", &self.data))?;
        for part in &self.parts {
            self.ids[part.start as usize..(part.start + part.rows) as usize].sort_unstable();
        }
        let keys_bytes = keys::write(&self.keys, &self.parts, &self.ids, &sums, data_bytes)?;
        crate::file::sync_dir(dir)?;
        let rows = self.ids.len() as u64;
        Segment::open(dir, Entry { number: self.number, rows, data_bytes, keys_bytes, parts: self.parts })
    }
}

/// Removes the files of a segment that the manifest does not name (any more). What cannot be removed now is an
/// orphan of the next start.
pub(crate) fn remove(dir: &Path, number: u64) {
    for path in [manifest::data_path(dir, number), manifest::keys_path(dir, number)] {
        if let Err(error) = fs::remove_file(&path) {
            tracing::debug!(file = %path.display(), %error, "a lake file without use stays until the next start");
        }
    }
}

fn encode<E: std::error::Error + Send + Sync + 'static>(file: &Path) -> impl Fn(E) -> Fault {
    move |source| Fault::Encode { file: file.to_owned(), source: Box::new(source) }
}
