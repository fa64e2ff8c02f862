//! E-mail addresses: the one rule for users, operators and the address of the support.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An e-mail address of at most 254 bytes (RFC 5321, 4.5.3.1.3): one `@`, a local part, a domain with a dot or
/// `localhost`, no spaces and no control characters. Whether anybody reads it, only a mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailFault;

impl Email {
    pub const BYTES_MAX: usize = 254;

    /// The one spelling under which we look somebody up: trimmed and lower-cased.
    pub fn folded(text: &str) -> Result<Self, EmailFault> {
        Self::try_from(text.trim().to_lowercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = EmailFault;
    fn try_from(text: String) -> Result<Self, EmailFault> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"');
        let (local, domain) = text.rsplit_once('@').ok_or(EmailFault)?;
        let labels = domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
        let dotted = domain.contains('.') || domain == "localhost";
        let fits = text.len() <= Self::BYTES_MAX && !local.is_empty() && local.len() <= 64;
        if fits && labels && dotted && !local.contains('@') && !text.contains(bad) {
            Ok(Self(text))
        } else {
            Err(EmailFault)
        }
    }
}

impl FromStr for Email {
    type Err = EmailFault;
    fn from_str(text: &str) -> Result<Self, EmailFault> {
        Self::try_from(text.to_owned())
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_local_part_and_a_domain() {
        for good in ["a@b.c", "first.last+tag@acme-rockets.co.uk", "x@localhost"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        let long = format!("{}@b.c", "a".repeat(65));
        for bad in ["", "a", "@b.c", "a@", "a@b", "a@b..c", "a b@c.d", "a@b@c.d", "a\n@b.c", &long] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_folded_address_has_one_spelling() {
        assert_eq!(Email::folded(" Ada@ACME.Test ").unwrap().as_str(), "ada@acme.test");
        assert_eq!(Email::folded("Ada"), Err(EmailFault));
    }
}
