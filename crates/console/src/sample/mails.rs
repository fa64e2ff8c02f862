//! *Mails*: none yet, a page of them, no match, one mail.

use super::{Page, before, frame, page, pill, snippet, speaker};
use crate::view::{
    Room, Tone,
    mail::{Mail, Mails, Row},
};
use model::platform::Stage;

const ID: &str = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";

pub(super) fn pages() -> Vec<Page> {
    let none = Mails { rows: Vec::new(), search: "nobody".into(), ..mails() };
    let empty = Mails { rows: Vec::new(), empty: true, sub: "0 mails written".into(), ..mails() };
    vec![
        page("mails", &mails()),
        page("mails-no-match", &none),
        page("mails-empty", &empty),
        page("mail", &mail()),
    ]
}

fn mails() -> Mails {
    let row = |recipient: &str, seconds| Row {
        href: "#".into(),
        initials: crate::words::initials(recipient),
        recipient: recipient.into(),
        subject: "Welcome to Acme Notes".into(),
        state: pill(Tone::Off, "Written, not sent"),
        written: speaker().ago(before(seconds)),
    };
    Mails {
        frame: frame(Stage::Production, Room::Mails),
        sub: "303 mails written".into(),
        search: String::new(),
        rows: vec![
            row("ada@acme-rockets.test", 30),
            row("a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test", 7_000),
            row("kj@trajectory.test", 400_000),
        ],
        shown: "Rows 51–53 of 303".into(),
        first: Some("#".into()),
        next: Some("#".into()),
        empty: false,
        snippet: snippet(),
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
