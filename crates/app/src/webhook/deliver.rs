//! One attempt: send, record, decide.

use super::attempt::{Outcome, Sent, request, send};
use super::{Delivering, Purpose, WebhookFault, ack_timer, given_up, gone, step, tell};
use crate::App;
use crate::run::StepContext;
use durable::{Claimed, Handler, Jobs, Running, job};
use kernel::{JobId, Timestamp};
use model::run::Event;
use model::webhook::retry::Verdict;
use outbound::Request;
use sql::Tx;
use std::sync::Arc;
use std::time::Duration;
use store::delivery::Delivery;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Handler of [`super::DELIVER`].
pub struct Deliver(pub App);

impl Handler for Deliver {
    fn run(&self, claimed: Claimed, interrupted: CancellationToken) -> Running {
        let app = self.0.clone();
        Box::pin(async move { deliver(&app, claimed, interrupted).await.map_err(WebhookFault::into_job) })
    }

    fn given_up(&self, claimed: Claimed, reason: String) -> Running {
        let app = self.0.clone();
        Box::pin(async move {
            let work: Delivering = serde_json::from_str(&claimed.payload)?;
            given_up(&app, claimed.env, &work.target, reason).await.map_err(WebhookFault::into_job)
        })
    }
}

async fn deliver(app: &App, claimed: Claimed, interrupted: CancellationToken) -> Result<(), WebhookFault> {
    let environment = claimed.env.id();
    let place = match app.deliveries.try_enter(environment, app.db.now(), app.rng.as_ref()) {
        Ok(place) => place,
        Err(again_at) => return later(app, claimed, again_at).await,
    };
    let entered = app.clock.monotonic();
    let done = attempt(app, claimed, interrupted).await;
    app.deliveries.leave(environment, place, app.clock.monotonic().since(entered), app.db.now());
    done
}

async fn attempt(app: &App, claimed: Claimed, interrupted: CancellationToken) -> Result<(), WebhookFault> {
    let work: Delivering = serde_json::from_str(&claimed.payload)?;
    let (env, id) = (claimed.env, work.delivery);
    let step = step(app, env, &work.target).await?;
    let asked = claimed.clone();
    let (held, delivery) = app
        .db
        .read(move |tx| Ok::<_, sql::Fault>((job::is_held(tx, &asked)?, store::delivery::get(tx, env, id)?)))
        .await?;
    if !held {
        // Acknowledged, skipped or cancelled since it was handed over.
        return Ok(());
    }
    let done = Done { claimed, work, step };
    let request = match (&done.step.current.settings.webhook, &delivery) {
        (_, None) => Err(Event::JobFailed("the delivery is gone".to_owned())),
        (webhook, _) if webhook.disabled_at.is_some() => Err(Event::EndpointDisabled),
        (webhook, Some(delivery)) => sendable(&done.step, webhook.url.clone(), delivery),
    };
    let request = match request {
        Ok(request) => request,
        Err(event) => return finish(app, done, event).await,
    };
    let (sent, answer) = send(app, request, done.work.purpose, done.step.now, &interrupted).await;
    let stopping = answer.is_none();
    let sender = app.options.sender(done.step.current.environment.stage);
    let outcome = answer
        .map_or_else(Outcome::interrupted, |answer| Outcome::of(answer, &sent.url, sender, app.db.now()));
    record(app, Record::new(app, done, sent, outcome, stopping)).await
}

/// Too many attempts are under way in this environment: nothing was sent, nothing is recorded.
async fn later(app: &App, claimed: Claimed, due_at: Timestamp) -> Result<(), WebhookFault> {
    let jobs = app.jobs.clone();
    app.db
        .write(sql::Locks::none(), move |tx| job::reschedule(tx, &jobs, &claimed, due_at, &claimed.payload))
        .await?;
    Ok(())
}

/// The signed request, or why there is none.
fn sendable(step: &StepContext, url: Option<Url>, delivery: &Delivery) -> Result<Request, Event> {
    let missing =
        |what: &str| Event::DeliveryFailed(format!("no {what} is set: set one in Settings and retry"));
    let url = url.ok_or_else(|| missing("webhook URL"))?;
    request(&step.current, url, delivery, step.now).ok_or_else(|| missing("usable webhook secret"))
}

/// A job at its end: what it was about.
struct Done {
    claimed: Claimed,
    work: Delivering,
    step: StepContext,
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
    sent: Sent,
    outcome: Outcome,
    /// The attempt was cut short by a shutdown: the job runs again at once after the next start.
    stopping: bool,
    /// When the schedule has another attempt.
    retry_at: Option<Timestamp>,
    /// The job's payload for that attempt.
    again: String,
    ended_at: Timestamp,
    jobs: Jobs,
    ack_wait: Duration,
    fresh: JobId,
}

impl Record {
    fn new(app: &App, done: Done, sent: Sent, outcome: Outcome, stopping: bool) -> Self {
        let pace = app.options.pace(done.step.current.environment.stage);
        let ended_at = app.db.now();
        let failed = done.work.failed + usize::from(!stopping);
        let retry_at = match outcome.verdict {
            _ if stopping => Some(ended_at),
            // No schedule of its own: the wait for the acknowledgement goes on beside it.
            Verdict::Retry { .. } if done.work.purpose == Purpose::Resend => None,
            Verdict::Retry { asked } => {
                pace.retry.wait(failed, asked, app.rng.as_ref()).map(|wait| ended_at.plus(wait))
            }
            Verdict::Delivered | Verdict::Disable => None,
        };
        let again = Delivering { failed, ..done.work.clone() };
        Self {
            // It was read from such a text a moment ago.
            again: serde_json::to_string(&again).unwrap_or_else(|_| done.claimed.payload.clone()),
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
        match self.outcome.verdict {
            _ if self.stopping => self.try_again(tx, self.ended_at),
            Verdict::Delivered => {
                job::complete(tx, &self.done.claimed)?;
                self.await_ack(tx)
            }
            // Somebody has set another URL since: that one has not said that it is gone.
            Verdict::Disable if !self.is_still_set(tx)? => self.try_again(tx, self.ended_at),
            Verdict::Disable => self.disable(tx),
            Verdict::Retry { .. } => match self.retry_at {
                Some(at) => self.try_again(tx, at),
                None => self.give_up(tx),
            },
        }
    }

    /// The attempt with its number, which only this command knows: another job may have sent meanwhile.
    fn note(&self, tx: &mut Tx<'_>, held: bool) -> Result<(), sql::Fault> {
        let env = self.done.step.env;
        let Some(delivery) = store::delivery::get(tx, env, self.done.work.delivery)? else { return Ok(()) };
        let delivered = self.outcome.verdict == Verdict::Delivered;
        let first = delivery.first_delivered_at.or(delivered.then_some(self.ended_at));
        let retry_at = self.retry_at.filter(|_| held);
        let attempt = self.outcome.attempt(&self.sent, delivery.attempts + 1, retry_at);
        store::delivery::record(tx, env, &delivery, &attempt, first)
    }

    fn try_again(&self, tx: &mut Tx<'_>, at: Timestamp) -> Result<(), WebhookFault> {
        Ok(job::reschedule(tx, &self.jobs, &self.done.claimed, at, &self.again)?)
    }

    fn is_still_set(&self, tx: &mut Tx<'_>) -> Result<bool, sql::Fault> {
        let stored = store::setting::load(tx, self.done.step.env)?;
        Ok(stored.and_then(|stored| stored.settings.webhook.url).as_ref() == Some(&self.sent.url))
    }

    fn disable(&self, tx: &mut Tx<'_>) -> Result<(), WebhookFault> {
        let env = self.done.step.env;
        job::complete(tx, &self.done.claimed)?;
        // Whoever was first has sent for the others.
        if store::setting::disable_webhook(tx, env, self.ended_at)? {
            job::enqueue(tx, &self.jobs, env, &gone::walk(self.fresh, self.ended_at), self.ended_at)?;
        }
        Ok(tell(tx, &self.done.step, self.done.work.target.run, &Event::EndpointDisabled)?)
    }

    fn give_up(&self, tx: &mut Tx<'_>) -> Result<(), WebhookFault> {
        job::complete(tx, &self.done.claimed)?;
        if self.done.work.purpose == Purpose::Resend {
            return Ok(());
        }
        let event = Event::DeliveryFailed(self.outcome.words());
        Ok(tell(tx, &self.done.step, self.done.work.target.run, &event)?)
    }

    /// For whoever watches the log while a receiver is being written. Without the URL: its query may hold a secret.
    fn warn(&self) {
        let (work, retry_at) = (&self.done.work, self.retry_at.map(|at| at.to_string()));
        tracing::warn!(
            run.id = %work.target.run,
            webhook.id = %work.delivery,
            retry_at = retry_at.as_deref().unwrap_or("never"),
            "the endpoint did not take a webhook: {}",
            self.outcome.words(),
        );
    }

    /// What came of the attempt, in the words of the metrics.
    fn name(&self) -> &'static str {
        match self.outcome.verdict {
            _ if self.stopping => "interrupted",
            Verdict::Delivered => "delivered",
            Verdict::Disable => "gone",
            Verdict::Retry { .. } => "failed",
        }
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
    let outcome = record.name();
    let mut locks = vec![record.done.work.target.lock(env)];
    if disables {
        // Nobody sets another URL between the look at it and the disabling.
        locks.push(store::setting::lock(env));
    }
    let record = Arc::new(record);
    let kept = Arc::clone(&record);
    app.db.write(locks, move |tx| kept.write(tx)).await?;
    if record.outcome.verdict != Verdict::Delivered {
        record.warn();
    }
    metrics::counter!("thrivestack_webhook_attempts_total", "outcome" => outcome).increment(1);
    if disables {
        app.settings.forget(env);
    }
    Ok(())
}
