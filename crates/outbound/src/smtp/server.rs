//! Which server, and how it is spoken to: read from one URL.

use kernel::Secret;
use percent_encoding::percent_decode_str;
use std::{fmt, net::IpAddr, str::FromStr};
use url::Url;

/// How a conversation is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// Upgraded before anything is said, or not held at all.
    StartTls,
    /// Not at all: towards loopback addresses alone.
    Plain,
}

/// A mail server that takes our mail.
#[derive(Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Name and password, where it asks who we are.
    pub credentials: Option<(String, Secret<String>)>,
}

/// Why an address names no mail server. The text never repeats the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    #[error("write smtps://user:password@host:465 or smtp://user:password@host:587")]
    Form,
    #[error("name the user before the password")]
    User,
    #[error(
        "a sign in the user or the password stands for something else in an address: write @ as %40, : as %3A, / as %2F, % as %25"
    )]
    Encoding,
    #[error("the only addition is ?tls=required or ?tls=none")]
    Query,
    #[error("?tls=none is for this machine alone: mail and password would cross the network in the open")]
    Plain,
    #[error("the certificate is none: {0}")]
    Root(String),
}

impl Server {
    /// `smtp.example.com:587`
    pub fn name(&self) -> String {
        let bracketed = self.host.contains(':');
        if bracketed {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The form of the setting: `smtps` speaks TLS from the first byte (port 465), `smtp` upgrades to it (port 587). Towards
/// this machine `smtp` is plain unless `?tls=required` is added.
impl FromStr for Server {
    type Err = ServerFault;
    fn from_str(text: &str) -> Result<Self, ServerFault> {
        let url = Url::parse(text).map_err(|_| ServerFault::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ServerFault::Form)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(ServerFault::Form);
        }
        let here = is_here(&host);
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None | Some("tls=required")) => (Security::Implicit, 465),
            ("smtp", Some("tls=none")) if !here => return Err(ServerFault::Plain),
            ("smtp", None) if here => (Security::Plain, 25),
            ("smtp", Some("tls=none")) => (Security::Plain, 25),
            ("smtp", None | Some("tls=required")) => (Security::StartTls, 587),
            ("smtp" | "smtps", _) => return Err(ServerFault::Query),
            _ => return Err(ServerFault::Form),
        };
        let port = url.port().unwrap_or(port);
        if port == 0 {
            return Err(ServerFault::Form);
        }
        Ok(Self { host, port, security, credentials: credentials(&url)? })
    }
}

fn credentials(url: &Url) -> Result<Option<(String, Secret<String>)>, ServerFault> {
    let plain = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| ServerFault::Encoding)?;
        if text.contains(char::is_control) { Err(ServerFault::Encoding) } else { Ok(text.into_owned()) }
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(ServerFault::User),
        (user, password) => Ok(Some((plain(user)?, Secret::new(plain(password.unwrap_or_default())?)))),
    }
}

/// Whether a host names this machine without asking anybody.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Without the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.name()).field("security", &self.security).finish()
    }
}
