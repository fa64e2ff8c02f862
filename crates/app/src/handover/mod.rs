//! The browser's part of a run: links, the continuation page, the last redirect, one-time codes (decisions D9, D22,
//! D25, D30).
//!
//! Cast: a **link** (256 bits in its path, only the hash kept, reusable for its run alone); the **continuation page**,
//! which waits at most two seconds for news and answers with the next redirect as soon as it is known; the **return URL**
//! that a builder's onboarding page leads back to; a **one-time code** (`authOTP`, one use, sixty seconds) that proves to
//! the builder's backend who the browser belongs to.
//!
//! Guarantees: redirects lead to URLs that are configured for the environment and nowhere else; a code is good for one
//! exchange, however many try at once. Not promised: that a link works for ever; ten minutes after the ack or its own making,
//! whichever is later, it leads to signing in, and a fresh trigger gives another one.

mod otp;
mod page;
mod url;

pub use otp::{OTP_LIFE, OtpFault, exchange};
pub use page::{Continue, HostedPage, HostedPath, Line, PageFault, Progress, continue_page};
pub use url::page_url;

use crate::digest::sha256;
use kernel::{Rng, Secret, token};

/// A link before it is stored: the token goes out, the hash stays.
#[derive(Debug, Clone)]
pub(crate) struct NewLink {
    pub token: Secret<String>,
    pub hash: String,
}

impl NewLink {
    pub(crate) fn make(rng: &dyn Rng, page: HostedPage) -> Self {
        let token = token::<32>(rng);
        Self { hash: hash(page.name(), &token), token: Secret::new(token) }
    }
}

/// What is kept of a token or a code. What it is for goes in too: the return URL's token opens no other page.
fn hash(purpose: &str, token: &str) -> String {
    sha256(&format!("{purpose}/{token}"))
}
