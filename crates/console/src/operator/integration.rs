//! *Integration*: what a builder has still to do, each step with the page, the test or the snippet that completes it.

use super::{entrance::sentence, snippet, wire};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room,
        integration::{Integration, Section, Step as StepView},
    },
    visitor::Place,
    words::count,
};
use app::integration::{self, Checklist, Item, Step};
use axum::{extract::State, response::Response};
use model::platform::Stage;

/// The steps by where they are done.
const SECTIONS: [(&str, &[Step]); 3] = [
    (
        "What your users meet",
        &[
            Step::Brand,
            Step::OnboardingUrl,
            Step::SuccessUrl,
            Step::FirstExchange,
            Step::Waitlist,
            Step::Mail,
        ],
    ),
    ("Your backend calls us", &[Step::Key, Step::KeyUsed, Step::FirstRun, Step::Telemetry]),
    ("We call your backend", &[Step::WebhookUrl, Step::WebhookTaken, Step::FirstAck]),
];

pub(crate) async fn page(State(state): State<ConsoleState>, place: Place) -> Result<Response, Failure> {
    let list = integration::checklist(&state.app, place.env).await?;
    let trigger = snippet::trigger(&state, place.env).await?;
    let sections = SECTIONS.iter().map(|(title, steps)| {
        let item = |step: &Step| list.items.iter().find(|item| item.step == *step);
        let items: Vec<&Item> = steps.iter().filter_map(item).collect();
        let done = items.iter().filter(|item| item.done).count();
        Section {
            title,
            done: format!("{done} of {}", items.len()),
            steps: items.iter().map(|item| step(&state, &place, &list, **item, &trigger)).collect(),
        }
    });
    Ok(html(&Integration {
        said: said(&list),
        percent: list.percent(),
        sections: sections.collect(),
        frame: place.frame(Room::Integration, None),
    }))
}

/// `7 of 13 steps done`
pub(super) fn said(list: &Checklist) -> String {
    format!("{} of {} steps done", count(list.done() as u64), count(list.items.len() as u64))
}

fn step(state: &ConsoleState, place: &Place, list: &Checklist, item: Item, trigger: &str) -> StepView {
    let stage = place.stage;
    let settings = path::settings(stage);
    let (title, note, link, id) = words(stage, item, &settings);
    let failing = list.failing.as_ref().filter(|_| item.step == Step::WebhookTaken);
    let note = match failing {
        Some(listed) => match (&listed.error, listed.status) {
            (Some(error), _) => format!("The last one was not accepted. {}", sentence(error)),
            (None, Some(status)) => {
                format!("The last one was not accepted. It was answered {status} {}.", wire::reason(status))
            }
            (None, None) => note.to_owned(),
        },
        None => note.to_owned(),
    };
    let paste = match item.step {
        Step::FirstRun => Some(trigger.to_owned()),
        Step::KeyUsed => Some(snippet::token(state, stage)),
        Step::Telemetry => Some(snippet::identify(state)),
        Step::FirstAck => Some(snippet::acknowledge_node(state)),
        Step::FirstExchange => Some(snippet::exchange_node(state)),
        _ => None,
    };
    StepView {
        knot: if failing.is_some() {
            "bad"
        } else if item.done {
            "done"
        } else {
            "todo"
        },
        title,
        note,
        link: match failing {
            Some(listed) => Some(("What it was answered", path::webhook(stage, listed.id))),
            None => Some(link),
        },
        test: item.step == Step::WebhookTaken && place.current.settings.webhook.url.is_some(),
        snippet: paste.filter(|_| !item.done),
        id,
    }
}

type Words = (&'static str, &'static str, (&'static str, String), &'static str);

/// Title, what it is for, where it is done, and a name for the page.
fn words(stage: Stage, item: Item, settings: &str) -> Words {
    let set = |section: &str| (if item.done { "Change" } else { "Set it" }, format!("{settings}#{section}"));
    match item.step {
        Step::Brand => (
            "Your colour and support address",
            "Hosted pages and mails look like your product, and say whom to write to.",
            set("product"),
            "brand",
        ),
        Step::OnboardingUrl => (
            "Onboarding URL",
            "Where a new user lands, with a one-time code that says who it is.",
            set("redirects"),
            "onboarding-url",
        ),
        Step::SuccessUrl => (
            "Success URL",
            "Where a user lands who has been here before, and when onboarding is over.",
            set("redirects"),
            "success-url",
        ),
        Step::FirstExchange => (
            "Your onboarding page knows who came",
            "It exchanges the one-time code of the browser, and sends the person on.",
            match stage {
                Stage::Development if !item.done => ("Play a signup", path::try_out(stage)),
                _ => ("Hand-over", path::guide("hand-over")),
            },
            "first-exchange",
        ),
        Step::Waitlist => (
            "Waitlist decided",
            "How many users pass before the others wait. No limit is a decision too: save the settings once.",
            set("waitlist"),
            "waitlist",
        ),
        Step::Mail => (
            "Mail leaves",
            "The welcome mail goes out by your mail server. Until then mails are written and stay inside.",
            (if item.done { "Send a test mail" } else { "Connect a server" }, format!("{settings}#mail")),
            "mail",
        ),
        Step::Key => ("A key", "With it your backend proves itself.", ("Keys", path::keys(stage)), "key"),
        Step::KeyUsed => (
            "Your backend has used it",
            "As it is, or for a token that lives an hour.",
            ("Keys", path::keys(stage)),
            "key-used",
        ),
        Step::FirstRun => (
            "First signup",
            "Trigger the workflow when somebody has signed up, then send the browser to the redirect_url.",
            match stage {
                Stage::Development if !item.done => ("Play one", path::try_out(stage)),
                _ => ("Runs", path::runs(stage)),
            },
            "first-run",
        ),
        Step::Telemetry => (
            "Telemetry",
            "Who your users are and what they do: it fills Users, Accounts and the reports.",
            ("Users", path::users(stage)),
            "telemetry",
        ),
        Step::WebhookUrl => (
            "Webhook URL",
            "Where tenant data are sent, signed, when a person is to get a workspace.",
            set("webhook"),
            "webhook-url",
        ),
        Step::WebhookTaken => (
            "Your endpoint accepts webhooks",
            "It verifies the signature and answers 2xx. A test counts.",
            ("Write a receiver", path::webhook_integrate(stage)),
            "webhook-taken",
        ),
        Step::FirstAck => (
            "First acknowledgement",
            "Your backend says that the tenant is there, and the person goes on.",
            ("Write a receiver", path::webhook_integrate(stage)),
            "first-ack",
        ),
    }
}
