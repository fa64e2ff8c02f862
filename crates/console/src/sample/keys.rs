//! *Keys*: none yet, a few in every state, a form with faults, a secret's only sight.

use super::{Page, before, frame, now, page, pill, snippet, speaker};
use crate::view::{
    Notice, Room, Tone,
    key::{Choice, KeyMade, Keys, NewKey, Row},
    setting::Field,
};
use model::platform::Stage;
use std::time::Duration;

const ID: &str = "6f1c2f0e-94f4-4a43-8d53-0f8d8a3f3b11";
const DAY: u64 = 86_400;

pub(super) fn pages() -> Vec<Page> {
    vec![
        page("keys", &keys()),
        page("keys-empty", &empty()),
        page("key-new", &new_key()),
        page("key-made", &made()),
    ]
}

fn row(name: &str, kind: &'static str, scopes: &[&'static str]) -> Row {
    Row {
        name: name.into(),
        kind,
        id: ID.into(),
        hint: (kind != "RSA key").then(|| "q7Zs".into()),
        scopes: scopes.to_vec(),
        ended: None,
        expires: None,
        rotate_by: None,
        overdue: false,
        used: Some(speaker().ago(before(40))),
        made: speaker().ago(before(12 * DAY)),
        revoke: Some("#".into()),
    }
}

fn keys() -> Keys {
    let every = ["telemetry_apis", "track_api", "identify_api", "group_api", "user_management"];
    let long = "Backend of the billing service in Frankfurt, second instance";
    Keys {
        frame: frame(Stage::Production, Room::Keys),
        sub: "3 keys are valid".into(),
        rows: vec![
            Row {
                expires: Some(speaker().ago(now().plus(Duration::from_secs(40 * DAY)))),
                rotate_by: Some(speaker().ago(before(3 * DAY))),
                overdue: true,
                ..row(long, "RSA key", &every)
            },
            row("Web site", "Project key", &["telemetry_apis"]),
            Row { used: None, ..row("Worker", "Private API key", &["workflow_trigger_api"]) },
        ],
        ended: vec![Row {
            ended: Some(pill(Tone::Off, "Revoked 3 d ago")),
            revoke: None,
            ..row("First try", "Private API key", &["workflow_trigger_api"])
        }],
        ended_said: "1 expired or revoked key".into(),
        snippet: None,
    }
}

fn empty() -> Keys {
    Keys {
        sub: "0 keys are valid".into(),
        rows: Vec::new(),
        ended: Vec::new(),
        snippet: Some(snippet()),
        frame: frame(Stage::Development, Room::Keys),
        ..keys()
    }
}

fn new_key() -> NewKey {
    let choice = |name, title, help, checked| Choice { name, title, help, checked };
    let mut frame = frame(Stage::Development, Room::Keys);
    let text = "What has to change is said at the field in question. Everything you typed is still here.";
    frame.notice = Some(Notice::new(Tone::Bad, "No key was made", text));
    NewKey {
        frame,
        name: Field { name: "name", value: "CI".into(), ..Field::default() },
        kinds: vec![
            choice("private", "Private API key", "For your backend. Goes along with each request.", true),
            choice("rsa", "RSA key", "For your backend, without sending the key itself.", false),
            choice("project", "Project key", "For browsers and apps.", false),
        ],
        scopes: vec![
            choice("workflow_trigger_api", "workflow_trigger_api", "Begin a workflow.", false),
            choice("telemetry_apis", "telemetry_apis", "Send identify, group, track and page.", false),
        ],
        scope_fault: Some("Tick at least one.".into()),
        expires: Field { name: "expires", ..Field::default() },
        today: "2026-11-21".into(),
        rotations: vec![choice("", "Never", "", true), choice("30", "After 30 days", "", false)],
        focus: "scopes",
    }
}

fn made() -> KeyMade {
    let secret = "C2FVsBQIhrscChlQIMV+b5sSYspob7oDUkPLlnI7tCw=";
    KeyMade {
        frame: frame(Stage::Development, Room::Keys),
        notice: Notice::new(
            Tone::Wait,
            "This is the only time that the secret is shown",
            "We keep what proves it, not the secret itself. Copy it or keep the file, then go on.",
        ),
        name: "Worker".into(),
        kind: "Private API key",
        id: ID.into(),
        secret: secret.into(),
        json: format!("{{\n  \"key_id\": \"{ID}\",\n  \"api_key\": \"{secret}\"\n}}"),
        file: "thrivestack-dev-private.json".into(),
        snippet: snippet(),
    }
}
