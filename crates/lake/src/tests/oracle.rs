//! The answers, computed the obvious way from a list of events.

use crate::{Before, DayCount, Lake, Page, Stored};
use jiff::{civil::Date, tz::TimeZone};
use kernel::Env;
use model::event::Event;
use std::collections::HashSet;

/// The first event of each message id.
pub(super) fn distinct(events: &[(u64, Event)]) -> Vec<Stored> {
    let mut seen = HashSet::new();
    let first = events.iter().filter(|(_, event)| seen.insert((event.env, event.message_id)));
    first.map(|(seq, event)| Stored { seq: *seq, event: event.clone() }).collect()
}

pub(super) fn counts_per_day(
    stored: &[Stored],
    env: Env,
    names: &[&str],
    zone: &TimeZone,
    days: (Date, Date),
) -> Vec<DayCount> {
    let mut counts = Vec::new();
    let mut date = days.0;
    while date <= days.1 {
        for name in names {
            let on_day = |event: &&Event| {
                let day = event.occurred_at.to_jiff().to_zoned(zone.clone()).date();
                event.env == env && event.name == *name && day == date
            };
            let events: Vec<&Event> = stored.iter().map(|stored| &stored.event).filter(on_day).collect();
            let users: HashSet<&String> = events.iter().filter_map(|event| event.user_id.as_ref()).collect();
            let (events, users) = (events.len() as u64, users.len() as u64);
            counts.push(DayCount { date, name: (*name).into(), events, users });
        }
        date = date.tomorrow().unwrap();
    }
    counts
}

pub(super) fn users_with(stored: &[Stored], env: Env, name: &str) -> u64 {
    let named = stored.iter().filter(|stored| stored.event.env == env && stored.event.name == name);
    named.filter_map(|stored| stored.event.user_id.as_ref()).collect::<HashSet<_>>().len() as u64
}

/// What `wanted` keeps, newest first.
pub(super) fn timeline(stored: &[Stored], env: Env, wanted: impl Fn(&Event) -> bool) -> Vec<Stored> {
    let mut kept: Vec<Stored> =
        stored.iter().filter(|stored| stored.event.env == env && wanted(&stored.event)).cloned().collect();
    kept.sort_by_key(|stored| std::cmp::Reverse((stored.event.occurred_at, stored.seq)));
    kept
}

/// All pages of a timeline, one after the other.
pub(super) fn all_pages(mut page: impl FnMut(Option<Before>) -> Page, limit: usize) -> Vec<Stored> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let next = page(before);
        assert!(next.events.len() <= limit);
        assert!(next.next.is_none() || next.events.len() == limit, "a page with a next one is full");
        all.extend(next.events);
        before = next.next;
        if before.is_none() {
            return all;
        }
    }
}

/// The event under the first of these names, if it has any of them.
fn as_one(mut stored: Stored, names: &[&str]) -> Stored {
    if names.contains(&stored.event.name.as_str()) {
        stored.event.name = names[0].into();
    }
    stored
}

/// Asks everything in every way and compares.
pub(super) fn assert_agrees(lake: &Lake, events: &[(u64, Event)], zones: &[TimeZone], days: (Date, Date)) {
    const LIMIT: usize = 6;
    let stored = distinct(events);
    let names = ["signed_up", "page_visit", "never"];
    for env in [super::env(1), super::env(2), super::env(3)] {
        for zone in zones {
            let counts = lake.counts_per_day(env, &names, zone, days.0, days.1).unwrap();
            assert_eq!(counts, counts_per_day(&stored, env, &names, zone, days));
        }
        let union = ["never", "signed_up", "page_visit"];
        let groups = [&union[..], &["signed_up"]];
        let counts = lake.group_counts_per_day(env, &groups, &zones[0], days.0, days.1).unwrap();
        let (of_any, of_one): (Vec<_>, Vec<_>) = counts.into_iter().partition(|count| count.name == "never");
        assert_eq!(of_one, counts_per_day(&stored, env, &["signed_up"], &zones[0], days));
        let renamed: Vec<Stored> = stored.iter().cloned().map(|s| as_one(s, &union)).collect();
        assert_eq!(of_any, counts_per_day(&renamed, env, &["never"], &zones[0], days));
        for name in names {
            assert_eq!(lake.count_users_with(env, name).unwrap(), users_with(&stored, env, name));
        }
        let of_users = all_pages(|b| lake.user_timeline(env, &["u1", "ü2"], b, LIMIT).unwrap(), LIMIT);
        let among = |id: &Option<String>, ids: &[&str]| id.as_deref().is_some_and(|id| ids.contains(&id));
        assert_eq!(of_users, timeline(&stored, env, |event| among(&event.user_id, &["u1", "ü2"])));
        let of_account =
            all_pages(|b| lake.account_timeline(env, &["g1"], &["t1", "t2"], b, LIMIT).unwrap(), LIMIT);
        let theirs = |e: &Event| among(&e.group_id, &["g1"]) || among(&e.tenant_id, &["t1", "t2"]);
        assert_eq!(of_account, timeline(&stored, env, theirs));
        let everything = lake.recent(env, crate::Filters::default(), 1_000).unwrap();
        assert_eq!(everything.events, timeline(&stored, env, |_| true));
        assert_eq!(everything.next, None);
    }
}
