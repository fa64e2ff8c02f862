//! *Users* and *Accounts*: none yet, a page of them, no match, a person with everything, an account with nothing.

use super::{Page, before, frame, page, pill, snippet, speaker};
use crate::view::{
    Room, Tone,
    profile::{Event, Link, Profile, Profiles, Row, Trait, Words},
    run::Fact,
};
use model::platform::Stage;

const LONG: &str = "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test";

pub(super) fn pages() -> Vec<Page> {
    let none = Profiles { rows: Vec::new(), search: "nobody".into(), ..users() };
    let empty = Profiles { rows: Vec::new(), empty: true, sub: "0 people".into(), ..users() };
    vec![
        page("users", &users()),
        page("users-no-match", &none),
        page("users-empty", &empty),
        page("user", &user()),
        page("account-empty", &account()),
    ]
}

fn words(title: &'static str, one: &'static str) -> Words {
    Words {
        title,
        one,
        search: "Search name, mail or id",
        other: "Account",
        empty: "A person appears with the first event that names them.",
    }
}

fn users() -> Profiles {
    let row = |name: &str, line: &str, tone, state| Row {
        href: "#".into(),
        initials: crate::words::initials(name),
        name: name.into(),
        line: line.into(),
        other: "Acme Rockets".into(),
        state: pill(tone, state),
        seen: speaker().ago(before(90)),
        since: speaker().ago(before(90_000)),
    };
    Profiles {
        frame: frame(Stage::Production, Room::Users),
        words: words("Users", "User"),
        href: "#".into(),
        sub: "1,303 people".into(),
        search: String::new(),
        rows: vec![
            row("ada@acme-rockets.test", "Ada Byron", Tone::Good, "Belongs to an account"),
            row(LONG, "u-0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e", Tone::Run, "Known, without account"),
            row("anon-77", "", Tone::Off, "Anonymous"),
        ],
        shown: "Rows 51–53 of 1,303".into(),
        first: Some("#".into()),
        next: Some("#".into()),
        empty: false,
        snippet: snippet(),
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
        words: words("Users", "User"),
        list: "#".into(),
        name: LONG.into(),
        id: "u-1".into(),
        state: pill(Tone::Good, "Belongs to an account"),
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
        traits: vec![
            known("plan", "Free Trial", false),
            known("enrichment_company_description", &"Makes rockets. ".repeat(12), true),
        ],
        runs: Some("#".into()),
    }
}

fn account() -> Profile {
    Profile {
        frame: frame(Stage::Production, Room::Accounts),
        words: words("Accounts", "Account"),
        name: "g-17".into(),
        id: "g-17".into(),
        state: pill(Tone::Off, "Known by its events"),
        events: Vec::new(),
        no_events: Some("The events cannot be read right now; they come back by themselves.".into()),
        newest: None,
        older: None,
        facts: vec![Fact::code("Id", "g-17")],
        links_title: "People",
        links: Vec::new(),
        traits: Vec::new(),
        runs: None,
        ..user()
    }
}
