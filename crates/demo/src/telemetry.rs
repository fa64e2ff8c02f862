//! Sends what was made up through the public API, as an SDK would send it.

use crate::{
    client::{Client, ClientFault},
    story::Past,
};

/// Events a request carries; the API takes at most 1,000 events or 2 MB.
const BATCH_EVENTS: usize = 500;

/// Sends everything, batch after batch: people and accounts first, so that nobody is anonymous.
pub async fn send(client: &Client, past: &Past) -> Result<(), ClientFault> {
    let calls =
        [("identify", &past.identify), ("group", &past.group), ("track", &past.track), ("page", &past.page)];
    for (call, events) in calls {
        for batch in events.chunks(BATCH_EVENTS) {
            client.telemetry(call, batch).await?;
        }
    }
    Ok(())
}
