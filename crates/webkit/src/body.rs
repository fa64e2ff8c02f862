//! Request bodies within bounds.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;

/// The largest body that is looked at is the largest that the telemetry APIs take.
pub use model::telemetry::BODY_BYTES_MAX;
/// How much of a body that is too large is still read, so that a client that writes first and reads afterwards
/// sees the answer rather than a broken connection.
pub const DRAIN_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// How long a client may take to send its body.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// What a body must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub bytes_max: usize,
    pub time_max: Duration,
}

/// Those of a JSON route.
const JSON: Bounds = Bounds { bytes_max: BODY_BYTES_MAX, time_max: BODY_TIME_MAX };
/// Those of a route whose body is the credential: whoever sends it has shown nothing yet, and a key has some 13 KB.
pub(crate) const OPEN: Bounds = Bounds { bytes_max: 64 * 1_024, time_max: BODY_TIME_MAX };

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body ended before it was complete")]
    Broken,
}

/// Reads the whole body of a JSON route.
pub async fn read(body: Body) -> Result<Bytes, BodyFault> {
    read_within(body, JSON).await
}

/// Throws a body away, within the bounds of a body that is too large. For answers that are known early.
pub async fn drain(body: Body) {
    // Whatever went wrong, the answer is already known.
    let _ = read_within(body, Bounds { bytes_max: 0, ..JSON }).await;
}

/// Reads a whole body. Of one that is too large the rest is read too, as far as [`DRAIN_BYTES_MAX`].
pub async fn read_within(body: Body, bounds: Bounds) -> Result<Bytes, BodyFault> {
    let Bounds { bytes_max, time_max } = bounds;
    let read = tokio::time::timeout(time_max, collect(body, bytes_max)).await;
    read.unwrap_or(Err(BodyFault::TooSlow))
}

async fn collect(mut body: Body, keep: usize) -> Result<Bytes, BodyFault> {
    let (mut kept, mut read) = (BytesMut::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() else { continue };
        read = read.saturating_add(data.len());
        if read <= keep {
            kept.extend_from_slice(&data);
        } else if read > DRAIN_BYTES_MAX {
            break;
        } else {
            kept = BytesMut::new();
        }
    }
    if read > keep { Err(BodyFault::TooLarge) } else { Ok(kept.freeze()) }
}
