//! *Integration*: half way, with a webhook that nobody took, and all done.

use super::{Page, frame, page, snippet};
use crate::view::{
    Room,
    integration::{Integration, Section, Step},
};
use model::platform::Stage;

pub(super) fn pages() -> Vec<Page> {
    let mut done = integration(Stage::Production);
    for step in done.sections.iter_mut().flat_map(|section| &mut section.steps) {
        (step.knot, step.snippet) = ("done", None);
    }
    done.sections.iter_mut().for_each(|section| section.done = "2 of 2".into());
    let done = Integration { said: "4 of 4 steps done".into(), percent: 100, ..done };
    vec![page("integration", &integration(Stage::Development)), page("integration-done", &done)]
}

fn integration(stage: Stage) -> Integration {
    let step = |knot, title, note: &str, words, id| Step {
        knot,
        title,
        note: note.into(),
        link: Some((words, "#".into())),
        test: false,
        snippet: None,
        id,
    };
    Integration {
        frame: frame(stage, Room::Integration),
        said: "1 of 4 steps done".into(),
        percent: 25,
        sections: vec![
            Section {
                title: "Your backend calls us",
                done: "1 of 2".into(),
                steps: vec![
                    step("done", "A key", "With it your backend proves itself.", "Keys", "key"),
                    Step {
                        snippet: Some(snippet()),
                        ..step(
                            "todo",
                            "First signup",
                            "Trigger the workflow when somebody has signed up, then send the browser to the redirect_url.",
                            "Play one",
                            "first-run",
                        )
                    },
                ],
            },
            Section {
                title: "We call your backend",
                done: "0 of 2".into(),
                steps: vec![
                    Step {
                        test: true,
                        ..step(
                            "bad",
                            "Your endpoint accepts webhooks",
                            "The last one was not accepted. Nothing listens at localhost, port 3000. Start your app, or mend host and port of the webhook URL.",
                            "What it was answered",
                            "webhook-taken",
                        )
                    },
                    Step {
                        snippet: Some(snippet()),
                        ..step(
                            "todo",
                            "First acknowledgement",
                            "Your backend says that the tenant is there, and the person goes on.",
                            "Write a receiver",
                            "first-ack",
                        )
                    },
                ],
            },
        ],
    }
}
