//! Is this webhook really ours to believe? Standard Webhooks 1.0, the receiving side.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Secret, Timestamp};
use std::time::Duration;

/// How far the sender's clock may be from ours; the specification's libraries all use five minutes.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    #[error("the webhook secret is not base64 (with or without `whsec_`)")]
    Secret,
    #[error("the header {0} is missing")]
    Header(&'static str),
    #[error("webhook-timestamp is not a number of seconds")]
    Timestamp,
    #[error("webhook-timestamp is more than five minutes away from this machine's clock")]
    Stale,
    #[error("no signature matches: another secret, or a changed body")]
    Mismatch,
}

/// The key of one endpoint.
pub struct Verifier(hmac::Key);

impl Verifier {
    pub fn new(secret: &Secret<String>) -> Result<Self, SignatureFault> {
        let text = secret.expose().trim();
        let bytes = STANDARD
            .decode(text.strip_prefix("whsec_").unwrap_or(text))
            .map_err(|_| SignatureFault::Secret)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Answers the delivery's `webhook-id`, which stays the same over all its attempts. `body` must be the
    /// bytes as they came: a parsed and printed body has another signature.
    pub fn verify<'h>(
        &self,
        headers: &'h HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&'h str, SignatureFault> {
        let id = header(headers, "webhook-id")?;
        let timestamp = header(headers, "webhook-timestamp")?;
        let signatures = header(headers, "webhook-signature")?;
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        // Several signatures stand side by side while a secret is being rotated.
        let genuine = signatures
            .split(' ')
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .any(|tag| hmac::verify(&self.0, &signed, &tag).is_ok());
        if !genuine {
            return Err(SignatureFault::Mismatch);
        }
        let sent = timestamp.parse().map(Timestamp::from_seconds).map_err(|_| SignatureFault::Timestamp)?;
        if now.since(sent) > TOLERANCE || sent.since(now) > TOLERANCE {
            return Err(SignatureFault::Stale);
        }
        Ok(id)
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, SignatureFault> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(SignatureFault::Header(name))
}
