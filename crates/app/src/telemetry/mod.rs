//! Telemetry in: a request's events go to the journal, and only then is it answered.
//!
//! **Guarantee.** A success means that every accepted event is on stable storage; the events of one request are
//! there together or not at all. **Not promised.** That consumers have seen them yet: they follow within moments.
//! **Bounds.** 2 MiB and 1,000 events a request, 512 KiB a record (`model::telemetry`); the journal's queue.

use crate::App;
use journal::{Journal, Record};
use kernel::{Category, Clock, Env, RequestId, Rng, Timestamp};
use model::caller::Caller;
use model::event::{Call, MessageId};
use model::telemetry::answer::{self, Receipt, Refusal};
use model::telemetry::body::{Body, BodyFault};
use model::telemetry::parse::{self, Accepted, Verdict};
use model::telemetry::record::{self, Head, Origin, RecordFault};

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryFault {
    #[error("{0}")]
    Body(#[from] BodyFault),
    /// No item is valid; the refusal says what is wrong with each.
    #[error("{}", .0.message)]
    Refused(Refusal),
    #[error("the event cannot be recorded")]
    Record(#[from] RecordFault),
    #[error("journal")]
    Journal(#[from] journal::Fault),
    #[error("the answer cannot be written")]
    Answer(#[from] serde_json::Error),
}

impl TelemetryFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Body(_) | Self::Refused(_) => Category::Invalid,
            Self::Journal(fault) => fault.category(),
            Self::Record(_) | Self::Answer(_) => Category::Fault,
        }
    }
}

/// Takes one request's events, of which at least one must be valid (decision D17), and gives the answer's JSON
/// (D6, D18) once they are durable.
pub async fn accept(
    app: &App,
    caller: &Caller,
    call: Call,
    bytes: &[u8],
    response_id: RequestId,
) -> Result<Vec<u8>, TelemetryFault> {
    let door = Door {
        journal: &app.journal,
        clock: &*app.clock,
        rng: &*app.rng,
        documentation: &app.options.documentation,
    };
    door.take(caller.env, call, bytes, response_id).await
}

/// What taking events needs of the services.
pub(crate) struct Door<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) rng: &'a dyn Rng,
    pub(crate) documentation: &'a str,
}

impl Door<'_> {
    pub(crate) async fn take(
        &self,
        env: Env,
        call: Call,
        bytes: &[u8],
        response_id: RequestId,
    ) -> Result<Vec<u8>, TelemetryFault> {
        let received_at = self.clock.now();
        let body = Body::read(bytes)?;
        let verdicts = parse::judge(call, &body, received_at);
        let (answer, records) = self.settle(env, call, &body, &verdicts, (received_at, response_id))?;
        let count = records.len() as u64;
        self.journal.append(records).await?;
        metrics::counter!("thrivestack_events_accepted_total", "call" => call.name()).increment(count);
        Ok(answer)
    }

    /// The answer and the records of what is valid. Nothing is kept yet.
    fn settle(
        &self,
        env: Env,
        call: Call,
        body: &Body<'_>,
        verdicts: &[Verdict<'_>],
        (received_at, response_id): (Timestamp, RequestId),
    ) -> Result<(Vec<u8>, Vec<Record>), TelemetryFault> {
        let receipt = Receipt {
            response_id: response_id.to_string(),
            event_id: format!("evt_{}", kernel::token::<12>(self.rng)),
            documentation: self.documentation,
        };
        let accepted: Vec<&Accepted<'_>> = verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Accepted(accepted) => Some(accepted.as_ref()),
                Verdict::Refused(_) => None,
            })
            .collect();
        let refused = (verdicts.len() - accepted.len()) as u64;
        metrics::counter!("thrivestack_events_refused_total", "call" => call.name()).increment(refused);
        let answer = answer::answer(call, body.form, verdicts, receipt).map_err(TelemetryFault::Refused)?;
        let records = accepted.into_iter().map(|accepted| self.record(env, call, accepted, received_at));
        Ok((serde_json::to_vec(&answer)?, records.collect::<Result<_, _>>()?))
    }

    fn record(
        &self,
        env: Env,
        call: Call,
        accepted: &Accepted<'_>,
        received_at: Timestamp,
    ) -> Result<Record, RecordFault> {
        let message_id = accepted.message_id().unwrap_or_else(|| MessageId::random(self.rng));
        let head = Head { call, message_id, occurred_at: accepted.occurred_at };
        let body = record::encode(&head, &accepted.raw)?.into();
        Ok(Record { environment: env.id(), source: Origin::Request.source(), received_at, body })
    }
}

#[cfg(test)]
mod tests;
