//! Signing and verifying by Standard Webhooks 1.0.0 (`v1`, HMAC-SHA256).
//!
//! What is signed: `{webhook-id}.{webhook-timestamp}.{body}`, byte for byte as sent. While a secret is being
//! rotated, the header carries one entry for each, and a receiver accepts any of them.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use kernel::{Category, DeliveryId, Rng, Secret, Timestamp};
use sha2::Sha256;
use std::{str::FromStr, time::Duration};

/// How far the timestamp of a message may be from the verifier's clock, in both directions.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

pub const ID_HEADER: &str = "webhook-id";
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;
const SECRET_BYTES_NEW: usize = 32;

/// The key of one endpoint. Its text form is `whsec_` followed by standard base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSecret(Secret<Vec<u8>>);

/// The text is not a signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    #[error("a webhook secret starts with whsec_ and goes on in base64")]
    Form,
    #[error("a webhook secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes")]
    Length,
}

impl SecretFault {
    pub const fn category(self) -> Category {
        Category::Invalid
    }
}

impl SigningSecret {
    /// A new secret of 32 bytes.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = vec![0; SECRET_BYTES_NEW];
        rng.fill(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// The text form, to show once and to seal.
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0.expose()))
    }

    /// One entry of the signature header.
    fn entry(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let tag = self.mac(id, seconds, body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(tag))
    }

    fn mac(&self, id: &str, seconds: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        mac
    }
}

impl FromStr for SigningSecret {
    type Err = SecretFault;
    fn from_str(text: &str) -> Result<Self, SecretFault> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(SecretFault::Form)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretFault::Form)?;
        if (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()) {
            Ok(Self(Secret::new(bytes)))
        } else {
            Err(SecretFault::Length)
        }
    }
}

/// Signs with the current secret and, during a rotation, with the ones before it.
#[derive(Debug, Clone)]
pub struct Signer {
    current: SigningSecret,
    previous: Vec<SigningSecret>,
}

impl Signer {
    pub const fn new(current: SigningSecret) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// Also signs with a secret that is being rotated out.
    #[must_use]
    pub fn and(mut self, previous: SigningSecret) -> Self {
        self.previous.push(previous);
        self
    }

    /// The three headers of one attempt. `id` stays the same over all attempts, `at` is this attempt's
    /// instant, and `body` must be the very bytes that are sent.
    pub fn headers(&self, id: DeliveryId, at: Timestamp, body: &[u8]) -> [(&'static str, String); 3] {
        let (id, seconds) = (id.to_string(), at.seconds());
        let signature = self.signature(&id, seconds, body);
        [(ID_HEADER, id), (TIMESTAMP_HEADER, seconds.to_string()), (SIGNATURE_HEADER, signature)]
    }

    fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let all = std::iter::once(&self.current).chain(&self.previous);
        all.map(|secret| secret.entry(id, seconds, body)).collect::<Vec<_>>().join(" ")
    }
}

/// Why a received message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    #[error("webhook-timestamp is not a number of seconds")]
    Timestamp,
    #[error("webhook-timestamp is more than five minutes in the past")]
    TooOld,
    #[error("webhook-timestamp is more than five minutes in the future")]
    TooNew,
    #[error("no signature matches the body")]
    Mismatch,
}

impl VerifyFault {
    pub const fn category(self) -> Category {
        Category::Unauthenticated
    }
}

/// The headers of a received message, as they came.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

/// Checks a message against one secret, in a time that does not depend on where a signature differs.
/// Entries of other versions (`v1a` …) are passed over. Remembering ids is left to the receiver.
pub fn verify(
    secret: &SigningSecret,
    received: Received<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), VerifyFault> {
    let seconds: i64 = received.timestamp.parse().map_err(|_| VerifyFault::Timestamp)?;
    let sent_at = Timestamp::from_seconds(seconds);
    if now.since(sent_at) > TOLERANCE {
        return Err(VerifyFault::TooOld);
    }
    if sent_at.since(now) > TOLERANCE {
        return Err(VerifyFault::TooNew);
    }
    let genuine = received
        .signature
        .split(' ')
        .filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok())
        .any(|tag| secret.mac(received.id, seconds, body).verify_slice(&tag).is_ok());
    if genuine { Ok(()) } else { Err(VerifyFault::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The specification's own example.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const ENTRY: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    struct Counting;
    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
        }
    }

    fn secret() -> SigningSecret {
        SECRET.parse().unwrap()
    }

    fn check(timestamp: &str, signature: &str, body: &[u8], now: i64) -> Result<(), VerifyFault> {
        let received = Received { id: ID, timestamp, signature };
        verify(&secret(), received, body, Timestamp::from_seconds(now))
    }

    #[test]
    fn the_known_answer_of_the_specification() {
        assert_eq!(Signer::new(secret()).signature(ID, SECONDS, BODY), ENTRY);
    }

    #[test]
    fn every_secret_of_a_rotation_signs_and_any_of_them_verifies() {
        let new = SigningSecret::generate(&Counting);
        let id = DeliveryId::random(&Counting);
        let at = Timestamp::from_seconds(SECONDS);
        let headers = Signer::new(new.clone()).and(secret()).headers(id, at, BODY);
        let [(_, id), (_, timestamp), (_, signature)] = &headers;
        assert_eq!(signature.split(' ').count(), 2);
        let received = Received { id, timestamp, signature };
        assert_eq!(verify(&new, received, BODY, at), Ok(()));
        assert_eq!(verify(&secret(), received, BODY, at), Ok(()));
    }

    #[test]
    fn the_headers_have_the_names_and_forms_of_the_specification() {
        let id = DeliveryId::random(&Counting);
        let at = Timestamp::from_micros(SECONDS * 1_000_000 + 999_999);
        let headers = Signer::new(secret()).headers(id, at, BODY);
        assert_eq!(
            headers.each_ref().map(|(name, _)| *name),
            ["webhook-id", "webhook-timestamp", "webhook-signature"]
        );
        assert_eq!(headers[0].1, id.to_string());
        assert!(!headers[0].1.contains('.'));
        assert_eq!(headers[1].1, SECONDS.to_string());
    }

    #[test]
    fn what_is_changed_old_or_foreign_is_not_believed() {
        let seconds = SECONDS.to_string();
        let other_version = ENTRY.replace("v1,", "v1a,");
        let beside = format!("v1a,AAAA {ENTRY}");
        let cut = &ENTRY[..ENTRY.len() - 8];
        let packed: &[u8] = b"{\"test\":2432232314}";
        for (timestamp, signature, body, now, expected) in [
            (seconds.as_str(), ENTRY, BODY, SECONDS, Ok(())),
            (&seconds, &beside, BODY, SECONDS, Ok(())),
            (&seconds, ENTRY, BODY, SECONDS + 300, Ok(())),
            (&seconds, ENTRY, BODY, SECONDS - 300, Ok(())),
            (&seconds, ENTRY, BODY, SECONDS + 301, Err(VerifyFault::TooOld)),
            (&seconds, ENTRY, BODY, SECONDS - 301, Err(VerifyFault::TooNew)),
            (&seconds, ENTRY, packed, SECONDS, Err(VerifyFault::Mismatch)),
            (&seconds, &other_version, BODY, SECONDS, Err(VerifyFault::Mismatch)),
            (&seconds, cut, BODY, SECONDS, Err(VerifyFault::Mismatch)),
            (&seconds, "", BODY, SECONDS, Err(VerifyFault::Mismatch)),
            ("1614265331", ENTRY, BODY, SECONDS, Err(VerifyFault::Mismatch)),
            ("yesterday", ENTRY, BODY, SECONDS, Err(VerifyFault::Timestamp)),
        ] {
            assert_eq!(check(timestamp, signature, body, now), expected, "{timestamp} {signature} {now}");
        }
    }

    #[test]
    fn a_secret_survives_its_text_form_and_odd_texts_are_refused() {
        let new = SigningSecret::generate(&Counting);
        assert_eq!(new.reveal().parse(), Ok(new));
        assert_eq!(secret().reveal(), SECRET);
        let of_length = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for (text, expected) in [
            (String::new(), Some(SecretFault::Form)),
            ("whsec_".to_owned(), Some(SecretFault::Length)),
            (SECRET.replace("whsec_", ""), Some(SecretFault::Form)),
            ("whsec_%".to_owned(), Some(SecretFault::Form)),
            (of_length(23), Some(SecretFault::Length)),
            (of_length(24), None),
            (of_length(64), None),
            (of_length(65), Some(SecretFault::Length)),
        ] {
            assert_eq!(text.parse::<SigningSecret>().err(), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", Signer::new(secret())).contains("MfKQ"));
    }
}
