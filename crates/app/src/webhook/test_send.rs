//! A test delivery: does the endpoint answer, and does it believe our signature?

use super::Purpose;
use super::attempt::{Outcome, request, send};
use crate::App;
use crate::operator::Actor;
use crate::run::ViewFault;
use crate::setting::{self, Current, SettingFault};
use kernel::{Category, DeliveryId, Env, Timestamp};
use model::webhook::body::TenantData;
use model::webhook::retry::Verdict;
use sql::Locks;
use store::delivery::Delivery;
use tokio_util::sync::CancellationToken;

/// Why no test was sent.
#[derive(Debug, thiserror::Error)]
pub enum TestFault {
    #[error("no webhook URL is set")]
    NoUrl,
    #[error("no usable webhook secret is set")]
    NoSecret,
    #[error("too many attempts are under way in this environment")]
    Busy,
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("workflow")]
    Workflow(#[from] ViewFault),
    #[error("delivery store")]
    Store(#[from] sql::Fault),
}

impl TestFault {
    pub fn category(&self) -> Category {
        match self {
            Self::NoUrl | Self::NoSecret => Category::Conflict,
            Self::Busy => Category::Limited,
            Self::Setting(fault) => fault.category(),
            Self::Workflow(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Sends one test to the endpoint, waits for what comes of it (15 s at most) and keeps it as a delivery without a run.
/// A disabled endpoint is sent it too, since that is how one learns whether it may be enabled; a 410 disables nothing.
pub async fn send_test(app: &App, actor: &Actor, env: Env) -> Result<DeliveryId, TestFault> {
    let current = setting::current(app, env).await?;
    let url = current.settings.webhook.url.clone().ok_or(TestFault::NoUrl)?;
    let now = app.db.now();
    let delivery = fresh(app, env, &current, now).await?;
    let request = request(&current, url, &delivery, now).ok_or(TestFault::NoSecret)?;
    let environment = env.id();
    let place = app.deliveries.try_enter(environment, now, app.rng.as_ref()).map_err(|_| TestFault::Busy)?;
    tracing::info!(operator.id = %actor.id, webhook.id = %delivery.id, "an operator sends a test webhook");

    // Before it is sent: somebody who closes the page meanwhile still finds that there was one.
    let (id, body) = (delivery.id, delivery.body);
    app.db.write(Locks::none(), move |tx| store::delivery::insert(tx, env, id, None, &body, now)).await?;
    let entered = app.clock.monotonic();
    let (sent, answer) = send(app, request, Purpose::Test, now, &CancellationToken::new()).await;
    app.deliveries.leave(environment, place, app.clock.monotonic().since(entered), app.db.now());

    let ended_at = app.db.now();
    let sender = app.options.sender(current.environment.stage);
    let outcome =
        answer.map_or_else(Outcome::interrupted, |answer| Outcome::of(answer, &sent.url, sender, ended_at));
    let delivered_at = (outcome.verdict == Verdict::Delivered).then_some(ended_at);
    app.db
        .write(Locks::none(), move |tx| {
            let Some(delivery) = store::delivery::get(tx, env, id)? else { return Ok(()) };
            let attempt = outcome.attempt(&sent, delivery.attempts + 1, None);
            store::delivery::record(tx, env, &delivery, &attempt, delivered_at)
        })
        .await?;
    Ok(id)
}

async fn fresh(app: &App, env: Env, current: &Current, now: Timestamp) -> Result<Delivery, TestFault> {
    let workflow = crate::run::first_workflow(app, env).await?.unwrap_or(kernel::WorkflowId::NIL);
    let settings = &current.settings;
    Ok(Delivery {
        id: DeliveryId::ordered(now, app.rng.as_ref()),
        run: None,
        body: TenantData::test(workflow, Some(&settings.plan.id), &settings.role.id).to_json(),
        attempts: 0,
        first_delivered_at: None,
        created_at: now,
    })
}
