use bytes::Bytes;
use kernel::{EnvironmentId, Timestamp};
use std::fmt;
use uuid::Uuid;

/// The most bytes in a record's body: half of JetStream's default message limit.
pub const MAX_BODY_BYTES: usize = 512 << 10;

/// The encoding that this program writes; the record's first byte.
const VERSION: u8 = 1;

/// Bytes before the body: version, source, environment, instant.
pub(crate) const ENVELOPE_BYTES: usize = 1 + 1 + 16 + 8;

/// A record's place in the journal: from 1 on, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

impl Seq {
    /// The first record that a journal ever holds (JetStream counts from 1 as well).
    pub const FIRST: Self = Self(1);

    /// The place after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One event as it came in. The journal keeps the body as it is and never looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub environment: EnvironmentId,
    /// Which door the event came through; the meaning belongs to whoever appends.
    pub source: u8,
    pub received_at: Timestamp,
    /// At most [`MAX_BODY_BYTES`].
    pub body: Bytes,
}

impl Record {
    pub(crate) fn encoded_bytes(&self) -> usize {
        ENVELOPE_BYTES + self.body.len()
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.push(VERSION);
        into.push(self.source);
        into.extend_from_slice(self.environment.uuid().as_bytes());
        into.extend_from_slice(&self.received_at.micros().to_le_bytes());
        into.extend_from_slice(&self.body);
    }

    /// Reads what [`Record::encode`] wrote. The bytes have passed their checksum, so an unknown version is
    /// a newer program's: it comes back as the error.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Undecodable> {
        let (&version, rest) = bytes.split_first().ok_or(Undecodable::Short)?;
        if version != VERSION {
            return Err(Undecodable::Version(version));
        }
        let (&source, rest) = rest.split_first().ok_or(Undecodable::Short)?;
        let (environment, rest) = rest.split_first_chunk::<16>().ok_or(Undecodable::Short)?;
        let (received_at, body) = rest.split_first_chunk::<8>().ok_or(Undecodable::Short)?;
        Ok(Self {
            environment: EnvironmentId::from_uuid(Uuid::from_bytes(*environment)),
            source,
            received_at: Timestamp::from_micros(i64::from_le_bytes(*received_at)),
            body: Bytes::copy_from_slice(body),
        })
    }

    pub(crate) const VERSION: u8 = VERSION;
}

/// Why checked bytes are no record to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecodable {
    Short,
    Version(u8),
}
