//! From a row to a letter: who sends, and whether anything leaves.

use super::{Mail, MailViewFault};
use crate::{App, Options, setting::Current};
use kernel::{Env, MailId};
use model::setting::{Mailing, logo::Logo};
use outbound::smtp::{Letter, Party, Picture, line};
use store::mail::Stamp;

/// Who an environment's mails come from, and whether they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub name: String,
    pub address: String,
    /// Answers go to the builder's support.
    pub reply_to: Option<String>,
    pub leaves: bool,
}

/// What happens to the mails of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// No server is configured: they stay inside.
    NoServer,
    /// The environment is set to keep them.
    Kept,
    /// They go to this server, from this address.
    Leaves { server: String, from: String },
}

/// What happens to the mails of an environment as it is set.
pub fn way(app: &App, current: &Current) -> Way {
    match &app.smtp {
        None => Way::NoServer,
        Some(_) if current.settings.mail.keep => Way::Kept,
        Some(smtp) => {
            let from = Sender::of(app, current).address;
            Way::Leaves { server: smtp.server().name(), from }
        }
    }
}

/// The mail server's name and the address that mails come from where an environment names none.
pub fn connected(app: &App) -> Option<(String, String)> {
    app.smtp.as_ref().map(|smtp| (smtp.server().name(), default_address(&app.options)))
}

impl Sender {
    pub(crate) fn of(app: &App, current: &Current) -> Self {
        Self::with(app, current, &current.settings.mail)
    }

    /// The same with other settings than those that are saved.
    pub(super) fn with(app: &App, current: &Current, mailing: &Mailing) -> Self {
        let settings = &current.settings;
        Self {
            name: mailing.from_name.clone().unwrap_or_else(|| settings.product_name.clone()),
            address: mailing.from.clone().unwrap_or_else(|| default_address(&app.options)),
            reply_to: settings.support_address.clone(),
            leaves: app.smtp.is_some() && !mailing.keep,
        }
    }

    /// What a mail's `n`th sending is stamped with.
    pub(super) fn stamp(&self, id: MailId, n: i64) -> Stamp {
        let (_, domain) = self.address.rsplit_once('@').unwrap_or(("", "localhost"));
        Stamp {
            sender_name: line(&self.name),
            sender_address: self.address.clone(),
            reply_to: self.reply_to.clone(),
            message_id: format!("{id}.{n}@{domain}"),
        }
    }
}

/// A server comes with an address; without one nothing leaves, and a file wants to name somebody all the same.
fn default_address(options: &Options) -> String {
    match &options.mail_from {
        Some(address) => address.to_string(),
        None => "no-reply@localhost".to_owned(),
    }
}

/// The logo that a mail shows, while that is kept: without it, mail programs write its alternative text.
pub(super) async fn picture(app: &App, env: Env, mail: &Mail) -> Result<Option<Picture>, sql::Fault> {
    Ok(logo(app, env, mail).await?.map(|(logo, bytes)| Picture {
        id: logo.content_id(),
        media_type: logo.kind.media_type(),
        bytes,
    }))
}

async fn logo<'m>(app: &App, env: Env, mail: &'m Mail) -> Result<Option<(&'m Logo, Vec<u8>)>, sql::Fault> {
    let Some(logo) = &mail.logo else { return Ok(None) };
    Ok(crate::setting::logo_bytes(app, env, logo).await?.map(|bytes| (logo, bytes)))
}

/// How a mail's HTML names the logo that travels with it.
pub(super) fn address_inside(logo: &Logo) -> String {
    format!("cid:{}", logo.content_id())
}

/// A mail's HTML as a mail program shows it, for a page: with the logo in place of its name.
pub async fn html(app: &App, env: Env, mail: &Mail) -> Result<Option<String>, MailViewFault> {
    let Some(html) = &mail.html else { return Ok(None) };
    Ok(Some(match logo(app, env, mail).await? {
        Some((logo, bytes)) => html.replace(&address_inside(logo), &logo.inline(&bytes)),
        None => html.clone(),
    }))
}

/// A mail as it is sent.
pub(super) fn letter(mail: &Mail, picture: Option<Picture>) -> Letter {
    Letter {
        message_id: mail.message_id.clone(),
        written_at: mail.created_at,
        from: Party { name: mail.sender_name.clone(), address: mail.sender_address.clone() },
        reply_to: mail.reply_to.clone(),
        to: mail.recipient.clone(),
        subject: mail.subject.clone(),
        text: mail.body.clone(),
        html: mail.html.clone(),
        picture,
    }
}

/// The bytes of a mail as they are sent, for a file.
pub async fn eml(app: &App, env: Env, mail: &Mail) -> Result<Vec<u8>, MailViewFault> {
    Ok(letter(mail, picture(app, env, mail).await?).to_bytes()?)
}
