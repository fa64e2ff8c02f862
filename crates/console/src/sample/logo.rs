//! The logo's page: with none, with one, and with a file that was not taken.

use super::{Page, frame, hosted, page};
use crate::view::{
    Notice, Room, Tone,
    logo::{Logo, Shown},
};
use model::{platform::Stage, setting::logo::Kind};

pub(super) fn pages() -> Vec<Page> {
    vec![
        page("logo", &with_one()),
        page("logo-none", &none(Stage::Development)),
        page("logo-removed", &removed()),
        page("logo-fault", &fault()),
    ]
}

fn none(stage: Stage) -> Logo {
    Logo {
        frame: frame(stage, Room::Settings),
        product: "Acme Notes".into(),
        shown: None,
        undo: None,
        fault: None,
        accept: Kind::ACCEPT,
        pages: vec![("progress", "Progress"), ("waitlist", "Waitlist")],
    }
}

fn with_one() -> Logo {
    let shown = |picture| {
        Shown {
        picture,
        facts: "352 × 88 pixels, 812 kB".into(),
        absent_in_mails: Some(
            "Mails show the name instead: every mail would carry the logo, so there it may have 200 kB at most.".into(),
        ),
    }
    };
    let logo = hosted::picture(hosted::WORDMARK);
    let mut page = none(Stage::Production);
    page.frame.logo.clone_from(&logo);
    Logo { shown: logo.map(shown), ..page }
}

fn removed() -> Logo {
    let notice =
        Notice::new(Tone::Good, "The logo is removed", "The product\u{2019}s initial stands in its place.");
    Logo { undo: Some((notice, "sample".into())), ..none(Stage::Development) }
}

fn fault() -> Logo {
    let mut page = none(Stage::Development);
    page.frame.notice =
        Some(Notice::new(Tone::Bad, "Not saved", "What is shown to your users stays as it was."));
    page.fault = Some("An SVG file can carry programs: export the logo as PNG and choose that.".into());
    page
}
