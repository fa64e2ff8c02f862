//! *Webhooks*: none yet, a page of them, no match; one that is tried, one that was given up, a test; how to receive.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill,
    run::attempts,
    snippet, speaker,
};
use crate::view::{
    Notice, Room, Tone,
    list::{Content, Row},
    run::{Act, Fact},
    webhook::{Integrate, Snippet, Webhook, Webhooks},
};
use model::platform::Stage;

const ID: &str = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";
const URL: &str = "https://acme-notes.test/thrivestack/hook";
const BODY: &str = "{\n  <em>\"eventType\"</em>: \"account_created\",\n  <em>\"tenant_provisioning_data\"</em>: {\n    <em>\"ts_tenant_id\"</em>: \"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e\",\n    <em>\"is_ts_provisioning_success\"</em>: true\n  }\n}";
const RAW: &str = r#"{"tenant_provisioning_data":{"ts_tenant_id":"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e","is_ts_provisioning_success":true},"eventType":"account_created"}"#;

pub(super) fn pages() -> Vec<Page> {
    let none = Webhooks { list: list::no_match(webhooks().list), ..webhooks() };
    let text = "One is sent when a person has signed up and their tenant is to be made in your app.";
    let empty = list::empty(webhooks().list, "No webhook in Production yet", text);
    let empty = Webhooks { list: empty, url: None, sub: "0 webhooks so far".into(), ..webhooks() };
    vec![
        page("webhooks", &webhooks()),
        page("webhooks-no-match", &none),
        page("webhooks-empty", &empty),
        page("webhook-tried", &tried()),
        page("webhook-given-up", &given_up()),
        page("webhook-test", &test()),
        page("webhook-integrate", &integrate()),
    ]
}

const HEADS: Heads<'_> = &[
    ("About", "col-wide"),
    ("State", "col-state"),
    ("Last answer", "hide-2 hide"),
    ("Made", "hide col-when"),
];

fn webhooks() -> Webhooks {
    let row = |name: &str, tone, words, note: &str, seconds| Row {
        id: String::new(),
        pick: None,
        href: "/webhook-tried".into(),
        initials: crate::words::initials(name),
        name: name.into(),
        line: ID.into(),
        cells: list::cells(
            HEADS,
            vec![
                Content::Pill(pill(tone, words)),
                Content::Quiet(note.into()),
                Content::When(speaker().ago(before(seconds))),
            ],
        ),
    };
    let rows = vec![
        row(
            "ada@acme-rockets.test",
            Tone::Wait,
            "Retrying",
            "answered 503 Service Unavailable · attempt 2 · next in 5 s",
            30,
        ),
        row("Test", Tone::Good, "Test delivered", "answered 200 OK", 300),
        row(
            "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test",
            Tone::Bad,
            "Given up",
            "nothing listens at acme-notes.test, port 443 · attempt 10",
            7_000,
        ),
        row("kj@trajectory.test", Tone::Good, "Delivered", "answered 200 OK", 400_000),
    ];
    Webhooks {
        frame: frame(Stage::Production, Room::Webhooks),
        sub: "303 webhooks so far".into(),
        url: Some(URL.into()),
        list: list::list("Webhooks that", HEADS, rows),
    }
}

fn tried() -> Webhook {
    let tries = attempts().into_iter().take(1).collect();
    let told =
        Notice::new(Tone::Wait, "The next attempt is made in 5 s", "It answered 503 Service Unavailable.");
    Webhook {
        state: pill(Tone::Wait, "Retrying"),
        told: Some(told),
        attempts: tries,
        attempted: "1 attempt".into(),
        live: true,
        ..webhook("Webhook about ada@acme-rockets.com")
    }
}

fn given_up() -> Webhook {
    let told = Notice::new(
        Tone::Bad,
        "Nobody took this webhook, and it is not tried any more",
        "It answered 503 Service Unavailable. Mend the cause, then send it again; its id stays the same.",
    );
    Webhook {
        state: pill(Tone::Bad, "Given up"),
        told: Some(told),
        ..webhook("Webhook about a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test")
    }
}

fn test() -> Webhook {
    let told = Notice::new(
        Tone::Good,
        "Your endpoint accepted the test",
        "It answered with 2xx. Real webhooks have the same keys without “test”, and what is known of the person.",
    );
    Webhook {
        state: pill(Tone::Good, "Test delivered"),
        told: Some(told),
        acts: Vec::new(),
        again: true,
        attempts: attempts().into_iter().skip(1).collect(),
        attempted: "1 attempt".into(),
        about: vec![Fact::text("Run", "none: it is a test"), Fact::text("Delivered", "12:04:36, after 1 s")],
        run_href: None,
        ..webhook("Test webhook")
    }
}

fn webhook(title: &str) -> Webhook {
    Webhook {
        frame: frame(Stage::Development, Room::Webhooks),
        href: "/webhook-tried".into(),
        id: ID.into(),
        title: title.into(),
        state: pill(Tone::Good, "Delivered"),
        made: speaker().ago(before(113)),
        clock: speaker().clock(before(113)),
        told: None,
        acts: vec![Act { words: "Send again".into(), href: "#".into(), class: "primary" }],
        again: false,
        attempts: attempts(),
        attempted: "2 attempts".into(),
        about: vec![
            Fact::text("Person", "ada@acme-rockets.com"),
            Fact::code("Your id", "user_8231"),
            Fact::text("Account", "Acme Rockets"),
            Fact::code("Run", ID),
            Fact::text("Run is", "Waiting for acknowledgement"),
        ],
        run_href: Some("/run".into()),
        body: BODY.into(),
        raw: RAW.into(),
        live: false,
    }
}

fn integrate() -> Integrate {
    let ack = |id, title, open| Snippet { id, title, text: snippet(), open };
    Integrate {
        frame: frame(Stage::Development, Room::Webhooks),
        url: Some(URL.into()),
        verifiers: crate::operator::verifiers(),
        acks: vec![ack("ack-curl", "curl", true), ack("ack-node", "Node: acknowledge.mjs", false)],
        waits: Some("ada@acme-rockets.com".into()),
        test_body: BODY.into(),
    }
}
