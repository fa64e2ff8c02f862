//! Fewer, larger segments: several of a similar size become one, row by row, in their common order.
//!
//! A row is rewritten once for each power of [`FAN`] between the segment it came in and [`ROWS_MAX`]: at most eight
//! times in its life, and about twice where whole heads are sealed. What is read here was de-duplicated when it
//! came in, so merging changes no answer.

use crate::{
    Fault,
    row::{Order, Row},
    segment::{Segment, Writer},
};
use std::{path::Path, sync::Arc};

/// How many segments of one size become one.
const FAN: usize = 8;
/// A segment this large is left alone.
const ROWS_MAX: u64 = 4 << 20;

/// Which segments to merge next, by their rows: the places of at most [`FAN`] of one class, the smallest first. Class
/// `n` begins at [`FAN`]ⁿ rows, so what becomes of [`FAN`] segments is of a higher one, and none grows row by row.
pub(crate) fn choose(rows: &[u64]) -> Option<Vec<usize>> {
    let class = |rows: u64| rows.max(1).ilog(FAN as u64);
    let mut classes = 0..=class(ROWS_MAX);
    classes.find_map(|wanted| {
        let of_class = |place: &usize| rows[*place] < ROWS_MAX && class(rows[*place]) == wanted;
        let places: Vec<usize> = (0..rows.len()).filter(of_class).take(FAN).collect();
        let mut sum = 0;
        let fits = |place: &&usize| {
            sum += rows[**place];
            sum <= 2 * ROWS_MAX
        };
        let chosen: Vec<usize> = places.iter().take_while(fits).copied().collect();
        (places.len() == FAN && chosen.len() > 1).then_some(chosen)
    })
}

/// Gives the rows of all `inputs` to `writer`, and ends it.
pub(crate) fn merge(mut writer: Writer, dir: &Path, inputs: &[Arc<Segment>]) -> Result<Segment, Fault> {
    let mut sources = Vec::with_capacity(inputs.len());
    for segment in inputs {
        let whole = 0..segment.entry.rows as usize;
        sources.push(Ahead::new(segment.rows(&[whole])?)?);
    }
    while let Some(least) = least(&sources) {
        if let Some(row) = sources[least].advance()? {
            writer.push(row)?;
        }
    }
    writer.finish(dir)
}

/// The source with the least next row. Sources are few: a search beats a heap of owned keys.
fn least<I>(sources: &[Ahead<I>]) -> Option<usize> {
    let next = |place: usize| sources[place].order().map(|order| (order, place));
    (0..sources.len()).filter_map(next).min().map(|(_, place)| place)
}

/// Rows with the next one in sight.
struct Ahead<I> {
    rows: I,
    next: Option<Row>,
}

impl<I> Ahead<I> {
    fn order(&self) -> Option<Order<'_>> {
        self.next.as_ref().map(Row::order)
    }
}

impl<I: Iterator<Item = Result<Row, Fault>>> Ahead<I> {
    fn new(mut rows: I) -> Result<Self, Fault> {
        let next = rows.next().transpose()?;
        Ok(Self { rows, next })
    }

    fn advance(&mut self) -> Result<Option<Row>, Fault> {
        let next = self.rows.next().transpose()?;
        Ok(std::mem::replace(&mut self.next, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_of_a_size_are_merged_and_large_ones_left_alone() {
        assert_eq!(choose(&[100; 7]), None);
        assert_eq!(choose(&[100; 9]), Some((0..8).collect()));
        assert_eq!(choose(&[ROWS_MAX, 3, 3, 3, 3, 900, 3, 3, 3, 3]), Some(vec![1, 2, 3, 4, 6, 7, 8, 9]));
        assert_eq!(choose(&[ROWS_MAX; 20]), None);
    }

    /// Seals and merges: the segments that are left, and how many rows were written in all.
    fn grow(sealed: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
        let (mut rows, mut written) = (Vec::new(), 0);
        for head in sealed {
            rows.push(head);
            written += head;
            while let Some(places) = choose(&rows) {
                let sum = places.iter().map(|place| rows[*place]).sum();
                written += sum;
                rows[places[0]] = sum;
                for place in places[1..].iter().rev() {
                    rows.remove(*place);
                }
            }
        }
        (rows, written)
    }

    #[test]
    fn the_number_of_segments_stays_small() {
        let (rows, written) = grow((0..10_000).map(|round| 65_536 + round % 2));
        let sum: u64 = rows.iter().sum();
        assert_eq!(sum, 655_365_000);
        assert!(rows.len() <= 655_360_000 / ROWS_MAX as usize + 2 * FAN, "{}", rows.len());
        assert!(written <= 3 * sum, "{written}");
    }

    #[test]
    fn a_lake_that_grows_by_a_few_rows_rewrites_each_a_few_times() {
        let (rows, written) = grow((0..30_000).map(|round| 1 + round % 40));
        let sum: u64 = rows.iter().sum();
        let levels = sum.ilog(FAN as u64);
        assert!(rows.len() <= FAN * (levels as usize + 1), "{}", rows.len());
        assert!(written <= (u64::from(levels) + 1) * sum, "{written} of {sum}");
    }
}
