//! Web addresses that a builder gives us: where we send tenant data and where we lead browsers.

use crate::platform::Stage;
use url::{Host, Url};

/// Longest address, in bytes.
const BYTES_MAX: usize = 2_048;

/// What to do about an address that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("use at most {BYTES_MAX} characters")]
    TooLong,
    #[error("write the whole address, such as https://app.example.com/hook")]
    Relative,
    #[error("Production needs https://")]
    Plain,
    #[error("begin with https:// (or http:// in Development)")]
    Scheme,
    #[error("leave user and password out of the address")]
    Credentials,
    #[error("name the host")]
    Host,
    #[error("leave out what follows #: servers never see it")]
    Fragment,
}

/// The address, if an environment of this stage takes it. Whether it may be connected to, the guarded client decides
/// each time.
pub fn web_address(text: &str, stage: Stage) -> Result<Url, AddressFault> {
    if text.len() > BYTES_MAX {
        return Err(AddressFault::TooLong);
    }
    let url = Url::parse(text).map_err(|_| AddressFault::Relative)?;
    match (url.scheme(), stage) {
        ("https", _) | ("http", Stage::Development) => {}
        ("http", Stage::Production) => return Err(AddressFault::Plain),
        _ => return Err(AddressFault::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressFault::Credentials);
    }
    if matches!(url.host(), None | Some(Host::Domain(""))) {
        return Err(AddressFault::Host);
    }
    if url.fragment().is_some() {
        return Err(AddressFault::Fragment);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_absolute_and_production_is_https() {
        for good in ["https://a.test/x", "https://[::1]:8/"] {
            assert!(web_address(good, Stage::Production).is_ok(), "{good}");
        }
        let local = "http://127.0.0.1:3000/hook";
        assert!(web_address(local, Stage::Development).is_ok());
        assert_eq!(web_address(local, Stage::Production), Err(AddressFault::Plain));
        let long = format!("https://a.test/{}", "x".repeat(BYTES_MAX));
        for (bad, fault) in [
            ("/hook", AddressFault::Relative),
            ("https://", AddressFault::Relative),
            ("ftp://a.test", AddressFault::Scheme),
            ("javascript:alert(1)", AddressFault::Scheme),
            ("https://u:p@a.test", AddressFault::Credentials),
            ("https://a.test/#x", AddressFault::Fragment),
            (&long, AddressFault::TooLong),
        ] {
            assert_eq!(web_address(bad, Stage::Development), Err(fault), "{bad}");
        }
    }
}
