//! Home: four weeks of signups, nobody yet, and a signup that was tried out.

use super::{Page, frame, page, snippet};
use crate::{
    chart::{self, Day},
    operator::home::{Totals, arrived, compared, summary},
    view::{
        Frame, Room,
        home::{DayRow, First, Home, Tile, Tried, Try},
        mail::Inside,
    },
    words::{count, day},
};
use jiff::civil::date;
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    vec![
        page("home", &home(Stage::Development)),
        page("home-production", &home(Stage::Production)),
        page("home-empty", &home_empty()),
        page("tried", &tried()),
    ]
}

fn days() -> Vec<Day> {
    let signups = [
        12, 14, 9, 17, 21, 8, 6, 15, 18, 22, 19, 25, 11, 8, 21, 24, 20, 27, 31, 13, 12, 26, 29, 33, 28, 35,
        17, 15,
    ];
    let start = date(2026, 10, 25);
    let day = |(index, whole): (i64, &u64)| Day {
        date: start.saturating_add(jiff::Span::new().days(index)),
        whole: *whole,
        part: whole * 62 / 100,
    };
    (0..).zip(&signups).map(day).collect()
}

fn home(stage: Stage) -> Home {
    let days = days();
    let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>();
    let totals = Totals {
        signups: (sum(|d| d.whole), 454),
        accounts: (sum(|d| d.part), 261),
        joined: sum(|d| d.whole - d.part),
    };
    let tile = |name: &str, value: &str, class, against: &str| Tile {
        name: name.into(),
        value: value.into(),
        change: String::new(),
        change_class: class,
        against: against.into(),
        note: String::new(),
        href: None,
    };
    Home {
        frame: frame(stage, Room::Home),
        period: "25 Oct to 21 Nov, up to 12:06 today".into(),
        tiles: vec![
            Tile { note: arrived(&totals), ..compared("Signups", totals.signups) },
            compared("Accounts created", totals.accounts),
            tile("Waiting now", "14", "", "12 on the waitlist, 2 for an acknowledgement"),
            tile("Needs attention now", "1", "bad", "stands still until somebody acts"),
        ],
        chart: chart::bars(
            &days,
            "signups",
            "accounts created",
            if stage == Stage::Development { chart::BESIDE } else { chart::ALONE },
        ),
        narrow: chart::bars(&days, "signups", "accounts created", chart::PHONE),
        summary: summary(&days, &totals),
        days: days
            .iter()
            .rev()
            .map(|d| DayRow {
                iso: d.date.to_string(),
                day: day(d.date),
                signups: count(d.whole),
                accounts: count(d.part),
                joined: count(d.whole - d.part),
            })
            .collect(),
        first: None,
        trial: (stage == Stage::Development).then(|| Try {
            email: "ada@acme-rockets.com".into(),
            user_id: "try-7f3c2a".into(),
            fault: None,
            missing: Vec::new(),
        }),
        inside: (stage == Stage::Development).then_some(Inside::NoServer),
    }
}

fn home_empty() -> Home {
    let missing = vec![
        ("Onboarding URL".to_owned(), "/settings#redirects".to_owned()),
        ("Webhook URL".into(), "/settings#webhook".into()),
    ];
    Home {
        frame: Frame { incidents: 0, ..frame(Stage::Development, Room::Home) },
        first: Some(First { integration: "1 of 13 steps done".into(), snippet: snippet() }),
        trial: Some(Try { missing, ..Try::default() }),
        ..home(Stage::Development)
    }
}

fn tried() -> Tried {
    Tried {
        frame: frame(Stage::Development, Room::Home),
        url: "/sample".into(),
        run: "/console/dev/runs/x".into(),
        message: "ada@acme-rockets.com goes through the workflow.".into(),
    }
}
