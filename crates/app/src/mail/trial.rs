//! A test mail: sent at once with what is typed in *Settings*, saved or not, and kept nowhere.

use super::Sender;
use crate::{
    App,
    operator::Actor,
    setting::{self, Draft, FieldFault, SettingFault},
};
use kernel::{Category, Env, MailId};
use outbound::smtp::{Letter, Party, SmtpFault};

/// Why there was no test mail.
#[derive(Debug, thiserror::Error)]
pub enum TrialFault {
    #[error("{} fields cannot be used as they are", .0.len())]
    Invalid(Vec<FieldFault>),
    #[error("no mail server is configured")]
    NoServer,
    #[error("mails are being sent already, as many as go at once")]
    Busy,
    /// The server did not take it; what to do about it.
    #[error("the mail server did not take the test mail")]
    Smtp(#[from] SmtpFault),
    #[error("settings")]
    Setting(#[from] SettingFault),
}

impl TrialFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Invalid(_) => Category::Invalid,
            Self::NoServer => Category::Conflict,
            Self::Busy => Category::Limited,
            Self::Smtp(fault) => fault.category(),
            Self::Setting(fault) => fault.category(),
        }
    }
}

/// What was tried: who took it, from and to whom, and the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub server: String,
    pub from: String,
    pub to: String,
    pub answer: String,
}

/// Sends a test mail now. Keeping mails inside is about people's mails: this one leaves all the same.
pub async fn try_out(app: &App, actor: &Actor, env: Env, draft: &Draft) -> Result<Tried, TrialFault> {
    let current = setting::current(app, env).await?;
    let (mailing, to) = draft.check_test(current.environment.stage).map_err(TrialFault::Invalid)?;
    let smtp = app.smtp.as_ref().ok_or(TrialFault::NoServer)?;
    let sender = Sender::with(app, &current, &mailing);
    let now = app.db.now();
    let stamp = sender.stamp(MailId::ordered(now, app.rng.as_ref()), 1);
    let (product, stage) = (&current.settings.product_name, current.environment.stage.title());
    let letter = Letter {
        message_id: stamp.message_id,
        written_at: now,
        from: Party { name: stamp.sender_name, address: stamp.sender_address },
        reply_to: stamp.reply_to,
        to: to.to_string(),
        subject: format!("Test mail of {product} ({stage})"),
        text: format!(
            "This is a test mail of {product}, {stage}.\n\nIt was asked for in Settings. Mails to your users come from the same address.\n"
        ),
        html: None,
        picture: None,
    };
    let server = smtp.server().name();
    let _place = app.posts.try_enter(env.id(), now, app.rng.as_ref()).map_err(|_| TrialFault::Busy)?;
    match smtp.send(&letter).await {
        Ok(accepted) => {
            tracing::info!(operator.id = %actor.id, environment.id = %env, "an operator sent a test mail");
            Ok(Tried { server, from: sender.address, to: to.into(), answer: accepted.answer })
        }
        Err(fault) => {
            tracing::info!(operator.id = %actor.id, environment.id = %env, error = fault.brief(), "a test mail was not taken");
            Err(fault.into())
        }
    }
}
