//! Who stands behind a credential: webkit asks, the use cases know.

use app::App;
use model::caller::Presented;
use webkit::{CallerFault, CallerSource, caller::Verdict};

pub(crate) struct Callers(pub(crate) App);

impl CallerSource for Callers {
    fn verify(&self, presented: Presented) -> Verdict<'_> {
        Box::pin(async move {
            let verified = self.0.callers.verify(&presented).await;
            verified.map_err(|fault| CallerFault { category: fault.category(), cause: fault.into() })
        })
    }
}
