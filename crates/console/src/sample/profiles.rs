//! *Users* and *Accounts*: none yet, a page of them, no match, a person with everything, an account with nothing.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill, speaker,
};
use crate::view::{
    Room, Tone,
    list::{Content, ListPage, Row},
    profile::{Event, Link, Profile, RunLink, Trait, Words},
    run::Fact,
};
use model::platform::Stage;

const LONG: &str = "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test";

pub(super) fn pages() -> Vec<Page> {
    let none = ListPage { list: list::no_match(users().list), ..users() };
    let text = "A person appears with the first event that names them.";
    let empty = list::empty(users().list, "Nobody in Production yet", text);
    let empty = ListPage { list: empty, sub: "0 people".into(), ..users() };
    vec![
        page("users", &users()),
        page("users-filtered", &ListPage { list: list::filtered(users().list), ..users() }),
        page("users-no-match", &none),
        page("users-empty", &empty),
        page("user", &user()),
        page("account-empty", &account()),
    ]
}

const HEADS: Heads<'_> = &[
    ("User", "col-wide"),
    ("Account", "hide-2 hide"),
    ("State", "col-state"),
    ("Last active", "hide-2 hide col-when"),
    ("First seen", "hide col-when"),
];

fn users() -> ListPage {
    let row = |name: &str, line: &str, account: &str, tone, state| Row {
        id: String::new(),
        pick: None,
        href: "#".into(),
        initials: crate::words::initials(name),
        name: name.into(),
        line: line.into(),
        cells: list::cells(
            HEADS,
            vec![
                Content::text(account),
                Content::Pill(pill(tone, state)),
                Content::When(speaker().ago(before(90))),
                Content::When(speaker().ago(before(90_000))),
            ],
        ),
    };
    let rows = vec![
        row("ada@acme-rockets.test", "Ada Byron", "Acme Rockets", Tone::Good, "Has an account"),
        row(LONG, "u-0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e", "", Tone::Run, "No account yet"),
        row("kj@trajectory.test", "u-4709", "", Tone::Wait, "On the waitlist"),
        row("anon-77", "", "", Tone::Off, "Anonymous"),
    ];
    ListPage {
        frame: frame(Stage::Production, Room::Users),
        sub: "1,303 people".into(),
        list: list::list("People who", HEADS, rows),
    }
}

fn user() -> Profile {
    let event = |n: u32, name: &str, html: &str| Event {
        id: format!("event-{n}"),
        name: name.into(),
        line: "track · product · u-1".into(),
        at: speaker().ago(before(u64::from(n) * 400)),
        html: html.into(),
    };
    let known = |name: &str, value: &str, found| Trait {
        name: name.into(),
        value: value.into(),
        told: speaker().ago(before(9_000)),
        found,
    };
    Profile {
        frame: frame(Stage::Development, Room::Users),
        words: Words { title: "Users", one: "User" },
        up: "#".into(),
        name: LONG.into(),
        id: "u-1".into(),
        state: pill(Tone::Good, "Has an account"),
        since: speaker().ago(before(90_000)),
        seen: speaker().ago(before(90)),
        events: vec![
            event(1, "note_written", "{\n  <em>\"notes\"</em>: 3\n}"),
            event(2, "a_name_of_an_event_that_somebody_made_very_long_indeed_for_a_test", ""),
            event(3, "signed_up", "{\n  <em>\"user_email\"</em>: \"ada@acme-rockets.test\"\n}"),
        ],
        no_events: None,
        newest: Some("#".into()),
        older: Some("#".into()),
        facts: vec![Fact::code("Your id", "u-1"), Fact::text("Mail", LONG)],
        links_title: "Accounts",
        links: vec![
            Link { href: "#".into(), name: "Acme Rockets".into(), line: "Admin".into(), active: true },
            Link { href: "#".into(), name: "First try".into(), line: String::new(), active: false },
        ],
        link_count: "2".into(),
        more_links: None,
        traits: vec![
            known("plan", "Free Trial", false),
            known("enrichment_company_description", &"Makes rockets. ".repeat(12), true),
        ],
        lead: vec![
            Fact::text("Stage", "Stored as a lead"),
            Fact::text("Account", "Acme Rockets"),
            Fact::text("Plan", "Free Trial"),
        ],
        runs: [(Tone::Good, "Signed in again"), (Tone::Good, "Completed")]
            .map(|(tone, words)| RunLink {
                href: "#".into(),
                name: String::new(),
                state: pill(tone, words),
                started: speaker().ago(before(9_000)),
            })
            .into(),
        all_runs: Some("#".into()),
        reset: Some("#".into()),
    }
}

fn account() -> Profile {
    Profile {
        frame: frame(Stage::Production, Room::Accounts),
        words: Words { title: "Accounts", one: "Account" },
        name: "g-17".into(),
        id: "g-17".into(),
        state: pill(Tone::Off, "Known by its events"),
        events: Vec::new(),
        no_events: Some("The events cannot be read right now; they come back by themselves.".into()),
        newest: None,
        older: None,
        facts: vec![Fact::code("Id", "g-17")],
        links_title: "People",
        links: (0..50)
            .map(|n| Link {
                href: "#".into(),
                name: if n == 7 { LONG.into() } else { format!("person-{n:03}@harbor-studio.example") },
                line: if n % 9 == 0 { "Admin".into() } else { String::new() },
                active: n % 20 != 5,
            })
            .collect(),
        link_count: "300".into(),
        more_links: Some("and 253 more".into()),
        traits: Vec::new(),
        lead: Vec::new(),
        runs: Vec::new(),
        all_runs: None,
        reset: None,
        ..user()
    }
}
