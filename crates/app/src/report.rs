//! Questions about telemetry: how many a day, what one person or one account did, what came in lately.
//!
//! Counts and timelines come from the lake; which ids belong to one account, the profiles know. Both follow the
//! journal within moments, so an answer may lack the newest events.

pub use ::lake::{Before, Page, Stored};

use crate::{
    App,
    pool::{Pool, PoolFault},
    setting,
};
use ::lake::{DayCount, Filters, PAGE_BYTES_MAX};
use jiff::{Span, civil::Date, tz::TimeZone};
use kernel::{Category, Env, Timestamp};
use std::sync::Arc;

/// Most days of one count: about two years.
pub const DAYS_MAX: u16 = 731;
/// Most events of one page (domain 2.18).
pub const PAGE_MAX: usize = ::lake::PAGE_MAX;

/// The events that Home counts.
const SIGNED_UP: &str = "signed_up";
const ACCOUNT_CREATED: &str = "account_created";
/// Two names of one thing (the profiles take both).
const ADDED: &str = "account_added_user";
const ADDED_TOO: &str = "user_added_to_account";
/// Asked for per day. Whoever has any event of the last is either a creator or somebody who joined.
const COUNTED: [&[&str]; 3] = [&[SIGNED_UP], &[ACCOUNT_CREATED], &[ADDED, ADDED_TOO, ACCOUNT_CREATED]];

/// One day in the environment's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    /// People who signed up: each counts once a day, however many sources told of it.
    pub signups: u64,
    /// Accounts created. One counts once a day for the user who created it, however many sources told of it;
    /// without users, each event counts.
    pub accounts: u64,
    /// People who joined an account that somebody else had created, as an invited colleague does. Whoever creates one
    /// that day may be added to it as well and does not count here.
    pub joined: u64,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ReportFault {
    #[error("at most {DAYS_MAX} days can be counted")]
    TooManyDays,
    #[error("settings")]
    Setting(#[from] setting::SettingFault),
    #[error("state database")]
    Store(#[from] sql::Fault),
    #[error("lake")]
    Lake(#[from] ::lake::Fault),
    #[error("a question to the lake")]
    Pool(#[from] PoolFault),
}

impl ReportFault {
    pub fn category(&self) -> Category {
        match self {
            Self::TooManyDays => Category::Invalid,
            Self::Setting(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
            Self::Lake(fault) => fault.category(),
            Self::Pool(fault) => fault.category(),
        }
    }
}

/// Signups and accounts of the last `days` days, today included, the oldest first and none left out. A day begins
/// at midnight in the environment's time zone.
pub async fn daily(app: &App, env: Env, days: u16) -> Result<Vec<Day>, ReportFault> {
    if days > DAYS_MAX {
        return Err(ReportFault::TooManyDays);
    }
    let zone = zone(app, env).await?;
    let today = app.clock.now().to_jiff().to_zoned(zone.clone()).date();
    let from = today.saturating_sub(Span::new().days(i64::from(days) - 1));
    if days == 0 {
        return Ok(Vec::new());
    }
    let counts =
        in_lake(app, move |lake| lake.group_counts_per_day(env, &COUNTED, &zone, from, today)).await?;
    Ok(from.series(Span::new().days(1)).take(usize::from(days)).map(|date| day(date, &counts)).collect())
}

fn day(date: Date, counts: &[DayCount]) -> Day {
    let count = |name: &str| counts.iter().find(|count| count.date == date && count.name == name);
    let users = |name: &str| count(name).map_or(0, |count| count.users);
    Day {
        date,
        signups: users(SIGNED_UP),
        accounts: count(ACCOUNT_CREATED).map_or(0, |day| if day.users > 0 { day.users } else { day.events }),
        joined: users(ADDED).saturating_sub(users(ACCOUNT_CREATED)),
    }
}

/// UTC where the name says nothing to us: settings are checked when they are saved.
async fn zone(app: &App, env: Env) -> Result<TimeZone, ReportFault> {
    let current = setting::current(app, env).await?;
    Ok(TimeZone::get(&current.settings.time_zone).unwrap_or(TimeZone::UTC))
}

/// How many people have ever signed up.
pub async fn signups(app: &App, env: Env) -> Result<u64, ReportFault> {
    in_lake(app, move |lake| lake.count_users_with(env, SIGNED_UP)).await
}

/// What one person did, newest first.
pub async fn person_timeline(
    app: &App,
    env: Env,
    user_id: &str,
    before: Option<Before>,
    limit: usize,
) -> Result<Page, ReportFault> {
    let user_id = user_id.to_owned();
    in_lake(app, move |lake| lake.user_timeline(env, &[&user_id], before, limit.min(PAGE_MAX))).await
}

/// What happened in one account, by whichever of its ids it was told, newest first.
pub async fn account_timeline(
    app: &App,
    env: Env,
    any_id: &str,
    before: Option<Before>,
    limit: usize,
) -> Result<Page, ReportFault> {
    let any_id = any_id.to_owned();
    let ids = app.db.read(move |tx| store::profile::ids(tx, env, &any_id)).await?;
    in_lake(app, move |lake| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        lake.account_timeline(env, &ids, &ids, before, limit.min(PAGE_MAX))
    })
    .await
}

/// Which events [`recent`] shows; what is left out does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub event_name: Option<String>,
    pub user_id: Option<String>,
    pub group_id: Option<String>,
    pub source: Option<String>,
    /// At or after.
    pub after: Option<Timestamp>,
    /// Strictly before this position in (time, sequence number).
    pub before: Option<Before>,
}

/// The environment's events, newest first.
pub async fn recent(app: &App, env: Env, wanted: Wanted, limit: usize) -> Result<Page, ReportFault> {
    let wanted = Arc::new(wanted);
    in_lake(app, move |lake| match &wanted.source {
        None => page(lake, env, &wanted, wanted.before, limit),
        Some(source) => of_source(lake, env, &wanted, source, limit),
    })
    .await
}

fn page(
    lake: &::lake::Lake,
    env: Env,
    wanted: &Wanted,
    before: Option<Before>,
    limit: usize,
) -> Result<Page, ::lake::Fault> {
    let filters = Filters {
        name: wanted.event_name.as_deref(),
        user_id: wanted.user_id.as_deref(),
        group_id: wanted.group_id.as_deref(),
        after: wanted.after,
        before,
    };
    lake.recent(env, filters, limit.min(PAGE_MAX))
}

/// Most pages that are looked through for one page of a rare source; then the answer ends early, with a cursor.
const SOURCE_PAGES_MAX: usize = 20;

/// The lake does not filter by source: it is done here, page by page, until what was found may be too large for one more.
fn of_source(
    lake: &::lake::Lake,
    env: Env,
    wanted: &Wanted,
    source: &str,
    limit: usize,
) -> Result<Page, ::lake::Fault> {
    let mut found: Vec<Stored> = Vec::new();
    let (mut before, mut bytes) = (wanted.before, 0);
    for _ in 0..SOURCE_PAGES_MAX {
        let page = page(lake, env, wanted, before, PAGE_MAX)?;
        before = page.next;
        bytes += page.bytes;
        for stored in page.events {
            if found.len() == limit {
                let next = found.last().map(position);
                return Ok(Page { events: found, next, bytes });
            }
            if stored.event.source.as_deref() == Some(source) {
                found.push(stored);
            }
        }
        if before.is_none() || (bytes > PAGE_BYTES_MAX / 2 && !found.is_empty()) {
            break;
        }
    }
    Ok(Page { events: found, next: before, bytes })
}

fn position(stored: &Stored) -> Before {
    Before { occurred_at: stored.event.occurred_at, seq: stored.seq }
}

/// What became of all accepted events: accepted = stored + duplicate + dropped + waiting + unaccounted. Each of the
/// first four is counted where it happens; the last is what is left, and should be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounting {
    /// Events that the journal holds.
    pub accepted: u64,
    /// Events that the lake holds.
    pub stored: u64,
    /// Events that came again under the same message id.
    pub duplicate: u64,
    /// Events that could not be read; the dead letters say why.
    pub dropped: u64,
    /// Events that the lake has not read yet.
    pub waiting: u64,
    /// Events that are none of these (or, below zero, several): for a moment while a batch with an unreadable event is
    /// taken in, and otherwise a fault of ours.
    pub unaccounted: i64,
}

/// Accounts for every event that was ever accepted.
pub async fn accounting(app: &App) -> Result<Accounting, ReportFault> {
    let journal = app.journal.id();
    let letters = app.db.read(move |tx| store::consumer::offset(tx, journal, crate::consume::LAKE)).await?;
    let lake = app.lake.stats();
    // After the lake: it has read nothing that the journal does not hold.
    let accepted = app.journal.end().0.saturating_sub(1);
    let waiting = accepted.saturating_sub(lake.offset.saturating_sub(1));
    let stored = lake.rows + lake.head_rows;
    let dropped = letters.map_or(0, |offset| offset.dead);
    let told = stored + lake.duplicates + dropped + waiting;
    let unaccounted = i64::try_from(i128::from(accepted) - i128::from(told)).unwrap_or(i64::MAX);
    Ok(Accounting { accepted, stored, duplicate: lake.duplicates, dropped, waiting, unaccounted })
}

/// Questions that the lake answers at the same time, and how many may wait for their turn. Each takes a thread and tens
/// of megabytes where events are large.
const ASKING_MAX: usize = 8;
const WAITING_MAX: usize = 64;

/// Who asks the lake something.
#[derive(Debug)]
pub struct Questions(Pool);

impl Default for Questions {
    fn default() -> Self {
        Self(Pool::new(ASKING_MAX, WAITING_MAX))
    }
}

async fn in_lake<T: Send + 'static>(
    app: &App,
    ask: impl FnOnce(&::lake::Lake) -> Result<T, ::lake::Fault> + Send + 'static,
) -> Result<T, ReportFault> {
    let lake = app.lake.clone();
    Ok(app.questions.0.run(move || ask(&lake)).await??)
}
