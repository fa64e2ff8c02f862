//! One attempt: send, record, decide.

use super::attempt::{Outcome, Sent, request, shown};
use super::{Delivering, Purpose, WebhookFault, ack_timer, given_up, gone, step, tell};
use crate::App;
use crate::run::Step;
use durable::executor::JobFault;
use durable::{Claimed, Handler, Jobs, job};
use kernel::{JobId, Timestamp};
use model::run::Event;
use model::webhook::retry::Verdict;
use sql::Tx;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use store::delivery::Delivery;
use tokio_util::sync::CancellationToken;

/// Handler of [`super::DELIVER`].
pub struct Deliver(pub App);

impl Handler for Deliver {
    fn run(
        &self,
        claimed: Claimed,
        interrupted: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), JobFault>> + Send>> {
        let app = self.0.clone();
        Box::pin(async move { deliver(&app, claimed, interrupted).await.map_err(WebhookFault::into_job) })
    }

    fn given_up(
        &self,
        claimed: Claimed,
        reason: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), JobFault>> + Send>> {
        let app = self.0.clone();
        Box::pin(async move {
            let work: Delivering = serde_json::from_str(&claimed.payload)?;
            given_up(&app, claimed.env, &work.target, reason).await.map_err(WebhookFault::into_job)
        })
    }
}

async fn deliver(app: &App, claimed: Claimed, interrupted: CancellationToken) -> Result<(), WebhookFault> {
    let work: Delivering = serde_json::from_str(&claimed.payload)?;
    let (env, id) = (claimed.env, work.delivery);
    let step = step(app, env, &work.target).await?;
    let delivery = app.db.read(move |tx| store::delivery::get(tx, env, id)).await?;
    let Some(delivery) = delivery else {
        return finish(
            app,
            Done { claimed, work, step },
            Event::JobFailed("the delivery is gone".to_owned()),
        )
        .await;
    };
    let webhook = &step.current.settings.webhook;
    if webhook.disabled_at.is_some() {
        return finish(app, Done { claimed, work, step }, Event::EndpointDisabled).await;
    }
    let sendable = webhook.url.clone().and_then(|url| request(&step.current, url, &delivery, step.now));
    let Some(request) = sendable else {
        let event = Event::DeliveryFailed("no webhook URL is set: set one in Settings and retry".to_owned());
        return finish(app, Done { claimed, work, step }, event).await;
    };

    let mut sent = Sent {
        purpose: work.purpose.name(),
        started_at: step.now,
        elapsed: Duration::ZERO,
        url: request.url.to_string(),
        headers: shown(request.headers.iter().map(|(name, value)| (name, value))),
    };
    let started = app.clock.monotonic();
    let answer = tokio::select! {
        answer = app.http.send(request) => Some(answer),
        () = interrupted.cancelled() => None,
    };
    sent.elapsed = app.clock.monotonic().since(started);
    let stopping = answer.is_none();
    let outcome = answer.map_or_else(Outcome::interrupted, |answer| Outcome::of(answer, app.db.now()));
    record(app, Record::new(app, Done { claimed, work, step }, delivery, sent, outcome, stopping)).await
}

/// A job at its end: what it was about.
struct Done {
    claimed: Claimed,
    work: Delivering,
    step: Step,
}

/// Ends the job without an attempt and tells the run why.
async fn finish(app: &App, done: Done, event: Event) -> Result<(), WebhookFault> {
    let lock = done.work.target.lock(done.claimed.env);
    app.db
        .write(lock, move |tx| {
            if !job::is_held(tx, &done.claimed)? {
                return Ok(());
            }
            job::complete(tx, &done.claimed)?;
            tell(tx, &done.step, done.work.target.run, &event)
        })
        .await?;
    Ok(())
}

/// What is written after an attempt, fixed before the command runs: it may run again.
struct Record {
    done: Done,
    delivery: Delivery,
    sent: Sent,
    outcome: Outcome,
    /// The attempt was cut short by a shutdown: the job runs again at once after the next start.
    stopping: bool,
    /// When the schedule has another attempt.
    retry_at: Option<Timestamp>,
    ended_at: Timestamp,
    jobs: Jobs,
    ack_wait: Duration,
    fresh: JobId,
}

impl Record {
    fn new(app: &App, done: Done, delivery: Delivery, sent: Sent, outcome: Outcome, stopping: bool) -> Self {
        let pace = app.options.pace(done.step.current.environment.stage);
        let ended_at = app.db.now();
        let failed = usize::try_from(delivery.attempts + 1 - done.work.before).unwrap_or(usize::MAX);
        let retry_at = match outcome.verdict {
            _ if stopping => Some(ended_at),
            // No schedule of its own: the wait for the acknowledgement goes on beside it.
            Verdict::Retry { .. } if done.work.purpose == Purpose::Resend => None,
            Verdict::Retry { asked } => {
                pace.retry.wait(failed, asked, app.rng.as_ref()).map(|wait| ended_at.plus(wait))
            }
            Verdict::Delivered | Verdict::Disable => None,
        };
        Self {
            delivery,
            sent,
            outcome,
            stopping,
            retry_at,
            ended_at,
            jobs: app.jobs.clone(),
            ack_wait: pace.ack_wait,
            fresh: JobId::ordered(ended_at, app.rng.as_ref()),
            done,
        }
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<(), WebhookFault> {
        let held = job::is_held(tx, &self.done.claimed)?;
        self.note(tx, held)?;
        if !held {
            // Acknowledged, skipped or cancelled meanwhile: the attempt stays in the log, nothing follows.
            return Ok(());
        }
        let target = &self.done.work.target;
        match self.outcome.verdict {
            _ if self.stopping => job::reschedule(tx, &self.jobs, &self.done.claimed, self.ended_at)?,
            Verdict::Delivered => {
                job::complete(tx, &self.done.claimed)?;
                self.await_ack(tx)?;
            }
            Verdict::Disable => {
                job::complete(tx, &self.done.claimed)?;
                store::setting::disable_webhook(tx, self.done.step.env, self.ended_at)?;
                let walk = gone::walk(self.fresh, self.ended_at);
                job::enqueue(tx, &self.jobs, self.done.step.env, &walk, self.ended_at)?;
                tell(tx, &self.done.step, target.run, &Event::EndpointDisabled)?;
            }
            Verdict::Retry { .. } => match self.retry_at {
                Some(at) => job::reschedule(tx, &self.jobs, &self.done.claimed, at)?,
                None => {
                    job::complete(tx, &self.done.claimed)?;
                    if self.done.work.purpose != Purpose::Resend {
                        let event = Event::DeliveryFailed(self.outcome.words());
                        tell(tx, &self.done.step, target.run, &event)?;
                    }
                }
            },
        }
        Ok(())
    }

    fn note(&self, tx: &mut Tx<'_>, held: bool) -> Result<(), sql::Fault> {
        let delivered = self.outcome.verdict == Verdict::Delivered;
        let first = self.delivery.first_delivered_at.or(delivered.then_some(self.ended_at));
        let attempt =
            self.outcome.attempt(&self.sent, self.delivery.attempts + 1, self.retry_at.filter(|_| held));
        store::delivery::record(tx, self.done.step.env, &self.delivery, &attempt, first)
    }

    /// From the first 2xx on the run waits for an acknowledgement; a re-send has its timer already.
    fn await_ack(&self, tx: &mut Tx<'_>) -> Result<(), WebhookFault> {
        if self.done.work.purpose == Purpose::Resend {
            return Ok(());
        }
        let due_at = self.ended_at.plus(self.ack_wait);
        let timer = ack_timer(self.fresh, &self.done.work.target, due_at)?;
        job::enqueue(tx, &self.jobs, self.done.step.env, &timer, self.ended_at)?;
        Ok(())
    }
}

async fn record(app: &App, record: Record) -> Result<(), WebhookFault> {
    let env = record.done.step.env;
    let disables = record.outcome.verdict == Verdict::Disable;
    let lock = record.done.work.target.lock(env);
    let record = Arc::new(record);
    app.db.write(lock, move |tx| record.write(tx)).await?;
    if disables {
        app.settings.forget(env);
    }
    Ok(())
}
