//! *Mails*: none yet, a page of them, no match, one mail.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill, speaker,
};
use crate::view::{
    Room, Tone,
    list::{Content, Row},
    mail::{Mail, Mails},
};
use model::platform::Stage;

const ID: &str = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";

pub(super) fn pages() -> Vec<Page> {
    let none = Mails { list: list::no_match(mails().list), ..mails() };
    let text = "The welcome mail is written when your backend has acknowledged a tenant.";
    let empty = list::empty(mails().list, "No mail in Production yet", text);
    let empty = Mails { list: empty, sub: "0 mails written".into(), ..mails() };
    vec![
        page("mails", &mails()),
        page("mails-no-match", &none),
        page("mails-empty", &empty),
        page("mail", &mail()),
    ]
}

const HEADS: Heads<'_> =
    &[("To", "col-wide"), ("Subject", "hide-2 hide"), ("State", "col-state"), ("Written", "hide col-when")];

fn mails() -> Mails {
    let row = |recipient: &str, seconds| Row {
        id: String::new(),
        href: "#".into(),
        initials: crate::words::initials(recipient),
        name: recipient.into(),
        line: String::new(),
        cells: list::cells(
            HEADS,
            vec![
                Content::text("Welcome to Acme Notes"),
                Content::Pill(pill(Tone::Off, "Written, not sent")),
                Content::When(speaker().ago(before(seconds))),
            ],
        ),
    };
    let rows = vec![
        row("ada@acme-rockets.test", 30),
        row("a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test", 7_000),
        row("kj@trajectory.test", 400_000),
    ];
    Mails {
        frame: frame(Stage::Production, Room::Mails),
        sub: "303 mails written".into(),
        list: list::list("Mails that", HEADS, rows),
    }
}

fn mail() -> Mail {
    Mail {
        frame: frame(Stage::Development, Room::Mails),
        id: ID.into(),
        recipient: "ada@acme-rockets.test".into(),
        subject: "Welcome to Acme Notes".into(),
        body:
            "Hello,\n\nwelcome to Acme Notes. Your account Acme Rockets is ready on the plan Free Trial.\n\n\
               Start here: https://app.acme.test/home\n"
                .into(),
        state: pill(Tone::Off, "Written, not sent"),
        template: "welcome@1".into(),
        written: speaker().ago(before(120)),
        run: ID.into(),
        run_href: "#".into(),
    }
}
