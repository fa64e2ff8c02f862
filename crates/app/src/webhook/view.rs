//! Deliveries as operators read them.

use super::Purpose;
use crate::{App, page};
use kernel::{Category, DeliveryId, Env};
use model::run::{Run, RunState, WaitingFor};
use store::delivery::list::{Counts, LIST_MAX, Listed, Outcome, Wanted};
use store::delivery::{Attempt, Delivery};
use url::Url;

/// Why deliveries could not be shown.
#[derive(Debug, thiserror::Error)]
#[error("delivery store")]
pub struct DeliveryViewFault(#[from] sql::Fault);

impl DeliveryViewFault {
    pub fn category(&self) -> Category {
        self.0.category()
    }
}

/// One page, newest first.
#[derive(Debug, Clone)]
pub struct DeliveryPage {
    pub rows: Vec<Listed>,
    pub next: Option<DeliveryId>,
    /// All that the filter leaves, pages aside.
    pub total: u64,
    pub counts: Counts,
}

/// Everything that is known of one delivery.
#[derive(Debug, Clone)]
pub struct DeliveryDetail {
    pub delivery: Delivery,
    pub outcome: Outcome,
    /// `None` for a test.
    pub run: Option<Run>,
    /// The latest 200, in their order.
    pub attempts: Vec<AttemptView>,
    /// Whether its run may be told to send it again.
    pub may_retry: bool,
}

/// One attempt of a webhook.
#[derive(Debug, Clone)]
pub struct AttemptView {
    pub attempt: Attempt,
    pub purpose: Purpose,
    pub webhook_id: String,
    /// Names and values in the order in which they are kept; what is secret is hidden.
    pub request_headers: Vec<(String, String)>,
    pub response_headers: Vec<(String, String)>,
    /// The body that was sent, the same at each attempt.
    pub request_body: String,
    /// The answer as text, foreign bytes replaced.
    pub response_body: String,
}

impl AttemptView {
    pub(crate) fn of(delivery: &Delivery, attempt: &Attempt) -> Self {
        Self {
            purpose: Purpose::named(&attempt.purpose).unwrap_or(Purpose::First),
            request_headers: headers(&attempt.request_headers),
            response_headers: headers(&attempt.response_headers),
            webhook_id: delivery.id.to_string(),
            request_body: delivery.body.clone(),
            response_body: String::from_utf8_lossy(&attempt.response_body).into_owned(),
            attempt: attempt.clone(),
        }
    }

    /// Whether the endpoint took it: any 2xx.
    pub fn is_success(&self) -> bool {
        self.attempt.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// What `attempt` keeps as a JSON object of texts.
fn headers(kept: &str) -> Vec<(String, String)> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(kept).unwrap_or_default();
    let text = |value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    object.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Deliveries, newest first. `filter.limit` is 1 to 199, because one more row tells whether there is another page.
pub async fn list(app: &App, env: Env, filter: Wanted) -> Result<DeliveryPage, DeliveryViewFault> {
    let limit = filter.limit.clamp(1, LIST_MAX - 1);
    let (kind, before) = (filter.kind, filter.before);
    let wanted = Wanted { limit: limit + 1, ..filter };
    let searched = wanted.search.is_some().then(|| wanted.clone());
    let listed = app.db.read(move |tx| {
        Ok::<_, sql::Fault>((
            store::delivery::list::page(tx, env, &wanted)?,
            store::delivery::list::counts(tx, env)?,
        ))
    });
    // Both read whatever could match: side by side they take half of the time.
    let found = async {
        let Some(wanted) = searched else { return Ok(None) };
        app.db.read(move |tx| store::delivery::list::found(tx, env, &wanted)).await.map(Some)
    };
    let ((mut rows, counts), found) = tokio::try_join!(listed, found)?;
    let next = page::cut(&mut rows, limit, |row| row.id);
    let seen_all = page::seen_all(&rows, before.as_ref(), next.as_ref());
    let total = seen_all.or(found).unwrap_or_else(|| counts.of(kind));
    Ok(DeliveryPage { next, total, counts, rows })
}

/// Whether this URL took a webhook lately, a test among them.
pub async fn taken_at(app: &App, env: Env, url: &Url) -> Result<bool, DeliveryViewFault> {
    let url = url.to_string();
    Ok(app.db.read(move |tx| store::delivery::list::lately_taken_at(tx, env, &url)).await?)
}

/// One delivery with its attempts; `None` when the environment has no such delivery.
pub async fn detail(
    app: &App,
    env: Env,
    id: DeliveryId,
) -> Result<Option<DeliveryDetail>, DeliveryViewFault> {
    let detail = app.db.read(move |tx| {
        let Some(delivery) = store::delivery::get(tx, env, id)? else { return Ok::<_, sql::Fault>(None) };
        let run = match delivery.run {
            Some(run) => store::run::get(tx, env, run)?,
            None => None,
        };
        let attempts = store::delivery::attempts(tx, env, id)?;
        Ok(Some(DeliveryDetail {
            outcome: store::delivery::list::outcome_of(tx, env, id)?.unwrap_or(Outcome::CalledOff),
            attempts: attempts.iter().map(|attempt| AttemptView::of(&delivery, attempt)).collect(),
            may_retry: run.as_ref().is_some_and(may_retry),
            run,
            delivery,
        }))
    });
    Ok(detail.await?)
}

/// A run sends its webhook again while it waits for the acknowledgement, and as an incident.
pub(crate) fn may_retry(run: &Run) -> bool {
    run.state == RunState::Incident || run.waiting_for == Some(WaitingFor::Ack)
}
