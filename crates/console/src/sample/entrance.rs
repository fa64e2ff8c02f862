//! Coming in, one's own page, and the pages that stand alone: a question before an act, an error.

use super::{Page, before, frame, page, speaker};
use crate::view::{
    Notice, Room, Tone,
    setting::Field,
    sign_in::{Account, Confirm, Message, SessionRow, Setup, SignIn, Trouble, Word},
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    let slow =
        Notice::new(Tone::Bad, "Try again in 4 min", "There were too many failed sign-ins for this address.");
    vec![
        page("sign-in", &sign_in(false, None)),
        page("sign-in-first", &sign_in(true, None)),
        page("sign-in-limited", &sign_in(false, Some(slow))),
        page("setup", &setup(false, None)),
        page("setup-again", &setup(true, Some("use at least 12 characters".into()))),
        page("message", &link_gone()),
        page("account", &account()),
        page("confirm", &confirm()),
        page("confirm-wrong", &confirm_wrong()),
        page("confirm-plain", &confirm_plain()),
        page("trouble", &trouble()),
    ]
}

fn sign_in(first: bool, notice: Option<Notice>) -> SignIn {
    let email = if notice.is_some() { "owner@acme-notes.test".to_owned() } else { String::new() };
    SignIn { csrf: "sample".into(), email, next: "/console/dev".into(), notice, first }
}

fn setup(has_password: bool, fault: Option<String>) -> Setup {
    Setup {
        csrf: "sample".into(),
        link: "sample".into(),
        email: "owner@acme-notes.test".into(),
        has_password,
        chars_min: 12,
        chars_max: 128,
        fault,
    }
}

fn link_gone() -> Message {
    Message {
        title: "This link cannot be used".into(),
        text: "It was used already, replaced by a newer one, or is older than 24 hours. On the server, thrivestack operator link prints a fresh one.".into(),
        href: "/console/sign-in".into(),
        way_on: "Sign in with a password".into(),
        request_id: Some("0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e".into()),
        request_href: Some("#".into()),
        help: webkit::answer::explained("INTERNAL_ERROR"),
    }
}

fn account() -> Account {
    let row = |agent: &str, address: &str, seen: u64, opened: u64, this: bool| SessionRow {
        agent: agent.into(),
        address: address.into(),
        seen: speaker().ago(before(seen)),
        opened: speaker().ago(before(opened)),
        this,
    };
    Account {
        frame: frame(Stage::Development, Room::Account),
        sessions: vec![
            row("Firefox on Linux", "192.0.2.17", 3, 7_200, true),
            row("Safari on iPhone", "2001:db8:42::17", 40_000, 900_000, false),
        ],
        idle: "12 hours".into(),
        whole: "30 days".into(),
    }
}

fn confirm() -> Confirm {
    let email = "ada@acme-rockets.com";
    Confirm {
        frame: frame(Stage::Production, Room::Runs),
        title: format!("Cancel the run of {email}?"),
        lead: format!("{email} will not get a workspace from this run. This cannot be undone."),
        consequences: vec![
            "Their page says that this signup has ended, and whom to write to.".into(),
            "No further webhook is sent, and an acknowledgement that still comes is refused.".into(),
            "A new trigger for them begins a new run for the same tenant.".into(),
        ],
        action: "/console/prod/runs/x/cancel".into(),
        button: "Cancel this run".into(),
        danger: true,
        back: "/console/prod/runs/x".into(),
        word: Some(Word {
            what: "the person's mail address",
            name: email.into(),
            field: Field { name: "typed", ..Field::default() },
        }),
    }
}

fn confirm_wrong() -> Confirm {
    let name = "Backend of the billing service in Frankfurt, second instance";
    let fault = "Nothing was done: this is not the key's name. Type it as it stands above.";
    let field = Field { name: "typed", value: "Backend".into(), fault: Some(fault.into()), theirs: None };
    Confirm {
        frame: frame(Stage::Development, Room::Keys),
        title: format!("Revoke {name}?"),
        lead: "It was last used 40 s ago. This cannot be undone.".into(),
        consequences: vec![
            "Requests with this key are refused from now on, and so are tokens that it gave.".into(),
            "Runs that it has begun go on.".into(),
        ],
        button: "Revoke the key".into(),
        word: Some(Word { what: "the key's name", name: name.into(), field }),
        ..confirm()
    }
}

fn confirm_plain() -> Confirm {
    Confirm {
        frame: frame(Stage::Development, Room::Settings),
        title: "Rotate the signing secret of Development?".into(),
        lead: "Webhooks are signed with a new secret from now on.".into(),
        button: "Rotate the secret".into(),
        danger: false,
        word: None,
        ..confirm()
    }
}

fn trouble() -> Trouble {
    Trouble {
        frame: frame(Stage::Development, Room::Runs),
        title: "There is no such run here".into(),
        text: "It may belong to the other environment. Search for the mail or the id in the list of runs."
            .into(),
        request_id: "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e".into(),
        request_href: "#".into(),
    }
}
