//! The newest events that have something in common: of a person, of an account, of everyone.
//!
//! Two passes. The first reads only the columns that decide and keeps the best moments; the second decodes the
//! rows that won, and keeps the newest of them within the page's bytes. Segments come latest first, and what cannot
//! beat the page any more is not opened.

use crate::{
    Before, Fault, PAGE_BYTES_MAX, PAGE_MAX, Page,
    column::{Column, Columns, Unexpected},
    head::Head,
    manifest::Part,
    row::Row,
    scan::{Moment, Wanted, among, append},
    segment::Segment,
};
use arrow_array::RecordBatch;
use kernel::{Env, EnvironmentId, Timestamp};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// The latest few of what was offered.
struct Newest<T> {
    most: usize,
    kept: BTreeMap<Moment, T>,
}

impl<T> Newest<T> {
    /// One more than the page, to know whether there is a next one.
    fn new(limit: usize) -> Self {
        Self { most: limit + 1, kept: BTreeMap::new() }
    }

    /// Nothing before or at this moment can enter any more.
    fn floor(&self) -> Option<Moment> {
        self.kept.first_key_value().map(|(moment, _)| *moment).filter(|_| self.kept.len() == self.most)
    }

    fn offer(&mut self, moment: Moment, thing: T) {
        self.kept.insert(moment, thing);
        if self.kept.len() > self.most {
            self.kept.pop_first();
        }
    }
}

/// The newest rows that fit into a page's bytes, in whichever order they come; at least one.
#[derive(Default)]
struct Fitting {
    kept: BTreeMap<Moment, (Row, Option<usize>)>,
    bytes: usize,
    /// The newest row that did not fit: none before it may enter any more.
    cut: Option<Moment>,
}

impl Fitting {
    fn offer(&mut self, row: Row, segment: Option<usize>) {
        let moment = (row.occurred_at, row.seq);
        if self.cut.is_some_and(|cut| moment <= cut) {
            return;
        }
        self.bytes += row.bytes();
        self.kept.insert(moment, (row, segment));
        while self.bytes > PAGE_BYTES_MAX && self.kept.len() > 1 {
            let Some((moment, (row, _))) = self.kept.pop_first() else { return };
            self.bytes -= row.bytes();
            self.cut = Some(moment);
        }
    }
}

/// Where a row is until it is decoded.
enum Place {
    Head(Box<Row>),
    Segment { index: usize, row: usize },
}

/// The winners of the head, cloned while it stands still, up to the first that does not fit into a page's bytes.
pub(crate) fn of_head(head: &Head, env: EnvironmentId, wanted: &Wanted<'_>, limit: usize) -> Vec<Row> {
    let mut newest = Newest::new(limit.min(PAGE_MAX));
    for row in head.rows().iter().filter(|row| row.env == env && wanted.matches(row)) {
        newest.offer((row.occurred_at, row.seq), row);
    }
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for row in newest.kept.into_values().rev() {
        bytes += row.bytes();
        rows.push(row.clone());
        if bytes > PAGE_BYTES_MAX && rows.len() > 1 {
            break;
        }
    }
    rows
}

/// One page from the head's winners and the segments.
pub(crate) fn page(
    env: Env,
    wanted: &Wanted<'_>,
    limit: usize,
    head: Vec<Row>,
    segments: &[Arc<Segment>],
) -> Result<Page, Fault> {
    let limit = limit.min(PAGE_MAX);
    if limit == 0 {
        return Ok(Page::default());
    }
    let mut newest = Newest::new(limit);
    for row in head {
        newest.offer((row.occurred_at, row.seq), Place::Head(Box::new(row)));
    }
    for (index, part) in latest_first(env.id(), segments) {
        search(&segments[index], index, part, wanted, &mut newest)?;
    }
    let more = newest.kept.len() > limit;
    if more {
        newest.kept.pop_first();
    }
    let Fitting { kept, bytes, cut } = decode(newest.kept, segments)?;
    let more = more || cut.is_some();
    let next = kept.first_key_value().filter(|_| more).map(|(moment, _)| before(*moment));
    let mut events = Vec::with_capacity(kept.len());
    for (row, segment) in kept.into_values().rev() {
        let stored = row.into_stored(env);
        events.push(stored.map_err(|error| match segment {
            Some(index) => segments[index].damaged(error),
            None => Fault::damaged("head", error),
        })?);
    }
    Ok(Page { events, next, bytes })
}

fn before((occurred_at, seq): Moment) -> Before {
    Before { occurred_at: Timestamp::from_micros(occurred_at), seq }
}

/// The segments that hold this environment, by their latest event.
fn latest_first(env: EnvironmentId, segments: &[Arc<Segment>]) -> Vec<(usize, &Part)> {
    let parts = segments.iter().enumerate();
    let mut parts: Vec<_> =
        parts.filter_map(|(index, segment)| Some((index, segment.entry.part(env)?))).collect();
    parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.last_at));
    parts
}

/// Offers the matching rows of one segment.
fn search(
    segment: &Segment,
    index: usize,
    part: &Part,
    wanted: &Wanted<'_>,
    newest: &mut Newest<Place>,
) -> Result<(), Fault> {
    let mut wanted = *wanted;
    if let Some((floor, _)) = newest.floor() {
        wanted.after = Some(wanted.after.map_or(floor, |after| after.max(floor)));
    }
    let too_old = wanted.after.is_some_and(|after| part.last_at < after);
    let too_new = wanted.before.is_some_and(|(before, _)| part.first_at > before);
    if too_old || too_new {
        return Ok(());
    }
    let ranges = wanted.ranges(segment, part)?;
    if ranges.is_empty() {
        return Ok(());
    }
    let mut rows = ranges.iter().cloned().flatten();
    for batch in segment.read(&wanted.columns(), &ranges, None)? {
        let batch = batch?;
        let hits = hits(&batch, &wanted).map_err(|error| segment.damaged(error))?;
        for (row, hit) in rows.by_ref().zip(hits) {
            if let Some(moment) = hit.filter(|moment| newest.floor().is_none_or(|floor| *moment > floor)) {
                newest.offer(moment, Place::Segment { index, row });
            }
        }
    }
    Ok(())
}

/// For each row of the batch its moment, where it is wanted.
fn hits(batch: &RecordBatch, wanted: &Wanted<'_>) -> Result<Vec<Option<Moment>>, Unexpected> {
    let columns = Columns(batch);
    let (times, seqs) = (columns.instants(Column::OccurredAt)?, columns.numbers(Column::Seq)?);
    let mut hits: Vec<Option<Moment>> = times.iter().copied().zip(seqs.iter().copied()).map(Some).collect();
    let mut narrow = |keep: &dyn Fn(usize) -> bool| {
        hits.iter_mut().enumerate().filter(|(row, _)| !keep(*row)).for_each(|(_, hit)| *hit = None);
    };
    narrow(&|row| wanted.in_time((times[row], seqs[row])));
    if let Some(ids) = wanted.user_ids {
        narrow(&among(&columns.texts(Column::UserId)?, ids));
    }
    if let Some(name) = wanted.name {
        narrow(&among(&columns.texts(Column::Name)?, &[name]));
    }
    if let Some(account) = wanted.account {
        let (groups, tenants) = (columns.texts(Column::GroupId)?, columns.texts(Column::TenantId)?);
        let (by_group, by_tenant) = (among(&groups, account.group_ids), among(&tenants, account.tenant_ids));
        narrow(&|row| by_group(row) || by_tenant(row));
    }
    Ok(hits)
}

/// The newest rows behind the places, each with the segment it came from.
fn decode(places: BTreeMap<Moment, Place>, segments: &[Arc<Segment>]) -> Result<Fitting, Fault> {
    let mut decoded = Fitting::default();
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in places.into_values() {
        match place {
            Place::Head(row) => decoded.offer(*row, None),
            Place::Segment { index, row } => rows_of.entry(index).or_default().push(row),
        }
    }
    for (index, rows) in rows_of {
        for row in segments[index].rows(&ranges_of(rows))? {
            decoded.offer(row?, Some(index));
        }
    }
    Ok(decoded)
}

fn ranges_of(mut rows: Vec<usize>) -> Vec<Range<usize>> {
    rows.sort_unstable();
    let mut ranges = Vec::new();
    rows.into_iter().for_each(|row| append(&mut ranges, row..row + 1));
    ranges
}
