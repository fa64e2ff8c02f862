//! Every template with plausible values: for the gallery (`cargo run -p console --example gallery`) and for the test
//! that renders each of them. Nothing here is reached by a request.

mod entrance;
mod guide;
mod home;
mod hosted;
mod integration;
mod keys;
mod list;
mod logo;
mod mails;
mod profiles;
mod requests;
mod run;
mod runs;
mod search;
mod settings;
mod waitlist;
mod webhooks;
mod wording;
mod workflows;

use crate::{
    view::{Frame, Room, StageLink, Tone, run::Pill},
    words::Speaker,
};
use askama::Template;
use kernel::Timestamp;
use model::{platform::Stage, setting::colour::Colour};
use std::time::Duration;

/// One rendered sample: a name to find it by, and the page.
pub struct Sample {
    pub name: &'static str,
    pub html: String,
}

type Page = Result<Sample, askama::Error>;

/// Every page in every state that somebody will meet.
pub fn all() -> Result<Vec<Sample>, askama::Error> {
    let rooms = [
        entrance::pages(),
        guide::pages(),
        home::pages(),
        integration::pages(),
        runs::pages(),
        waitlist::pages(),
        search::pages(),
        run::pages(),
        keys::pages(),
        logo::pages(),
        mails::pages(),
        requests::pages(),
        webhooks::pages(),
        wording::pages(),
        workflows::pages(),
        profiles::pages(),
        settings::pages(),
        hosted::pages(),
    ];
    rooms.into_iter().flatten().collect()
}

fn page(name: &'static str, page: &impl Template) -> Page {
    Ok(Sample { name, html: page.render()? })
}

fn now() -> Timestamp {
    "2026-11-21T11:06:22.118Z".parse().unwrap_or(Timestamp::EPOCH)
}

fn speaker() -> Speaker {
    Speaker::new(now(), "Europe/Berlin")
}

fn before(seconds: u64) -> Timestamp {
    now().minus(Duration::from_secs(seconds))
}

fn frame(stage: Stage, room: Room) -> Frame {
    Frame {
        product: "Acme Notes".into(),
        logo: None,
        stage,
        stages: [Stage::Development, Stage::Production]
            .map(|other| StageLink { stage: other, href: crate::path::home(other), current: other == stage })
            .into(),
        room,
        email: "owner@acme-notes.test".into(),
        csrf: "sample".into(),
        incidents: 1,
        waiting: 12,
        speaker: speaker(),
        notice: None,
    }
}

fn snippet() -> String {
    "curl -X POST http://127.0.0.1:7700/trigger \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\"workflow_id\":\"0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e\",\n       \"user_id\":\"u-1\",\"email_id\":\"ada@example.com\"}'".into()
}

fn pill(tone: Tone, words: &str) -> Pill {
    Pill { tone, words: words.into() }
}

/// Sample pages among the assets, with the compression of the real ones.
pub fn served(pages: axum::Router) -> axum::Router {
    pages.layer(crate::compression()).merge(crate::asset_router())
}

/// Every file that the samples link to, by its address.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let brands = hosted::COLOURS.map(|text| text.parse().unwrap_or(Colour::WHITE));
    let brand = |colour: Colour| {
        let name = format!("/assets/brand/{}.css", colour.to_string().trim_start_matches('#'));
        (name, crate::colour::style(colour).into_bytes())
    };
    crate::asset::all()
        .iter()
        .map(|asset| (crate::asset::href(asset.name), asset.bytes.to_vec()))
        .chain(brands.into_iter().map(brand))
        .collect()
}
