//! What webkit asks and tells, and the use cases know and keep: who stands behind a credential, what was refused.

use app::App;
use model::{caller::Presented, request::Refused};
use webkit::{CallerFault, CallerSource, RefusedLog, caller::Verdict};

pub(crate) struct Callers(pub(crate) App);

impl CallerSource for Callers {
    fn verify(&self, presented: Presented) -> Verdict<'_> {
        Box::pin(async move {
            let verified = self.0.callers.verify(&presented).await;
            verified.map_err(|fault| CallerFault { category: fault.category(), cause: fault.into() })
        })
    }
}

pub(crate) struct Refusals(pub(crate) App);

impl RefusedLog for Refusals {
    fn keep(&self, refused: Refused) {
        app::request::keep(&self.0, refused);
    }
}
