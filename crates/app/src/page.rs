//! Pages of lists. One row more than a page is read: it tells that another page follows, and is not shown.

/// Takes the row off that is too many. Answers where the next page begins: at `place` of the last row that stays.
pub(crate) fn cut<T, P>(rows: &mut Vec<T>, limit: usize, place: impl FnOnce(&T) -> P) -> Option<P> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(place)
}

/// How many rows there are, where a page tells by itself: a first page behind which there is no other.
pub(crate) fn seen_all<T, A, P>(rows: &[T], after: Option<&A>, next: Option<&P>) -> Option<u64> {
    (after.is_none() && next.is_none()).then_some(rows.len() as u64)
}
