//! What end users meet, in the name and colour of a builder.

use super::{Page, page};
use crate::view::hosted::{Brand, Footer, Line, LineState, Message, Picture, Progress};
use model::setting::logo::Logo;

pub(super) fn pages() -> Vec<Page> {
    let long = "The Extraordinarily Long Names & Other Stories Company of Old York";
    vec![
        page("hosted-progress", &progress("Acme Notes", GREEN)),
        page("hosted-progress-long", &progress(long, VIOLET)),
        page(
            "hosted-wordmark",
            &in_logo(message(GREEN, "Preparing your workspace", &["This takes a few seconds."]), WORDMARK),
        ),
        page("hosted-icon", &in_logo(waitlist(), ICON)),
        page("hosted-waitlist", &waitlist()),
        page("hosted-trouble", &trouble()),
        page("hosted-ended", &ended()),
        page("hosted-sign-in", &sign_in()),
    ]
}

const GREEN: &str = "#0f7a55";
const VIOLET: &str = "#7c3aed";
const AMBER: &str = "#b4540a";
const BLUE: &str = "#2259c4";
/// Each has a style sheet of its own.
pub(super) const COLOURS: [&str; 4] = [GREEN, VIOLET, AMBER, BLUE];

pub(super) const WORDMARK: &[u8] = include_bytes!("wordmark.png");
const ICON: &[u8] = include_bytes!("icon.png");

fn in_logo(page: Message, file: &[u8]) -> Message {
    Message { brand: Brand { logo: picture(file), ..page.brand }, ..page }
}

pub(super) fn picture(file: &[u8]) -> Option<Picture> {
    let logo = Logo::examine(file).ok()?;
    Some(Picture::of(&logo, logo.inline(file)))
}

fn waitlist() -> Message {
    let texts = [
        "Thank you for signing up, ada@acme-rockets.com. We let people in as fast as we can look after them.",
        "This page opens your workspace as soon as it is your turn. You can close it: your place is kept.",
    ];
    message(AMBER, "You are on the list", &texts)
}

fn trouble() -> Message {
    let texts = [
        "Something on our side did not answer. We have been told and are looking at it; nothing you entered is lost.",
        "You can leave this page open: it goes on by itself.",
    ];
    message(GREEN, "This takes longer than it should", &texts)
}

fn ended() -> Message {
    let texts = [
        "Your signup for Acme Notes was stopped, and this link leads no further.",
        "To try again, go back to where you signed up.",
    ];
    message(GREEN, "This signup has ended", &texts)
}

fn sign_in() -> Message {
    let way_on = Some(("Go to Acme Notes".into(), "https://acme-notes.test/".into()));
    Message { way_on, ..message(BLUE, "Your workspace is ready", &["Sign in at Acme Notes to go on."]) }
}

fn message(colour: &str, title: &str, paragraphs: &[&str]) -> Message {
    Message {
        brand: brand("Acme Notes", colour),
        name: "sample",
        title: title.into(),
        paragraphs: paragraphs.iter().map(|p| (*p).to_owned()).collect(),
        way_on: None,
        refresh: None,
    }
}

fn brand(name: &str, colour: &str) -> Brand {
    Brand {
        name: name.into(),
        colour: colour.trim_start_matches('#').into(),
        logo: None,
        footer: Some(Footer {
            before: "Something wrong? Write to ".into(),
            address: Some("help@acme-notes.test".into()),
            after: " and mention 0197f3c2.".into(),
        }),
    }
}

fn progress(name: &str, colour: &str) -> Progress {
    let line = |words: &str, state| Line { words: words.into(), state };
    Progress {
        brand: brand(name, colour),
        title: "Preparing your workspace".into(),
        lead: "This takes a few seconds. You can leave this page open.".into(),
        lines: vec![
            line("Account details checked", LineState::Done),
            line("Free Trial started", LineState::Done),
            line("Creating acme-rockets.com", LineState::Now),
            line(&format!("Opening {name}"), LineState::Later),
        ],
        done: "done".into(),
        live: true,
    }
}
