//! One attempt: record that it begins, send, record how it ended, decide.

use super::{Mail, Sender, post};
use crate::{
    App,
    operator::Actor,
    setting::{self, SettingFault},
};
use durable::{Claimed, Handler, JobFault, Jobs, NewJob, Running, job};
use kernel::{Category, Env, JobId, MailId, Timestamp, chain};
use model::mail::{Fate, MailState};
use outbound::smtp::{Accepted, Smtp, SmtpFault};
use serde::{Deserialize, Serialize};
use sql::Tx;
use std::sync::Arc;
use store::mail::End;
use tokio_util::sync::CancellationToken;

/// One attempt to hand a mail to the server.
pub const SEND: &str = "mail.send@1";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sending {
    mail: MailId,
    /// Attempts of this sending that failed so far; one that a shutdown cut short is none.
    #[serde(default)]
    failed: usize,
}

/// The job of a mail that is to be sent. Nothing calls it off but another sending of the same mail.
pub(crate) fn first(id: JobId, mail: MailId, due_at: Timestamp) -> Result<NewJob, serde_json::Error> {
    let payload = serde_json::to_string(&Sending { mail, failed: 0 })?;
    Ok(NewJob { id, kind: SEND, correlation: mail.to_string(), payload, due_at })
}

/// Why a mail is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum SendAgainFault {
    #[error("no such mail")]
    Unknown,
    #[error("no mail server is configured")]
    NoServer,
    #[error("this environment keeps its mails")]
    Kept,
    #[error("an attempt is under way")]
    UnderWay,
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("the job's payload")]
    Payload(#[from] serde_json::Error),
    #[error("mail store")]
    Store(#[from] sql::Fault),
}

impl SendAgainFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Unknown => Category::Absent,
            Self::NoServer | Self::Kept | Self::UnderWay => Category::Conflict,
            Self::Setting(fault) => fault.category(),
            Self::Payload(_) => Category::Fault,
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Sends a mail now, whatever became of it: one that was kept for the first time, any other once more, with a fresh
/// schedule and under another `Message-ID` (mail programs drop a copy of what they have).
pub async fn send_again(app: &App, actor: &Actor, env: Env, id: MailId) -> Result<(), SendAgainFault> {
    let current = setting::current(app, env).await?;
    let sender = Sender::of(app, &current);
    match (&app.smtp, sender.leaves) {
        (None, _) => return Err(SendAgainFault::NoServer),
        (_, false) => return Err(SendAgainFault::Kept),
        _ => {}
    }
    let (now, jobs) = (app.db.now(), app.jobs.clone());
    let job = first(JobId::ordered(now, app.rng.as_ref()), id, now)?;
    app.db
        .write(store::mail::lock(env, id), move |tx| {
            let mail = store::mail::get(tx, env, id)?.ok_or(SendAgainFault::Unknown)?;
            if mail.state == MailState::Sending {
                return Err(SendAgainFault::UnderWay);
            }
            job::call_off(tx, env, &job.correlation)?;
            store::mail::queue(tx, env, id, &sender.stamp(id, mail.attempts + 1))?;
            Ok(job::enqueue(tx, &jobs, env, &job, now)?)
        })
        .await?;
    tracing::info!(operator.id = %actor.id, environment.id = %env, mail.id = %id, "an operator sent a mail again");
    Ok(())
}

/// Handler of [`SEND`].
pub struct Send(pub App);

impl Handler for Send {
    fn run(&self, claimed: Claimed, interrupted: CancellationToken) -> Running {
        let app = self.0.clone();
        Box::pin(async move { send(&app, claimed, interrupted).await.map_err(SendFault::into_job) })
    }

    fn given_up(&self, claimed: Claimed, reason: String) -> Running {
        let app = self.0.clone();
        Box::pin(async move {
            let (env, id) = (claimed.env, serde_json::from_str::<Sending>(&claimed.payload)?.mail);
            tracing::error!(mail.id = %id, reason, "a mail was given up by a fault of ours");
            let settle = move |tx: &mut Tx<'_>| store::mail::settle(tx, env, id, MailState::GivenUp);
            app.db
                .write(store::mail::lock(env, id), settle)
                .await
                .map_err(|fault| SendFault::from(fault).into_job())
        })
    }
}

/// Why an attempt could not be made or recorded; the executor runs it again.
#[derive(Debug, thiserror::Error)]
enum SendFault {
    #[error("the job's payload")]
    Payload(#[from] serde_json::Error),
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("mail store")]
    Store(#[from] sql::Fault),
}

impl SendFault {
    fn into_job(self) -> JobFault {
        let category = match &self {
            Self::Payload(_) => Category::Fault,
            Self::Setting(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        };
        JobFault { category, ..JobFault::from(self) }
    }
}

async fn send(app: &App, claimed: Claimed, interrupted: CancellationToken) -> Result<(), SendFault> {
    let environment = claimed.env.id();
    let place = match app.posts.try_enter(environment, app.db.now(), app.rng.as_ref()) {
        Ok(place) => place,
        Err(again_at) => return later(app, claimed, again_at).await,
    };
    let entered = app.clock.monotonic();
    let done = attempt(app, claimed, &interrupted).await;
    app.posts.leave(environment, place, app.clock.monotonic().since(entered), app.db.now());
    done
}

/// Too many conversations are under way in this environment: nothing was sent, nothing is recorded.
async fn later(app: &App, claimed: Claimed, due_at: Timestamp) -> Result<(), SendFault> {
    let jobs = app.jobs.clone();
    let write = move |tx: &mut Tx<'_>| job::reschedule(tx, &jobs, &claimed, due_at, &claimed.payload);
    Ok(app.db.write(sql::Locks::none(), write).await?)
}

async fn attempt(app: &App, claimed: Claimed, interrupted: &CancellationToken) -> Result<(), SendFault> {
    let work: Sending = serde_json::from_str(&claimed.payload)?;
    let (env, id) = (claimed.env, work.mail);
    let current = setting::current(app, env).await?;
    let smtp = app.smtp.clone().filter(|_| !current.settings.mail.keep);
    let Some(smtp) = smtp else { return keep(app, claimed, id).await };
    // Read before the attempt begins: what fails here leaves no attempt without an end.
    let picture = match app.db.read(move |tx| store::mail::get(tx, env, id)).await? {
        Some(mail) => post::picture(app, env, &mail).await?,
        None => None,
    };
    let Some((mail, n)) = begin(app, &claimed, id, &smtp).await? else { return Ok(()) };
    let started = app.clock.monotonic();
    let letter = post::letter(&mail, picture);
    let said = tokio::select! {
        said = smtp.send(&letter) => Some(said),
        () = interrupted.cancelled() => None,
    };
    let elapsed = app.clock.monotonic().since(started);
    let record = Arc::new(Record::new(app, claimed, work, n, elapsed, said));
    let kept = Arc::clone(&record);
    app.db.write(store::mail::lock(env, id), move |tx| kept.write(tx)).await?;
    record.tell();
    Ok(())
}

/// Since it was queued, the server was taken away, or the environment was set to keep its mails.
async fn keep(app: &App, claimed: Claimed, id: MailId) -> Result<(), SendFault> {
    let env = claimed.env;
    let write = move |tx: &mut Tx<'_>| {
        if job::is_held(tx, &claimed)? {
            job::complete(tx, &claimed)?;
            store::mail::settle(tx, env, id, MailState::Kept)?;
        }
        Ok::<_, sql::Fault>(())
    };
    Ok(app.db.write(store::mail::lock(env, id), write).await?)
}

/// Records that a conversation begins. `None`: the job was called off, or there is nothing to send.
async fn begin(
    app: &App,
    claimed: &Claimed,
    id: MailId,
    smtp: &Smtp,
) -> Result<Option<(Mail, i64)>, SendFault> {
    let (env, claimed, server, now) = (claimed.env, claimed.clone(), smtp.server().name(), app.db.now());
    let write = move |tx: &mut Tx<'_>| {
        if !job::is_held(tx, &claimed)? {
            return Ok(None);
        }
        let mail = store::mail::get(tx, env, id)?.filter(|mail| mail.state.fate() == Fate::Waiting);
        let Some(mail) = mail else {
            job::complete(tx, &claimed)?;
            return Ok(None);
        };
        let n = store::mail::begin(tx, env, id, &server, now)?;
        Ok::<_, sql::Fault>(Some((mail, n)))
    };
    Ok(app.db.write(store::mail::lock(env, id), write).await?)
}

const INTERRUPTED: &str = "interrupted by a shutdown; the server may have taken it";

/// What is written after a conversation, fixed before the command runs: it may run again.
struct Record {
    claimed: Claimed,
    mail: MailId,
    n: i64,
    end: End,
    /// The same for a log: a server's words stay on the mail's page.
    brief: String,
    state: MailState,
    /// When the job runs again, and with what it has learned.
    again: Option<(Timestamp, String)>,
    jobs: Jobs,
}

impl Record {
    fn new(
        app: &App,
        claimed: Claimed,
        work: Sending,
        n: i64,
        elapsed: std::time::Duration,
        said: Option<Result<Accepted, SmtpFault>>,
    ) -> Self {
        let now = app.db.now();
        let failed = work.failed + 1;
        let brief = match &said {
            None => INTERRUPTED.to_owned(),
            Some(Ok(_)) => String::new(),
            Some(Err(fault)) => fault.brief(),
        };
        let (answer, state, failed) = match said {
            None => (INTERRUPTED.to_owned(), MailState::Queued, work.failed),
            Some(Ok(accepted)) => (accepted.answer, MailState::Sent(now), failed),
            Some(Err(fault)) if fault.is_final() => (chain(&fault), MailState::Rejected, failed),
            Some(Err(fault)) => {
                let wait = app.options.mail_retry.wait(failed, None, app.rng.as_ref());
                let state = wait.map_or(MailState::GivenUp, |wait| MailState::Retrying(now.plus(wait)));
                (chain(&fault), state, failed)
            }
        };
        let due_at = match state {
            MailState::Queued => Some(now),
            MailState::Retrying(at) => Some(at),
            _ => None,
        };
        let again =
            serde_json::to_string(&Sending { failed, ..work }).unwrap_or_else(|_| claimed.payload.clone());
        let end = End { elapsed, taken: state.fate() == Fate::Sent, answer, retry_at: due_at };
        let again = due_at.map(|due_at| (due_at, again));
        Self { claimed, mail: work.mail, n, end, brief, state, again, jobs: app.jobs.clone() }
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<(), sql::Fault> {
        let env = self.claimed.env;
        store::mail::end(tx, env, self.mail, self.n, &self.end)?;
        if !job::is_held(tx, &self.claimed)? {
            // Sent again meanwhile: the attempt stays in the log, the other one decides.
            return Ok(());
        }
        match &self.again {
            Some((due_at, payload)) => job::reschedule(tx, &self.jobs, &self.claimed, *due_at, payload)?,
            None => job::complete(tx, &self.claimed)?,
        }
        store::mail::settle(tx, env, self.mail, self.state)
    }

    fn tell(&self) {
        let outcome = match self.state {
            MailState::Sent(_) => "sent",
            MailState::Rejected => "rejected",
            MailState::GivenUp => "given_up",
            MailState::Retrying(_) => "failed",
            _ => "interrupted",
        };
        metrics::counter!("thrivestack_mail_attempts_total", "outcome" => outcome).increment(1);
        if !self.end.taken {
            // Without the recipient and the server's words: a log holds no addresses of people.
            tracing::warn!(
                mail.id = %self.mail,
                retry_at = self.end.retry_at.map(|at| at.to_string()).as_deref().unwrap_or("never"),
                "the mail server did not take a mail: {}",
                self.brief,
            );
        }
    }
}
