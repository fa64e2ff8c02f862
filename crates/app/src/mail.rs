//! Mails: texts are data, rendered by minijinja; a written mail is a row.

mod list;

pub use list::{MailPage, MailViewFault, get, list};

use crate::setting::Current;
use kernel::{MailId, Timestamp};
use minijinja::{Environment, context};
use model::run::Run;
use std::sync::LazyLock;
pub use store::mail::Mail;

/// Which text a mail was made from.
pub const WELCOME: &str = "welcome@1";

static TEXTS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut texts = Environment::new();
    texts
        .add_template(WELCOME, include_str!("../texts/welcome.txt"))
        .expect("a test renders every built-in text");
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
pub fn welcome(current: &Current, run: &Run, id: MailId, now: Timestamp) -> Result<Mail, MailFault> {
    let settings = &current.settings;
    let text = TEXTS
        .get_template(WELCOME)
        .and_then(|text| {
            text.render(context! {
                product => &settings.product_name,
                account => &run.account_name,
                plan => run.plan.as_ref().map(|plan| plan.name.as_str()),
                link => settings.success_url.as_ref().map(url::Url::as_str),
                support => &settings.support_address,
            })
        })
        .map_err(|source| MailFault::Render { template: WELCOME, source })?;
    let (subject, body) = parts(&text).ok_or(MailFault::Subject(WELCOME))?;
    Ok(Mail {
        id,
        run: run.id,
        template: WELCOME.to_owned(),
        recipient: run.email.to_string(),
        subject: subject.to_owned(),
        body: body.to_owned(),
        created_at: now,
    })
}

/// A text begins with the line of its subject, then an empty one.
fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("Subject: ")?.split_once("\n\n")
}
