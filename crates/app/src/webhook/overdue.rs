//! The timer after a delivery: nobody acknowledged.

use super::{Target, WebhookFault, given_up, step, tell};
use crate::App;
use durable::{Claimed, Handler, Running, job};
use model::run::Event;
use tokio_util::sync::CancellationToken;

/// Handler of [`super::ACK_OVERDUE`].
pub struct AckOverdue(pub App);

impl Handler for AckOverdue {
    fn run(&self, claimed: Claimed, _interrupted: CancellationToken) -> Running {
        let app = self.0.clone();
        Box::pin(async move { fire(&app, claimed).await.map_err(WebhookFault::into_job) })
    }

    fn given_up(&self, claimed: Claimed, reason: String) -> Running {
        let app = self.0.clone();
        Box::pin(async move {
            let target: Target = serde_json::from_str(&claimed.payload)?;
            given_up(&app, claimed.env, &target, reason).await.map_err(WebhookFault::into_job)
        })
    }
}

async fn fire(app: &App, claimed: Claimed) -> Result<(), WebhookFault> {
    let target: Target = serde_json::from_str(&claimed.payload)?;
    let step = step(app, claimed.env, &target).await?;
    let resends_max = app.options.pace(step.current.environment.stage).resends_max;
    let lock = target.lock(claimed.env);
    app.db
        .write(lock, move |tx| {
            if !job::is_held(tx, &claimed)? {
                return Ok(());
            }
            // Before the step: an incident calls off what is left.
            job::complete(tx, &claimed)?;
            tell(tx, &step, target.run, &Event::AckOverdue { resends_max })
        })
        .await?;
    Ok(())
}
