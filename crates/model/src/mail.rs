//! What becomes of a mail.

use kernel::Timestamp;
use std::{fmt, str::FromStr};

/// Where a mail stands, in four words that lists are filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Written and kept here: no server was configured, or the environment keeps its mails.
    Inside,
    /// To be sent.
    Waiting,
    /// The server took it.
    Sent,
    /// The server refused it for good, or the attempts ended.
    Undelivered,
}

impl Fate {
    pub const ALL: [Self; 4] = [Self::Inside, Self::Waiting, Self::Sent, Self::Undelivered];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Undelivered => "undelivered",
        }
    }
}

/// The text names no fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no fate of a mail")]
pub struct FateFault;

impl FromStr for Fate {
    type Err = FateFault;
    fn from_str(text: &str) -> Result<Self, FateFault> {
        Self::ALL.into_iter().find(|fate| fate.name() == text).ok_or(FateFault)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a mail stands, as precisely as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    Kept,
    Queued,
    /// An attempt has begun and nothing is known of its end yet.
    Sending,
    /// Not taken for now: the next attempt is due then.
    Retrying(Timestamp),
    Sent(Timestamp),
    /// The server said that it will never take it.
    Rejected,
    /// The attempts of its schedule ended.
    GivenUp,
}

impl MailState {
    pub const fn fate(self) -> Fate {
        match self {
            Self::Kept => Fate::Inside,
            Self::Queued | Self::Sending | Self::Retrying(_) => Fate::Waiting,
            Self::Sent(_) => Fate::Sent,
            Self::Rejected | Self::GivenUp => Fate::Undelivered,
        }
    }
}
