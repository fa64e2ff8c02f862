//! Settings as they are, and with everything that can be wrong.

use super::{Page, before, frame, now, page, speaker};
use crate::view::{
    Notice, Room, Tone,
    setting::{Field, Fields, MailServer, Secret, Settings},
};
use model::platform::Stage;
use std::time::Duration;

pub(super) fn pages() -> Vec<Page> {
    vec![page("settings", &settings(Stage::Development)), page("settings-faults", &settings_faults())]
}

fn settings(stage: Stage) -> Settings {
    let field = |name, value: &str| Field { name, value: value.into(), fault: None, theirs: None };
    Settings {
        frame: frame(stage, Room::Settings),
        version: 7,
        fields: Fields {
            product_name: field("product_name", "Acme Notes"),
            colour: field("colour", "#0f7a55"),
            support_address: field("support_address", "help@acme-notes.test"),
            time_zone: field("time_zone", "Europe/Berlin"),
            webhook_url: field("webhook_url", "http://127.0.0.1:7800/thrivestack/hook"),
            onboarding_url: field("onboarding_url", "http://127.0.0.1:7800/onboarding"),
            success_url: field("success_url", "http://127.0.0.1:7800/home"),
            waitlist_limit: field("waitlist_limit", "100"),
            plan_id: field("plan_id", "eb4e38a5-9d5e-4f19-b2ce-ffb711c4f75e"),
            plan_name: field("plan_name", "Free Trial"),
            role_id: field("role_id", "efd6062d-c4fe-4129-9a3f-326ec3f3ed04"),
            role_name: field("role_name", "Admin"),
            mail_from: field("mail_from", ""),
            mail_from_name: field("mail_from_name", ""),
            mail_keep: field("mail_keep", ""),
            mail_test_to: field("mail_test_to", "owner@acme-notes.test"),
        },
        focus: "",
        changed: Some(speaker().ago(before(86_400))),
        disabled: None,
        unreachable: None,
        secret: Some(Secret { shown: None, made: speaker().ago(before(1_900_000)), old_until: None }),
        mail: (stage == Stage::Production).then(|| MailServer {
            name: "smtp.example.com:587".into(),
            from: "hello@acme-notes.test".into(),
        }),
        zones: vec!["Europe/Berlin".into(), "UTC".into()],
        name_max: 80,
        address_max: 254,
        swatch: "#0f7a55".into(),
        shade: "Text on it is white. To be seen by everybody it becomes #3f957a for links on dark pages."
            .into(),
        logo: super::hosted::picture(super::hosted::WORDMARK),
        pages: vec![("progress", "Progress"), ("waitlist", "Waitlist")],
    }
}

fn settings_faults() -> Settings {
    let mut page = settings(Stage::Production);
    page.fields.colour.fault =
        Some("too pale on white: 1.4 to 1, at least 3 to 1 is seen by everyone. #a89843 is close".into());
    page.fields.webhook_url.fault = Some("Production needs https://".into());
    page.fields.product_name.theirs = Some("Acme Notes & More".into());
    page.focus = "colour";
    page.disabled = Some(speaker().ago(before(4_000)));
    page.secret = Some(Secret {
        shown: Some("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDUkPLlnI7tCw=".into()),
        made: speaker().ago(before(600)),
        old_until: Some(speaker().ago(now().plus(Duration::from_secs(82_000)))),
    });
    page.frame.notice = Some(Notice::new(
        Tone::Bad,
        "Not saved",
        "2 fields need a change; everything you typed is still here.",
    ));
    page
}
