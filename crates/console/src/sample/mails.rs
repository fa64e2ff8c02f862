//! *Mails*: none yet, a page of them, no match; one mail that was kept, sent at the second attempt, refused.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill, speaker,
};
use crate::view::{
    Room, Tone,
    list::{Content, Row},
    mail::{Attempt, Inside, Mail, Mails},
};
use model::platform::Stage;

const ID: &str = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";

pub(super) fn pages() -> Vec<Page> {
    let none = Mails { list: list::no_match(mails().list), ..mails() };
    let text = "The welcome mail is written when your backend has acknowledged a tenant.";
    let empty = list::empty(mails().list, "No mail in Production yet", text);
    let empty =
        Mails { list: empty, sub: "0 mails written".into(), inside: Some(Inside::NoServer), ..mails() };
    vec![
        page("mails", &mails()),
        page("mails-no-match", &none),
        page("mails-empty", &empty),
        page("mail", &mail()),
        page("mail-sent", &sent()),
        page("mail-rejected", &rejected()),
    ]
}

const HEADS: Heads<'_> =
    &[("To", "col-wide"), ("Subject", "hide-2 hide"), ("State", "col-state"), ("Written", "hide col-when")];

fn mails() -> Mails {
    let row = |recipient: &str, state, seconds| Row {
        id: String::new(),
        pick: None,
        href: "#".into(),
        initials: crate::words::initials(recipient),
        name: recipient.into(),
        line: String::new(),
        cells: list::cells(
            HEADS,
            vec![
                Content::text("Welcome to Acme Notes"),
                Content::Pill(state),
                Content::When(speaker().ago(before(seconds))),
            ],
        ),
    };
    let rows = vec![
        row("ada@acme-rockets.test", pill(Tone::Wait, "Tried again later"), 30),
        row(
            "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test",
            pill(Tone::Bad, "Rejected"),
            7_000,
        ),
        row("kj@trajectory.test", pill(Tone::Good, "Sent"), 400_000),
    ];
    Mails {
        frame: frame(Stage::Production, Room::Mails),
        sub: "303 mails written".into(),
        inside: None,
        list: list::list("Mails that", HEADS, rows),
    }
}

fn mail() -> Mail {
    Mail {
        frame: frame(Stage::Development, Room::Mails),
        href: "#".into(),
        live: false,
        id: ID.into(),
        from: "Acme Notes <hello@acme-notes.test>".into(),
        recipient: "ada@acme-rockets.test".into(),
        reply_to: Some("help@acme-notes.test".into()),
        subject: "Welcome to Acme Notes".into(),
        body:
            "Hello,\n\nwelcome to Acme Notes. Your account Acme Rockets is ready on the plan Free Trial.\n\n\
               Start here: https://app.acme.test/home\n"
                .into(),
        html: Some("about:blank".into()),
        file: "#".into(),
        state: pill(Tone::Off, "Kept inside"),
        remark: "It stays inside: no mail server is connected.".into(),
        template: "welcome@1".into(),
        message_id: format!("<{ID}.1@acme-notes.test>"),
        written: speaker().ago(before(120)),
        run: ID.into(),
        run_href: "#".into(),
        attempts: Vec::new(),
        send: None,
        inside: Some(Inside::NoServer),
    }
}

fn sent() -> Mail {
    let attempt = |tone, words, seconds, answer: &str, next| Attempt {
        state: pill(tone, words),
        at: speaker().moment(before(seconds)),
        where_and_long: "smtp.example.com:587, 412 ms".into(),
        answer: answer.into(),
        next,
    };
    let later = Some(speaker().moment(before(30)));
    Mail {
        state: pill(Tone::Good, "Sent"),
        remark: "The mail server took it. If it bounces later, the sender’s mailbox hears of it.".into(),
        attempts: vec![
            attempt(Tone::Good, "Accepted", 30, "250 2.0.0 Ok: queued as 4XqZr93n1Zz4x", None),
            attempt(
                Tone::Wait,
                "Not accepted yet",
                95,
                "the server refused the recipient: 451 4.7.1 Greylisted, try again in 60 seconds",
                later,
            ),
        ],
        send: Some(("Send again", "#".into())),
        inside: None,
        ..mail()
    }
}

fn rejected() -> Mail {
    let answer = "the server refused the recipient: 550 5.1.1 The email account that you tried to reach does not exist";
    Mail {
        recipient: "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test".into(),
        state: pill(Tone::Bad, "Rejected"),
        remark: "The mail server will not take it; its words are below.".into(),
        attempts: vec![Attempt {
            state: pill(Tone::Bad, "Rejected"),
            at: speaker().moment(before(60)),
            where_and_long: "smtp.example.com:587, 1.2 s".into(),
            answer: answer.into(),
            next: None,
        }],
        ..sent()
    }
}
