//! *Waitlist*: those who wait, nobody, whom to admit, and many under way.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, speaker,
};
use crate::view::{
    Notice, Room, Tone,
    list::{Content, Row},
    waitlist::{Admit, Going, Waitlist},
};
use model::platform::Stage;

const HEADS: Heads<'_> = &[
    ("Person", "col-wide"),
    ("Place", "col-count"),
    ("Company", "hide-2 hide"),
    ("Waits since", "hide col-when"),
];

pub(super) fn pages() -> Vec<Page> {
    let text = "Everybody who signs up passes, because no number of users is set.";
    let mut nobody = waitlist();
    nobody.list = list::empty(nobody.list, "Nobody waits", text);
    let gone = Admit { possible: false, fault: Some("Nobody is ticked.".into()), ..admit() };
    vec![
        page("waitlist", &waitlist()),
        page("waitlist-empty", &nobody),
        page("waitlist-admit", &admit()),
        page("waitlist-admit-nobody", &gone),
        page("waitlist-going", &going()),
    ]
}

fn waitlist() -> Waitlist {
    let people = [
        ("kj@trajectory.test", "Trajectory"),
        ("a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test", "Example Holding"),
        ("ada@acme-rockets.test", ""),
    ];
    let row = |(index, (name, company)): (usize, &(&str, &str))| Row {
        id: format!("run-{index}"),
        pick: Some(index.to_string()),
        href: "#".into(),
        initials: crate::words::initials(name),
        name: (*name).into(),
        line: format!("u-{}", 4_709 - index),
        cells: list::cells(
            HEADS,
            vec![
                Content::Number((index + 1).to_string()),
                Content::text(*company),
                Content::When(speaker().ago(before(90_000 - 20_000 * index as u64))),
            ],
        ),
    };
    let mut frame = frame(Stage::Production, Room::Waitlist);
    let text = "1 person was skipped: no longer waiting.";
    frame.notice = Some(Notice::new(Tone::Good, "12 people were admitted", text));
    Waitlist {
        frame,
        sub: "12 people wait".into(),
        places: "All 100 places are taken.".into(),
        setting: "#".into(),
        admit: "#".into(),
        oldest: "10".into(),
        most: "12".into(),
        list: list::list("People who", HEADS, people.iter().enumerate().map(row).collect()),
    }
}

fn admit() -> Admit {
    Admit {
        frame: frame(Stage::Production, Room::Waitlist),
        title: "Admit 12 people?".into(),
        names: vec!["kj@trajectory.test".into(), "ada@acme-rockets.test".into()],
        others: Some("10 others".into()),
        fields: vec![("upto", "MTIz".into()), ("of", "12".into())],
        fault: None,
        possible: true,
        action: "#".into(),
        back: "#".into(),
    }
}

fn going() -> Going {
    Going {
        frame: frame(Stage::Production, Room::Waitlist),
        said: "300 of 2,000 are admitted so far.".into(),
        done: 300,
        of: 2_000,
        fields: Vec::new(),
        action: "#".into(),
        back: "#".into(),
    }
}
