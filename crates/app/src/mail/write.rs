//! A mail is written: its text and its HTML from the built-in templates.

use super::{Mail, Sender, post};
use crate::setting::Current;
use kernel::{MailId, Timestamp};
use minijinja::{Environment, context};
use model::{
    mail::MailState,
    run::Run,
    setting::colour::{Colour, TEXT},
};
use std::sync::LazyLock;

/// Which text a mail was made from.
const WELCOME: &str = "welcome@1";
/// Its HTML: the name's end makes the renderer escape what it fills in.
const WELCOME_HTML: &str = "welcome@1.html";

static TEXTS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut texts = Environment::new();
    for (name, text) in [
        (WELCOME, include_str!("../../texts/welcome.txt")),
        (WELCOME_HTML, include_str!("../../texts/welcome.html")),
    ] {
        texts.add_template(name, text).expect("a test renders every built-in text");
    }
    texts
});

/// No mail was made of a text.
#[derive(Debug, thiserror::Error)]
pub enum MailFault {
    #[error("render the mail {template}")]
    Render { template: &'static str, source: minijinja::Error },
    #[error("the mail {0} does not begin with its subject")]
    Subject(&'static str),
}

/// The welcome mail of a run that got past its acknowledgement. Rendering takes some ten microseconds, so it
/// may happen inside a command, where the run's last word is known.
pub(crate) fn welcome(
    current: &Current,
    sender: &Sender,
    run: &Run,
    id: MailId,
    now: Timestamp,
) -> Result<Mail, MailFault> {
    let settings = &current.settings;
    let colour = settings.colour.parse().unwrap_or(Colour::BLACK);
    let values = context! {
        product => &settings.product_name,
        account => &run.account_name,
        plan => run.plan.as_ref().map(|plan| plan.name.as_str()),
        link => settings.success_url.as_ref().map(url::Url::as_str),
        support => &settings.support_address,
        colour => colour.to_string(),
        ink => colour.ink().to_string(),
        // The same colour where it is text: dark enough to be read.
        words => colour.against(Colour::WHITE, TEXT).to_string(),
    };
    let text = render(WELCOME, &values)?;
    let (subject, body) = parts(&text).ok_or(MailFault::Subject(WELCOME))?;
    let stamp = sender.stamp(id, 1);
    Ok(Mail {
        id,
        run: run.id,
        template: WELCOME.to_owned(),
        sender_name: stamp.sender_name,
        sender_address: stamp.sender_address,
        reply_to: stamp.reply_to,
        recipient: run.email.to_string(),
        subject: post::line(subject),
        body: body.to_owned(),
        html: Some(render(WELCOME_HTML, &values)?),
        message_id: stamp.message_id,
        state: if sender.leaves { MailState::Queued } else { MailState::Kept },
        attempts: 0,
        created_at: now,
    })
}

fn render(template: &'static str, values: &minijinja::Value) -> Result<String, MailFault> {
    let rendered = TEXTS.get_template(template).and_then(|text| text.render(values));
    rendered.map_err(|source| MailFault::Render { template, source })
}

/// A text begins with the line of its subject, then an empty one.
fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("Subject: ")?.split_once("\n\n")
}
