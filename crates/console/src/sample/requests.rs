//! *Refused requests*: none of late, a page of them, no match; one with a key and a person, one of nobody, an id under which
//! nothing is kept, one of the other environment.

use super::{
    Page, before, frame,
    list::{self, Heads},
    page, pill, speaker,
};
use crate::view::{
    Room, Tone,
    list::{Content, Row},
    request::{Earlier, Request, Requests, Subject, Unknown},
};
use app::request::Detail;
use model::platform::Stage;

const ID: &str = "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e";
const LONG: &str = "a-person-with-a-very-long-name-indeed.of-the-east@subsidiary.example.test";

pub(super) fn pages() -> Vec<Page> {
    let none = Requests { list: list::no_match(requests().list), ..requests() };
    let text = "A call that is refused stands here a second later, with its code, what to do, and the key that was used.";
    let empty = list::empty(requests().list, "No refused request in Development of late", text);
    let empty = Requests { list: empty, sub: "0 requests refused".into(), dropped: None, ..requests() };
    let unknown =
        |elsewhere| Unknown { frame: frame(Stage::Development, Room::Requests), id: ID.into(), elsewhere };
    vec![
        page("requests", &requests()),
        page("requests-no-match", &none),
        page("requests-empty", &empty),
        page("request", &request()),
        page("request-with-details", &with_details()),
        page("request-of-nobody", &of_nobody()),
        page("request-unknown", &unknown(None)),
        page("request-elsewhere", &unknown(Some(("Production", "#".into())))),
    ]
}

const HEADS: Heads<'_> = &[
    ("Request", "col-wide"),
    ("Answer", "col-answer"),
    ("Code", "hide-2 hide col-state"),
    ("Key", "hide-2 hide"),
    ("Came", "hide col-when"),
];

fn requests() -> Requests {
    let row = |status: &str, name: &str, line: &str, state, code: &str, key: &str, seconds| Row {
        id: String::new(),
        pick: None,
        href: "#".into(),
        initials: status.into(),
        name: name.into(),
        line: line.into(),
        cells: list::cells(
            HEADS,
            vec![
                Content::Pill(state),
                Content::Code(code.into()),
                Content::text(key),
                Content::When(speaker().ago(before(seconds))),
            ],
        ),
    };
    let conflict = pill(Tone::Off, "In conflict");
    let incomplete = "the integration is not complete; set first: the webhook URL";
    let lookup = format!("/api/v1/runs/{LONG}");
    let rows = vec![
        row("409", "POST /trigger", incomplete, conflict, "INTEGRATION_INCOMPLETE", "Backend", 30),
        row(
            "404",
            &format!("GET {lookup}"),
            "no such run in this environment",
            pill(Tone::Off, "Not found"),
            "RUN_NOT_FOUND",
            "A key with a very long name that somebody gave it on a Friday",
            7_000,
        ),
        row(
            "503",
            "POST /api/track",
            "the service cannot do this now; try again shortly",
            pill(Tone::Bad, "Busy"),
            "UNAVAILABLE",
            "",
            400_000,
        ),
    ];
    Requests {
        frame: frame(Stage::Development, Room::Requests),
        sub: "1,303 requests refused".into(),
        dropped: Some("412".into()),
        list: list::list("Requests that", HEADS, rows),
    }
}

fn subject(name: &'static str, words: &str, href: Option<&str>, id: Option<&str>) -> Subject {
    Subject { name, words: words.into(), href: href.map(str::to_owned), id: id.map(str::to_owned) }
}

fn request() -> Request {
    Request {
        frame: frame(Stage::Development, Room::Requests),
        id: ID.into(),
        title: "POST /trigger".into(),
        state: pill(Tone::Off, "In conflict"),
        ago: speaker().ago(before(30)),
        clock: speaker().moment(before(30)),
        said: "It was answered with 409 INTEGRATION_INCOMPLETE after 4 ms:".into(),
        message:
            "the integration is not complete; set first: the webhook URL (/console/dev/settings#webhook)"
                .into(),
        details: Vec::new(),
        code: "INTEGRATION_INCOMPLETE".into(),
        explained: crate::guide::explained("INTEGRATION_INCOMPLETE"),
        help: "#".into(),
        subjects: vec![
            subject("Key", "Backend", Some("#"), Some(ID)),
            subject("Environment", "Development", None, None),
            subject("Run", ID, Some("#"), Some(ID)),
            subject("Person", LONG, Some("#"), Some(LONG)),
        ],
        earlier: vec![Earlier {
            at: speaker().moment(before(95)),
            what: "POST /trigger".into(),
            code: "409 INTEGRATION_INCOMPLETE".into(),
        }],
    }
}

fn with_details() -> Request {
    let detail = |field: &str, message: &str| Detail { field: field.into(), message: message.into() };
    Request {
        title: "POST /api/identify".into(),
        state: pill(Tone::Off, "Invalid"),
        said: "It was answered with 400 INVALID_REQUEST after 1 ms:".into(),
        message: "Invalid user ID or missing fields".into(),
        details: vec![
            detail("[0].user_id", "is required"),
            detail("[12].context.group_id", "must be text"),
            detail("[13].timestamp", "is not a date and time, such as 2024-10-20T15:51:35.059Z"),
            detail("", "981 more"),
        ],
        code: "INVALID_REQUEST".into(),
        explained: crate::guide::explained("INVALID_REQUEST"),
        earlier: Vec::new(),
        ..request()
    }
}

fn of_nobody() -> Request {
    Request {
        title: "POST /api/user/token".into(),
        state: pill(Tone::Off, "Not recognised"),
        said: "It was answered with 401 INVALID_CREDENTIALS after 2 ms:".into(),
        message: "the key id or the private key is not right".into(),
        code: "INVALID_CREDENTIALS".into(),
        explained: crate::guide::explained("INVALID_CREDENTIALS"),
        subjects: vec![subject(
            "Caller",
            "nobody that is known: the request is listed in every environment",
            None,
            None,
        )],
        earlier: Vec::new(),
        ..request()
    }
}
