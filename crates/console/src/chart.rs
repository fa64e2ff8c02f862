//! Charts as SVG made on the server: zero-based, few grid lines, widths as attributes (no inline style).

use crate::words::{count, day};
use jiff::civil::Date;

/// The width of a chart beside something else, of one alone, and of one on a phone, in the units of its 216 high picture.
/// Near the width at which it is shown, so that its words keep their size.
pub const BESIDE: f64 = 660.0;
pub const ALONE: f64 = 1_120.0;
pub const PHONE: f64 = 330.0;
const HEIGHT: f64 = 216.0;
/// Room for the numbers of the grid: at least this, and more for long ones.
const LEFT_MIN: f64 = 34.0;
const DIGIT: f64 = 6.6;
const GAP: f64 = 10.0;
const RIGHT_MARGIN: f64 = 4.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 188.0;
/// Labels of days that stand below the bars, and the room that each takes without touching the next.
const LABELS_MAX: usize = 7;
const LABEL: f64 = 50.0;

/// One day: all of it, and the part of it that is drawn dark. The part may be more than the whole: an account that is
/// created after midnight belongs to a signup of the day before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub whole: u64,
    pub part: u64,
}

/// A bar, ready to be written.
#[derive(Debug, Clone)]
pub struct Bar {
    pub x: String,
    pub width: String,
    pub whole_y: String,
    pub whole_height: String,
    pub part_y: String,
    pub part_height: String,
    pub hit_x: String,
    pub hit_width: String,
    /// What the bar says on hover.
    pub title: String,
}

#[derive(Debug, Clone)]
pub struct Label {
    pub at: String,
    pub text: String,
    /// `text-anchor` of the label: the last day's would leave the picture.
    pub anchor: &'static str,
}

/// Bars per day with their grid.
#[derive(Debug, Clone)]
pub struct Chart {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub grid: Vec<Label>,
    pub bars: Vec<Bar>,
    pub days: Vec<Label>,
}

/// Draws the days, in order, at least one.
pub fn bars(days: &[Day], whole_name: &str, part_name: &str, picture: f64) -> Chart {
    let right = picture - RIGHT_MARGIN;
    // The pale bar is never lower than the dark one that stands in it; the words say the numbers as they are.
    let drawn = |d: &Day| d.whole.max(d.part);
    let top = days.iter().map(drawn).max().unwrap_or(0);
    let step = step(top);
    let ceiling = (top.div_ceil(step) * step).max(step);
    let y = |value: u64| BOTTOM - (BOTTOM - TOP) * value as f64 / ceiling as f64;
    let left = (count(ceiling).len() as f64 * DIGIT + GAP).max(LEFT_MIN);
    let slot = (right - left) / days.len().max(1) as f64;
    let width = (slot * 0.76).min(40.0);
    let middle = |index: usize| left + slot * (index as f64 + 0.5);
    let bar = |(index, d): (usize, &Day)| Bar {
        x: px(middle(index) - width / 2.0),
        width: px(width),
        whole_y: px(y(drawn(d))),
        whole_height: px(BOTTOM - y(drawn(d))),
        part_y: px(y(d.part)),
        part_height: px(BOTTOM - y(d.part)),
        hit_x: px(left + slot * index as f64),
        hit_width: px(slot),
        title: format!("{}: {} {whole_name}, {} {part_name}", day(d.date), count(d.whole), count(d.part)),
    };
    let labels = ((right - left) / LABEL) as usize;
    let every = days.len().div_ceil(labels.clamp(1, LABELS_MAX)).max(1);
    let last = days.len().saturating_sub(1);
    Chart {
        width: picture,
        height: HEIGHT,
        left,
        right,
        grid: (0..=ceiling / step)
            .map(|n| Label { at: px(y(n * step)), text: count(n * step), anchor: "end" })
            .collect(),
        bars: days.iter().enumerate().map(bar).collect(),
        // Counted from today backwards, so that the last day always has its label.
        days: (0..days.len())
            .filter(|index| (last - index).is_multiple_of(every))
            .map(|index| {
                let near_the_edge = middle(index) > right - 18.0;
                let (at, anchor) = if near_the_edge { (right, "end") } else { (middle(index), "middle") };
                Label { at: px(at), text: day(days[index].date), anchor }
            })
            .collect(),
    }
}

/// The distance of grid lines: 1, 2 or 5 times a power of ten, four lines at most.
fn step(top: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if top.div_ceil(step) <= 4 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
