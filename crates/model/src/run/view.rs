//! A run's state in words: never `WAITING_ACK`.

use super::{Run, RunState, WaitingFor};

/// What a person reads beside the run's name.
pub fn words(run: &Run) -> &'static str {
    match (run.state, run.waiting_for) {
        (RunState::Running, _) => "Running",
        (RunState::Waiting, Some(WaitingFor::Ack) | None) => "Waiting for acknowledgement",
        (RunState::Waiting, Some(WaitingFor::Onboarding)) => "Waiting for onboarding",
        (RunState::Waiting, Some(WaitingFor::Waitlist)) => "On the waitlist",
        (RunState::Incident, _) => "Needs attention",
        (RunState::Completed, _) => "Completed",
        (RunState::Cancelled, _) => "Cancelled",
    }
}
