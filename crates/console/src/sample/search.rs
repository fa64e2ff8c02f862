//! *Search*: what was found, and nothing.

use super::{Page, frame, page, pill};
use crate::view::{
    Room, Tone,
    search::{Group, Hit, Search},
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    vec![
        page("search", &found()),
        page("search-nothing", &Search { groups: Vec::new(), look_up: Some("#".into()), ..found() }),
    ]
}

fn found() -> Search {
    let hit = |name: &str, line: &str| Hit {
        href: "#".into(),
        mark: Some(crate::words::initials(name)),
        icon: "",
        name: name.into(),
        line: line.into(),
        state: None,
    };
    let room = Hit { mark: None, icon: Room::Accounts.icon(), ..hit("Accounts", "") };
    let run = Hit {
        state: Some(pill(Tone::Wait, "Waiting for acknowledgement")),
        ..hit("ada@acme-rockets.test", "2 min ago")
    };
    Search {
        frame: frame(Stage::Development, Room::Search),
        here: "#".into(),
        text: "a".into(),
        look_up: None,
        groups: vec![
            Group { title: "Rooms", hits: vec![room] },
            Group {
                title: "People",
                hits: vec![
                    hit("ada@acme-rockets.test", "Ada Byron"),
                    hit("a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.test", "u-7"),
                ],
            },
            Group { title: "Runs", hits: vec![run] },
        ],
    }
}
