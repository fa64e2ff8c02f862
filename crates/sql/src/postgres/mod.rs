//! PostgreSQL: several lanes with one connection each, and a few connections that read.

mod session;
use crate::{Fault, Options, counters::Counters, database::Threads};
use kernel::{Clock, Monotonic, Timestamp};
pub(crate) use session::Session;
use std::{sync::Arc, time::Duration};

pub(crate) struct ServerTime;
impl ServerTime {
    pub(crate) fn now(&self, _at: Monotonic) -> Timestamp {
        Timestamp::EPOCH
    }
}
pub(crate) fn configured(url: &str) -> Result<tokio_postgres::Config, Fault> {
    url.parse()
        .map_err(|e: tokio_postgres::Error| Fault::Unavailable { doing: "read the url", source: Arc::new(e) })
}
pub(crate) fn open(
    _url: &str,
    _options: &Options,
    _clock: &dyn Clock,
    _counters: &Arc<Counters>,
) -> Result<(Threads, ServerTime), Fault> {
    Err(Fault::Closed)
}
