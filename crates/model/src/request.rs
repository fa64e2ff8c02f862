//! Requests that were refused, for whoever holds the id of one and asks what happened.

use kernel::{EnvironmentId, KeyId, RequestId, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One field that is missing or wrong. Both are words of ours: no value that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub field: String,
    pub message: String,
}

/// The first of them, at most so many; where some are left out, the last one says how many more there are.
pub fn shortened(details: &[Detail], most: usize) -> Vec<Detail> {
    if details.len() <= most {
        return details.to_vec();
    }
    let (shown, rest) = details.split_at(most.saturating_sub(1));
    let more = Detail { field: String::new(), message: format!("{} more", rest.len()) };
    shown.iter().cloned().chain([more]).collect()
}

/// Whom and what a refused request was about. Environment, key and run are proven, not a caller's mere claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Where the caller belongs; `None` where nobody was recognised.
    pub environment: Option<EnvironmentId>,
    /// The key that the caller used, or that gave its token.
    pub key: Option<KeyId>,
    /// The run that the request named, where it is one of this environment.
    pub run: Option<RunId>,
    /// The builder's id of the person that the request named.
    pub user: Option<String>,
}

/// One refused request. It holds no body, no query, no header and no address of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// As the answer names it. A caller may have chosen it, and chosen it twice.
    pub request: RequestId,
    /// When it arrived.
    pub at: Timestamp,
    pub method: String,
    /// Without the secrets that links carry.
    pub path: String,
    pub status: u16,
    pub code: String,
    /// As it was answered.
    pub message: String,
    /// As they were answered, field by field.
    pub details: Vec<Detail>,
    pub elapsed: Duration,
    pub about: About,
}
