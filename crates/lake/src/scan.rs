//! Which rows of a segment can matter: the environment's rows, then the pages whose bounds allow a match.

use crate::{
    Fault,
    column::{Column, Texts},
    manifest::Part,
    row::Row,
    segment::Segment,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use std::ops::Range;

/// A row's place in time: (occurred at, sequence number).
pub(crate) type Moment = (i64, u64);

/// What the events of one timeline have in common; `None` does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) user_ids: Option<&'a [&'a str]>,
    pub(crate) account: Option<AccountIds<'a>>,
    pub(crate) name: Option<&'a str>,
    /// At or after.
    pub(crate) after: Option<i64>,
    /// Strictly before.
    pub(crate) before: Option<Moment>,
}

/// The ids that mean one account: an event belongs to it by either.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountIds<'a> {
    pub(crate) group_ids: &'a [&'a str],
    pub(crate) tenant_ids: &'a [&'a str],
}

impl Wanted<'_> {
    pub(crate) fn matches(&self, row: &Row) -> bool {
        let among = |ids: &[&str], id: &Option<String>| id.as_deref().is_some_and(|id| ids.contains(&id));
        self.in_time((row.occurred_at, row.seq))
            && self.name.is_none_or(|name| name == row.name)
            && self.user_ids.is_none_or(|ids| among(ids, &row.user_id))
            && self.account.is_none_or(|account| {
                among(account.group_ids, &row.group_id) || among(account.tenant_ids, &row.tenant_id)
            })
    }

    pub(crate) fn in_time(&self, moment: Moment) -> bool {
        self.after.is_none_or(|after| moment.0 >= after) && self.before.is_none_or(|before| moment < before)
    }

    /// The columns that [`Wanted::matches`] looks at.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = vec![Column::OccurredAt, Column::Seq];
        columns.extend(self.user_ids.map(|_| Column::UserId));
        columns.extend(self.name.map(|_| Column::Name));
        if self.account.is_some() {
            columns.extend([Column::GroupId, Column::TenantId]);
        }
        columns
    }

    /// The rows of `part` that the page index cannot rule out.
    pub(crate) fn ranges(&self, segment: &Segment, part: &Part) -> Result<Vec<Range<usize>>, Fault> {
        let rows = part.start as usize..(part.start + part.rows) as usize;
        let texts = |column, ids: &[&str]| {
            pages(segment, &rows, column, |bounds| ids.iter().any(|id| bounds.may_hold_text(id)))
        };
        let mut kept = vec![rows.clone()];
        if let Some(ids) = self.user_ids {
            kept = intersect(&kept, &texts(Column::UserId, ids)?);
        }
        if let Some(name) = self.name {
            kept = intersect(&kept, &texts(Column::Name, &[name])?);
        }
        if let Some(account) = self.account {
            let groups = texts(Column::GroupId, account.group_ids)?;
            let tenants = texts(Column::TenantId, account.tenant_ids)?;
            kept = intersect(&kept, &unite(groups, tenants));
        }
        if self.after.is_some() || self.before.is_some() {
            let first = self.after.unwrap_or(i64::MIN);
            let last = self.before.map_or(i64::MAX, |before| before.0);
            let times =
                pages(segment, &rows, Column::OccurredAt, |bounds| bounds.may_hold_time(first, last))?;
            kept = intersect(&kept, &times);
        }
        Ok(kept)
    }
}

/// Says of each row whether its text is one of `ids`; looks at each distinct text of a dictionary once.
pub(crate) fn among<'t>(texts: &'t Texts<'_>, ids: &[&str]) -> impl Fn(usize) -> bool + 't {
    let hits: Vec<bool> = texts.values().map(|text| text.is_some_and(|text| ids.contains(&text))).collect();
    move |row| texts.code(row).is_some_and(|code| hits[code])
}

/// Least and greatest value of one page of one column.
struct Bounds<'a> {
    index: &'a ColumnIndexMetaData,
    page: usize,
}

impl Bounds<'_> {
    fn may_hold_text(&self, text: &str) -> bool {
        let ColumnIndexMetaData::BYTE_ARRAY(index) = self.index else { return true };
        match (index.min_value(self.page), index.max_value(self.page)) {
            (Some(least), Some(greatest)) => least <= text.as_bytes() && text.as_bytes() <= greatest,
            _ => !self.index.is_null_page(self.page),
        }
    }

    fn may_hold_time(&self, first: i64, last: i64) -> bool {
        let ColumnIndexMetaData::INT64(index) = self.index else { return true };
        match (index.min_value(self.page), index.max_value(self.page)) {
            (Some(least), Some(greatest)) => *least <= last && first <= *greatest,
            _ => true,
        }
    }
}

/// The rows within `rows` that lie in pages of `column` which `keep` keeps.
fn pages(
    segment: &Segment,
    rows: &Range<usize>,
    column: Column,
    keep: impl Fn(Bounds<'_>) -> bool,
) -> Result<Vec<Range<usize>>, Fault> {
    let metadata = segment.metadata()?;
    let (Some(columns), Some(offsets)) = (metadata.column_index(), metadata.offset_index()) else {
        return Err(segment.damaged("it has no page index"));
    };
    let mut kept = Vec::new();
    let mut start = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let end = start + group.num_rows() as usize;
        if start < rows.end && rows.start < end {
            let index = &columns[number][column as usize];
            let locations = offsets[number][column as usize].page_locations();
            let starts = locations.iter().map(|page| start + page.first_row_index as usize);
            let ends = starts.clone().skip(1).chain([end]);
            for (page, (from, to)) in starts.zip(ends).enumerate() {
                let range = from.max(rows.start)..to.min(rows.end);
                if range.start < range.end && keep(Bounds { index, page }) {
                    append(&mut kept, range);
                }
            }
        }
        start = end;
    }
    Ok(kept)
}

/// Adds a range that starts no earlier than the last one, joined to it where they touch.
pub(crate) fn append(ranges: &mut Vec<Range<usize>>, next: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
        _ => ranges.push(next),
    }
}

fn intersect(left: &[Range<usize>], right: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut both = Vec::new();
    let (mut l, mut r) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(l), right.get(r)) {
        let common = a.start.max(b.start)..a.end.min(b.end);
        if common.start < common.end {
            both.push(common);
        }
        if a.end <= b.end { l += 1 } else { r += 1 }
    }
    both
}

fn unite(left: Vec<Range<usize>>, right: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut all = [left, right].concat();
    all.sort_unstable_by_key(|range| range.start);
    let mut joined = Vec::new();
    all.into_iter().for_each(|range| append(&mut joined, range));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_meet_and_join() {
        let left = [0..3, 5..9, 12..13];
        let right = [1..2, 2..6, 8..12];
        assert_eq!(intersect(&left, &right), [1..2, 2..3, 5..6, 8..9]);
        assert_eq!(unite(left.to_vec(), right[..2].to_vec()), [0..9, 12..13]);
        assert_eq!(unite(vec![4..5, 8..9], vec![0..1, 6..7]), [0..1, 4..5, 6..7, 8..9]);
    }
}
