//! Events and distinct users per cell, exact, in memory that does not grow with the number of users.
//!
//! Each source (a segment, the head) is sorted by user, so all of them are walked side by side: a user's events
//! from every source are looked at together, counted, and forgotten.

use crate::{
    CELLS_MAX, DayCount, Fault,
    column::{Column, Columns, Unexpected},
    head::Head,
    manifest::Part,
    scan::among,
    segment::{Batches, Filter, Segment},
};
use arrow_array::{BooleanArray, RecordBatch};
use jiff::{civil::Date, tz::TimeZone};
use kernel::EnvironmentId;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    sync::Arc,
};

/// What is counted: names in the first dimension, days in the second.
pub(crate) struct Grid {
    /// Events of any of the names of a group are counted together. A name may stand in several groups.
    groups: Vec<Vec<String>>,
    dates: Vec<Date>,
    /// Where each day begins, and where the last one ends, in microseconds since 1970.
    bounds: Vec<i64>,
}

impl Grid {
    /// One cell for all time.
    pub(crate) fn whole(name: &str) -> Self {
        Self {
            groups: vec![vec![name.to_owned()]],
            dates: vec![Date::ZERO],
            bounds: vec![i64::MIN, i64::MAX],
        }
    }

    /// Calendar days from `from` to `to`, both included, each as long as the zone makes it.
    pub(crate) fn days(groups: &[&[&str]], zone: &TimeZone, from: Date, to: Date) -> Result<Self, Fault> {
        let mut distinct: Vec<Vec<String>> = Vec::new();
        for group in groups {
            if !distinct.iter().any(|known| known == group) {
                distinct.push(group.iter().map(|&name| name.to_owned()).collect());
            }
        }
        let days = usize::try_from((to - from).get_days() + 1).unwrap_or(0);
        let cells = days.saturating_mul(distinct.len());
        if cells > CELLS_MAX || days > CELLS_MAX {
            return Err(Fault::TooWide { cells: cells.max(days), max: CELLS_MAX });
        }
        let dates: Vec<Date> = from.series(jiff::Span::new().days(1)).take(days).collect();
        let mut bounds = Vec::with_capacity(days + 1);
        for date in &dates {
            bounds.push(start_of(*date, zone)?);
        }
        if let Some(last) = dates.last() {
            let calendar = |source| Fault::Calendar { date: *last, source };
            bounds.push(start_of(last.tomorrow().map_err(calendar)?, zone)?);
        }
        Ok(Self { groups: distinct, dates, bounds })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty() || self.dates.is_empty()
    }

    fn cells(&self) -> usize {
        self.groups.len() * self.dates.len()
    }

    fn day(&self, at: i64) -> Option<usize> {
        let begun = self.bounds.partition_point(|bound| *bound <= at);
        begun.checked_sub(1).filter(|day| *day < self.dates.len())
    }

    /// The groups in which this name stands.
    fn groups_of(&self, name: &str) -> Vec<usize> {
        let holds = |group: &Vec<String>| group.iter().any(|known| known == name);
        self.groups.iter().enumerate().filter(|(_, group)| holds(group)).map(|(index, _)| index).collect()
    }

    fn cells_at<'g>(&self, groups: &'g [usize], at: i64) -> impl Iterator<Item = usize> + use<'g> {
        let first = self.day(at).map(|day| day * self.groups.len());
        first.into_iter().flat_map(|first| groups.iter().map(move |group| first + group))
    }

    fn first(&self) -> i64 {
        self.bounds.first().copied().unwrap_or(i64::MAX)
    }

    fn end(&self) -> i64 {
        self.bounds.last().copied().unwrap_or(i64::MIN)
    }

    /// Whether a part's times touch the grid.
    fn touches(&self, part: &Part) -> bool {
        part.last_at >= self.first() && part.first_at < self.end()
    }

    /// Day by day, the groups in the order of the question.
    pub(crate) fn rows(self, counts: &Counts) -> Vec<DayCount> {
        let groups = self.groups.len();
        let row = |cell: usize| DayCount {
            date: self.dates[cell / groups],
            name: self.groups[cell % groups].first().cloned().unwrap_or_default(),
            events: counts.events[cell],
            users: counts.users[cell],
        };
        (0..self.cells()).map(row).collect()
    }
}

/// The first instant of a day, also where the zone skips midnight.
fn start_of(date: Date, zone: &TimeZone) -> Result<i64, Fault> {
    let start = date.to_zoned(zone.clone()).map_err(|source| Fault::Calendar { date, source })?;
    Ok(start.timestamp().as_microsecond())
}

/// Per cell of the grid.
pub(crate) struct Counts {
    pub(crate) events: Vec<u64>,
    pub(crate) users: Vec<u64>,
}

/// Some events of one user in one source, as cells; without a user, the events of nobody known.
struct Run {
    user: Option<String>,
    cells: Vec<usize>,
}

/// The head's runs in the order of the users, taken while it stands still.
pub(crate) struct HeadRuns(Vec<Run>);

pub(crate) fn of_head(head: &Head, env: EnvironmentId, grid: &Grid) -> HeadRuns {
    let mut runs: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for row in head.rows().iter().filter(|row| row.env == env) {
        let groups = grid.groups_of(&row.name);
        let mut cells = grid.cells_at(&groups, row.occurred_at).peekable();
        if cells.peek().is_some() {
            runs.entry(row.user_id.as_deref()).or_default().extend(cells);
        }
    }
    HeadRuns(runs.into_iter().map(|(user, cells)| Run { user: user.map(str::to_owned), cells }).collect())
}

/// Counts over the head's runs and the segments.
pub(crate) fn count(
    env: EnvironmentId,
    grid: &Grid,
    head: HeadRuns,
    segments: &[Arc<Segment>],
) -> Result<Counts, Fault> {
    let mut sources: Vec<Box<dyn Iterator<Item = Result<Run, Fault>> + '_>> =
        vec![Box::new(head.0.into_iter().map(Ok))];
    for segment in segments {
        if let Some(part) = segment.entry.part(env).filter(|part| grid.touches(part)) {
            sources.push(Box::new(SegmentRuns::open(segment, part, grid)?));
        }
    }
    let mut counts = Counts { events: vec![0; grid.cells()], users: vec![0; grid.cells()] };
    merge(sources, &mut counts)?;
    Ok(counts)
}

/// Walks the sources side by side, always on with the least user.
fn merge<'s>(
    mut sources: Vec<Box<dyn Iterator<Item = Result<Run, Fault>> + 's>>,
    counts: &mut Counts,
) -> Result<(), Fault> {
    let mut cells_of: Vec<Vec<usize>> = vec![Vec::new(); sources.len()];
    let mut heads = BinaryHeap::new();
    for source in 0..sources.len() {
        if let Some(run) = sources[source].next().transpose()? {
            cells_of[source] = run.cells;
            heads.push(Reverse((run.user, source)));
        }
    }
    let mut current: Option<String> = None;
    let mut cells: Vec<usize> = Vec::new();
    while let Some(Reverse((user, source))) = heads.pop() {
        if user != current {
            settle(&current, &mut cells, counts);
            current = user;
        }
        cells.append(&mut cells_of[source]);
        if current.is_none() {
            settle(&current, &mut cells, counts);
        }
        if let Some(run) = sources[source].next().transpose()? {
            cells_of[source] = run.cells;
            heads.push(Reverse((run.user, source)));
        }
    }
    settle(&current, &mut cells, counts);
    Ok(())
}

/// Counts what was gathered for one user, and forgets it.
fn settle(user: &Option<String>, cells: &mut Vec<usize>, counts: &mut Counts) {
    cells.iter().for_each(|cell| counts.events[*cell] += 1);
    if user.is_some() {
        cells.sort_unstable();
        cells.dedup();
        cells.iter().for_each(|cell| counts.users[*cell] += 1);
    }
    cells.clear();
}

/// The runs of one segment, in the order of the users, a user's perhaps in pieces.
struct SegmentRuns<'s> {
    segment: &'s Segment,
    grid: &'s Grid,
    batches: Batches<'s>,
    ready: VecDeque<Run>,
    ended: bool,
}

impl<'s> SegmentRuns<'s> {
    fn open(segment: &'s Segment, part: &Part, grid: &'s Grid) -> Result<Self, Fault> {
        let rows = part.start as usize..(part.start + part.rows) as usize;
        let decisive = [Column::OccurredAt, Column::Name];
        let columns = [Column::UserId, Column::OccurredAt, Column::Name];
        let batches = segment.read(&columns, &[rows], Some((&decisive, filter(grid))))?;
        Ok(Self { segment, grid, batches, ready: VecDeque::new(), ended: false })
    }

    /// Appends the runs of one batch. A user may go on in the next batch's first run: [`merge`] joins them.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Unexpected> {
        let columns = Columns(batch);
        let (names, users) = (columns.texts(Column::Name)?, columns.texts(Column::UserId)?);
        let known = |text: Option<&str>| text.map_or_else(Vec::new, |name| self.grid.groups_of(name));
        let codes: Vec<Vec<usize>> = names.values().map(known).collect();
        for (row, at) in columns.instants(Column::OccurredAt)?.iter().enumerate() {
            let groups = names.code(row).map_or(&[][..], |code| &codes[code]);
            let mut cells = self.grid.cells_at(groups, *at).peekable();
            if cells.peek().is_none() {
                continue;
            }
            let user = users.get(row);
            match self.ready.back_mut().filter(|run| run.user.as_deref() == user) {
                Some(run) => run.cells.extend(cells),
                None => {
                    self.ready.push_back(Run { user: user.map(str::to_owned), cells: cells.collect() });
                }
            }
        }
        Ok(())
    }
}

impl Iterator for SegmentRuns<'_> {
    type Item = Result<Run, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            let taken = match self.batches.next() {
                None => {
                    self.ended = true;
                    Ok(())
                }
                Some(Err(fault)) => Err(fault),
                Some(Ok(batch)) => self.take(&batch).map_err(|error| self.segment.damaged(error)),
            };
            if let Err(fault) = taken {
                self.ended = true;
                self.ready.clear();
                return Some(Err(fault));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

/// Keeps the rows of the grid before the users are decoded.
fn filter(grid: &Grid) -> Filter {
    let names = grid.groups.concat();
    let (first, end) = (grid.first(), grid.end());
    Box::new(move |batch| {
        let columns = Columns(&batch);
        let external = |error: Unexpected| arrow_schema::ArrowError::ExternalError(Box::new(error));
        let texts = columns.texts(Column::Name).map_err(external)?;
        let times = columns.instants(Column::OccurredAt).map_err(external)?;
        let ids: Vec<&str> = names.iter().map(String::as_str).collect();
        let named = among(&texts, &ids);
        let keep = times.iter().enumerate().map(|(row, at)| Some((first..end).contains(at) && named(row)));
        Ok(keep.collect::<BooleanArray>())
    })
}
