//! The questions. Each looks at the head while it stands still, takes the list of segments of the same instant,
//! and reads those without holding anything.

use crate::{
    Before, DayCount, Fault, Filters, Lake, Page, Segments,
    count::{self, Counts, Grid},
    head::Head,
    scan::{AccountIds, Wanted},
    timeline,
};
use jiff::{civil::Date, tz::TimeZone};
use kernel::{Env, Timestamp};

impl Lake {
    /// Events and distinct users for each calendar day of `zone` from `from` to `to`, both included, and each of
    /// `names`: day by day, the names in the given order, days without events as zeros. Days are as long as the
    /// zone makes them. At most [`crate::CELLS_MAX`] days × names.
    pub fn counts_per_day(
        &self,
        env: Env,
        names: &[&str],
        zone: &TimeZone,
        from: Date,
        to: Date,
    ) -> Result<Vec<DayCount>, Fault> {
        let groups: Vec<&[&str]> = names.iter().map(std::slice::from_ref).collect();
        self.group_counts_per_day(env, &groups, zone, from, to)
    }

    /// The same, with the events of any of the names of a group counted together: a user with several of them counts
    /// once. The first name of a group stands for it in the answer; a name may be in several groups.
    pub fn group_counts_per_day(
        &self,
        env: Env,
        groups: &[&[&str]],
        zone: &TimeZone,
        from: Date,
        to: Date,
    ) -> Result<Vec<DayCount>, Fault> {
        let grid = Grid::days(groups, zone, from, to)?;
        if grid.is_empty() {
            return Ok(Vec::new());
        }
        let counts = self.count(env, &grid)?;
        Ok(grid.rows(&counts))
    }

    /// How many distinct user ids ever had an event of this name.
    pub fn count_users_with(&self, env: Env, name: &str) -> Result<u64, Fault> {
        let counts = self.count(env, &Grid::whole(name))?;
        Ok(counts.users.iter().sum())
    }

    /// A person's events, newest first; `user_ids` are all ids of that person. At most `limit`, and never more
    /// than [`crate::PAGE_MAX`]; the next page begins before [`Page::next`].
    pub fn user_timeline(
        &self,
        env: Env,
        user_ids: &[&str],
        before: Option<Before>,
        limit: usize,
    ) -> Result<Page, Fault> {
        let wanted = Wanted { user_ids: Some(user_ids), before: before.map(moment), ..Wanted::default() };
        self.timeline(env, &wanted, limit)
    }

    /// An account's events, newest first: those that carry one of its group ids or one of its tenant ids, never
    /// those of a member without it. Pages as in [`Lake::user_timeline`].
    pub fn account_timeline(
        &self,
        env: Env,
        group_ids: &[&str],
        tenant_ids: &[&str],
        before: Option<Before>,
        limit: usize,
    ) -> Result<Page, Fault> {
        let account = Some(AccountIds { group_ids, tenant_ids });
        let wanted = Wanted { account, before: before.map(moment), ..Wanted::default() };
        self.timeline(env, &wanted, limit)
    }

    /// The environment's newest events, narrowed by `filters`. Pages as in [`Lake::user_timeline`].
    pub fn recent(&self, env: Env, filters: Filters<'_>, limit: usize) -> Result<Page, Fault> {
        let group_ids = filters.group_id.as_slice();
        let wanted = Wanted {
            user_ids: filters.user_id.as_ref().map(std::slice::from_ref),
            account: filters.group_id.map(|_| AccountIds { group_ids, tenant_ids: &[] }),
            name: filters.name,
            after: filters.after.map(Timestamp::micros),
            before: filters.before.map(moment),
        };
        self.timeline(env, &wanted, limit)
    }

    fn timeline(&self, env: Env, wanted: &Wanted<'_>, limit: usize) -> Result<Page, Fault> {
        let (head, segments) = self.snapshot(|head| timeline::of_head(head, env.id(), wanted, limit))?;
        timeline::page(env, wanted, limit, head, &segments)
    }

    fn count(&self, env: Env, grid: &Grid) -> Result<Counts, Fault> {
        let (head, segments) = self.snapshot(|head| count::of_head(head, env.id(), grid))?;
        count::count(env.id(), grid, head, &segments)
    }

    /// What the head says, and the segments of the same instant.
    fn snapshot<T>(&self, ask: impl FnOnce(&Head) -> T) -> Result<(T, Segments), Fault> {
        let state = self.state()?;
        Ok((ask(&state.head), state.segments.clone()))
    }
}

fn moment(before: Before) -> (i64, u64) {
    (before.occurred_at.micros(), before.seq)
}
