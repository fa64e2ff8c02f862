//! The list of runs: a few, a full page, none that matches, none at all.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill, speaker,
};
use crate::{
    view::{
        Room, Tone,
        list::{Content, ListPage, Row},
    },
    words::initials,
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    vec![
        page("runs", &runs(8)),
        page("runs-page", &runs(50)),
        page("runs-no-match", &ListPage { list: list::no_match(runs(1).list), ..runs(1) }),
        page(
            "runs-empty",
            &ListPage { list: list::empty(runs(1).list, "No run in Development yet", NOTHING), ..runs(1) },
        ),
    ]
}

const NOTHING: &str =
    "A run begins when your backend triggers the workflow for a user who has just signed up.";

const HEADS: Heads<'_> = &[
    ("Person", "col-wide"),
    ("Account", "hide-2 hide"),
    ("State", "col-state"),
    ("Detail", "hide-2 hide"),
    ("Started", "hide col-when"),
];

fn runs(rows: usize) -> ListPage {
    let people = [
        (
            "ada@acme-rockets.com",
            "u-4711",
            "Acme Rockets",
            pill(Tone::Wait, "Waiting for acknowledgement"),
            "webhook delivered",
        ),
        ("grace@cobolworks.io", "u-4710", "Cobolworks", pill(Tone::Good, "Completed"), "Onboarding page"),
        (
            "kj@trajectory.dev",
            "u-4709",
            "Trajectory",
            pill(Tone::Wait, "On the waitlist"),
            "102nd of 100 places",
        ),
        (
            "mh@lunar.systems",
            "u-4708",
            "Lunar Systems",
            pill(Tone::Run, "Running"),
            "User and company enriched",
        ),
        (
            "jean@eniac.co",
            "u-4707",
            "Eniac & Co",
            pill(Tone::Bad, "Needs attention"),
            "webhook answered 500 six times",
        ),
        (
            "maximiliane.von-und-zu-hohenstein-waldenburg@subsidiary.example-holding.co.uk",
            "b2f5ff47-4366-4b6f-a3c6-e0d3b4a5c6d7",
            "Example Holding of the Extraordinarily Long Names plc",
            pill(Tone::Good, "Completed"),
            "Onboarding page",
        ),
        ("hedy@hopfreq.net", "u-4705", "Hopfreq", pill(Tone::Off, "Cancelled"), "by owner@acme-notes.test"),
        ("emmy@symmetry.org", "u-4704", "Symmetry", pill(Tone::Good, "Completed"), "signed in again"),
    ];
    let row = |index: usize| {
        let (name, line, account, state, note) = &people[index % people.len()];
        Row {
            id: format!("run-{index}"),
            pick: None,
            href: "/run".into(),
            name: (*name).into(),
            line: (*line).into(),
            initials: initials(name),
            cells: list::cells(
                HEADS,
                vec![
                    Content::text(*account),
                    Content::Pill(state.clone()),
                    Content::Quiet((*note).into()),
                    Content::When(speaker().ago(before(113 * (index as u64 * index as u64 * 9 + 1)))),
                ],
            ),
        }
    };
    ListPage {
        frame: frame(Stage::Development, Room::Runs),
        sub: "1,284 runs so far".into(),
        list: list::list("Runs that", HEADS, (0..rows).map(row).collect()),
    }
}
