//! The words of the hosted pages: as they are built in, and with a mistake.

use super::{Page, frame, page};
use crate::{
    operator::built_in,
    view::{
        Notice, Room, Tone,
        wording::{Group, Text, Wording},
    },
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    vec![page("wording", &wording()), page("wording-fault", &fault()), page("wording-stale", &stale())]
}

fn wording() -> Wording {
    let text = |name, label, long| Text {
        name,
        label,
        value: String::new(),
        built_in: built_in(name),
        max: 500,
        hint: None,
        fault: None,
        theirs: None,
        long,
    };
    let group = |page, title, when, texts| Group { page, title, when, texts };
    Wording {
        frame: frame(Stage::Development, Room::Settings),
        version: 7,
        groups: vec![
            group(
                "progress",
                "Progress",
                "while the workspace is made",
                vec![text("progress_title", "Headline", false), text("progress_lead", "Text", true)],
            ),
            group(
                "waitlist",
                "Waitlist",
                "until it is their turn",
                vec![
                    text("waitlist_title", "Headline", false),
                    text("waitlist_text", "Text", true),
                    text("waitlist_next", "What comes next", true),
                ],
            ),
            group(
                "mail",
                "Welcome mail",
                "when the account is ready",
                vec![
                    text("mail_subject", "Subject", false),
                    Text {
                        hint: Some("{{ plan }} is filled in, too, in all of the mail. An empty line begins another paragraph.".into()),
                        ..text("mail_text", "Text", true)
                    },
                ],
            ),
        ],
        focus: String::new(),
    }
}

fn fault() -> Wording {
    let mut page = wording();
    page.focus = "waitlist_text".into();
    page.frame.notice = Some(Notice::new(
        Tone::Bad,
        "Not saved: 1 text needs a change",
        "Everything you typed is still here.",
    ));
    let text = &mut page.groups[1].texts[1];
    text.value = "Hello {{ name }}".into();
    text.fault = Some("There is no {{ name }} here: write {{ product }} or {{ account }}.".into());
    page
}

/// Somebody else saved meanwhile: one text, and nothing in place of another.
fn stale() -> Wording {
    let mut page = wording();
    let text = "What they saved stands below each text that differs. Save again to put yours in its place.";
    page.frame.notice = Some(Notice::new(Tone::Wait, "Not saved: somebody else was faster", text));
    for (text, theirs) in
        page.groups[1].texts.iter_mut().zip(["", "Soon it is your turn.\n\nUntil then, read our guide."])
    {
        text.value = "Typed here".into();
        text.theirs = Some(theirs.into());
    }
    page
}
