//! One run: on its way, and standing still.

use super::{Page, before, frame, page, pill, speaker};
use crate::view::{
    Room, Tone,
    run::{Act, Attempt, Fact, Mail, Node, Show, Wire},
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    vec![page("run", &show()), page("run-incident", &show_incident())]
}

fn node(knot: &'static str, label: &str, note: &str, when: &str) -> Node {
    let mut spoken = speaker().clock(before(113));
    if knot != "done" || label != "Triggered" {
        spoken.said = when.into();
    }
    Node {
        knot,
        label: label.into(),
        note: note.into(),
        when: (!when.is_empty()).then_some(spoken),
        attempts: Vec::new(),
    }
}

pub(super) fn attempts() -> Vec<Attempt> {
    let body = "{\n  <em>\"eventType\"</em>: \"account_created\",\n  <em>\"tenant_provisioning_data\"</em>: {\n    <em>\"ts_tenant_id\"</em>: \"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e\",\n    <em>\"is_ts_provisioning_success\"</em>: true\n  }\n}";
    let wire = |title: &str, id: &str, html: String| Wire { title: title.into(), id: id.into(), html };
    let attempt = |seconds, status: &str, good, words: &str, n: u32| Attempt {
        id: format!("attempt-{n}"),
        at: speaker().moment(before(seconds)),
        status: status.into(),
        good,
        words: words.into(),
        wires: vec![
            wire(
                "Request",
                &format!("request-{n}"),
                format!(
                    "<i>POST</i> https://acme-notes.test/thrivestack/hook\n<i>webhook-id:</i> msg_0197f3c2\n<i>webhook-signature:</i> v1,•••\n\n{body}"
                ),
            ),
            wire(
                "Answer",
                &format!("answer-{n}"),
                "<i>retry-after:</i> 5\n\nBusy, come back later".to_owned(),
            ),
        ],
    };
    vec![
        attempt(111, "503", false, "Service Unavailable, next in 5 s (asked for by Retry-After)", 1),
        attempt(106, "200", true, "18 ms · 2 bytes", 2),
    ]
}

fn show() -> Show {
    let provision = Node {
        attempts: attempts(),
        ..node("done", "Tenant provisioned", "webhook delivered at the second attempt", "+ 7.1 s")
    };
    let act = |words: &str, class| Act { words: words.into(), href: "/confirm".into(), class };
    Show {
        frame: frame(Stage::Development, Room::Runs),
        href: "/run".into(),
        id: "0197f3c2-8d1e-4b44-a1c7-5f0a1b2c3d4e".into(),
        name: "ada@acme-rockets.com".into(),
        workflow: "Prosumer, version 1".into(),
        state: pill(Tone::Wait, "Waiting for acknowledgement"),
        started: speaker().ago(before(113)),
        clock: speaker().clock(before(113)),
        progress: "6 of 10 steps · 41 ms of work".into(),
        incident: None,
        acts: vec![act("Cancel", "quiet"), act("Skip", ""), act("Send again", "primary")],
        nodes: vec![
            node("done", "Triggered", "ada@acme-rockets.com, role Admin", "12:04:29.118"),
            node("done", "User enriched", "Ada Byron, works at acme-rockets.com", "+ 9 ms"),
            node("done", "Company enriched", "Acme Rockets · built-in provider", "+ 1 ms"),
            node("done", "Waitlist passed", "41 of 100 places taken", "+ 1 ms"),
            node("done", "Plan associated", "Free Trial", "+ 1 ms"),
            provision,
            node(
                "wait",
                "Waiting for acknowledgement",
                "sent again at 12:05:36 if nothing comes",
                "1 min 53 s",
            ),
            node("todo", "Onboarding page", "", ""),
            node("todo", "Lead stored", "", ""),
            node("todo", "Welcome mail", "", ""),
        ],
        user: vec![
            Fact::text("Mail", "ada@acme-rockets.com"),
            Fact::code("Your id", "u-4711"),
            Fact::text("Country", "Germany"),
        ],
        account: vec![
            Fact::text("Name", "acme-rockets.com"),
            Fact::code("Our id", "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e"),
        ],
        lead: Vec::new(),
        mails: vec![Mail {
            to: "ada@acme-rockets.com".into(),
            subject: "Welcome to Acme Notes".into(),
            body: "Hello Ada,\n\nyour workspace acme-rockets.com is ready.\n\nAcme Notes".into(),
            at: speaker().moment(before(90)),
            href: "#".into(),
            state: pill(Tone::Good, "Sent"),
        }],
        live: true,
    }
}

fn show_incident() -> Show {
    Show {
        state: pill(Tone::Bad, "Needs attention"),
        incident: Some("The webhook answered 500 to the last of seven attempts. Mend the endpoint, then send again; or skip this step if the tenant exists already.".into()),
        name: "maximiliane.von-und-zu-hohenstein-waldenburg@subsidiary.example-holding.co.uk".into(),
        ..show()
    }
}
