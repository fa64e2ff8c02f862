//! *Workflows*: one whose webhook is not set, and none.

use super::{Page, before, frame, page, snippet, speaker};
use crate::view::{
    Room,
    workflow::{Node, Version, Workflow, Workflows},
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    let none = Workflows { workflows: Vec::new(), ..workflows() };
    vec![page("workflows", &workflows()), page("workflows-empty", &none)]
}

fn version(number: u32, minutes: u64, current: bool) -> Version {
    Version { number, published: speaker().ago(before(minutes * 60)), current }
}

fn workflows() -> Workflows {
    let node = |title, kind: &str, note: &str, set: bool, lacks| Node {
        title,
        kind: kind.into(),
        note: note.into(),
        set: set.then(|| "#".into()),
        lacks,
    };
    Workflows {
        frame: frame(Stage::Production, Room::Workflows),
        workflows: vec![Workflow {
            id: "0197f3c2-8d1e-7b44-a1c7-5f0a1b2c3d4e".into(),
            name: "Prosumer".into(),
            version: 2,
            versions: vec![version(2, 40, true), version(1, 9_000, false)],
            signup: vec![
                node("Triggered", "trigger.http@1", "Your backend calls POST /trigger.", false, false),
                node(
                    "Waitlist",
                    "waitlist.user@1",
                    "Lets 100 people through, then people wait.",
                    true,
                    false,
                ),
                node(
                    "Tenant provisioned",
                    "tenant.provision@1",
                    "No URL is set: triggers are refused.",
                    true,
                    true,
                ),
                node(
                    "Onboarding page",
                    "redirect.onboarding@1",
                    "https://app.acme.test/a/rather/long/path/of/onboarding",
                    true,
                    false,
                ),
            ],
            login: vec![node("Home page", "redirect.success@1", "https://app.acme.test/home", true, false)],
            snippet: snippet(),
            runs: "#".into(),
        }],
    }
}
