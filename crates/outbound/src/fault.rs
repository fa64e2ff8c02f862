//! Why there is no answer.

use crate::Refusal;
use kernel::Category;
use std::{error::Error, io, time::Duration};

type Cause = Box<dyn Error + Send + Sync>;

/// An exchange that did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// The policy does not allow it; nothing was sent.
    #[error("refused by the address policy: {0}")]
    Refused(#[from] Refusal),
    /// A header's name or value is not one; nothing was sent.
    #[error("header {name:?} cannot be sent")]
    Header { name: String },
    #[error("host name {host:?} cannot be resolved")]
    Resolve { host: String, source: Cause },
    /// The machine is there, and no program of it listens at the port.
    #[error("nothing listens there")]
    Closed { source: Cause },
    /// TLS was begun, and the certificate does not prove what it should.
    #[error("the certificate cannot be trusted")]
    Certificate { problem: CertificateProblem, source: Cause },
    /// TLS was begun, and the other side speaks something else.
    #[error("the other side does not speak TLS")]
    NotTls { source: Cause },
    /// TLS was begun, and came to no agreement.
    #[error("the TLS handshake failed")]
    Tls { source: Cause },
    /// No connection for another reason: unreachable, cut off.
    #[error("cannot connect")]
    Connect { source: Cause },
    /// No connection yet (`connecting`), or no complete answer.
    #[error("no complete answer within {} ms", limit.as_millis())]
    Timeout { limit: Duration, connecting: bool },
    /// What came back is not HTTP.
    #[error("the answer is not HTTP")]
    NotHttp { source: Cause },
    /// The connection broke before the answer was complete.
    #[error("the exchange broke off")]
    Broken { source: Cause },
    /// The client itself could not be made, for instance without any trusted root certificate.
    #[error("cannot set up the http client")]
    Setup { source: Cause },
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateProblem {
    /// No issuer that this machine trusts; it signed itself perhaps.
    UnknownIssuer,
    Expired,
    NotYetValid,
    /// For these names, and not for the one that was asked for.
    OtherName(Vec<String>),
    /// Anything else, in the words of the TLS library.
    Other(String),
}

impl SendFault {
    pub const fn category(&self) -> Category {
        match self {
            Self::Refused(_) | Self::Header { .. } => Category::Invalid,
            Self::Setup { .. } => Category::Fault,
            _ => Category::Unavailable,
        }
    }

    /// What a connection that did not come about died of.
    pub(crate) fn of_connecting(source: Cause) -> Self {
        match root(source.as_ref()) {
            Root::Tls(rustls::Error::InvalidCertificate(problem)) => {
                Self::Certificate { problem: (&problem).into(), source }
            }
            // The first bytes of another protocol, read as the head of a TLS record.
            Root::Tls(rustls::Error::InvalidMessage(_)) => Self::NotTls { source },
            Root::Tls(_) => Self::Tls { source },
            Root::Io(io::ErrorKind::ConnectionRefused) => Self::Closed { source },
            Root::Io(_) | Root::Unknown => Self::Connect { source },
        }
    }
}

impl From<&rustls::CertificateError> for CertificateProblem {
    fn from(error: &rustls::CertificateError) -> Self {
        use rustls::CertificateError as E;
        match error {
            E::UnknownIssuer => Self::UnknownIssuer,
            E::Expired | E::ExpiredContext { .. } => Self::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::NotValidForName => Self::OtherName(Vec::new()),
            E::NotValidForNameContext { presented, .. } => {
                Self::OtherName(presented.iter().map(|name| bare(name)).collect())
            }
            other => Self::Other(other.to_string()),
        }
    }
}

/// The library writes names as it prints them for its makers: `DnsName("acme.test")`.
fn bare(presented: &str) -> String {
    let inside = presented.split_once("(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    inside.unwrap_or(presented).to_owned()
}

enum Root {
    Tls(rustls::Error),
    Io(io::ErrorKind),
    Unknown,
}

/// The innermost cause that tells something. An [`io::Error`] hides what it was made of from `source`, so it is asked
/// for it.
fn root(error: &(dyn Error + 'static)) -> Root {
    let mut found = Root::Unknown;
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return Root::Tls(tls.clone());
        }
        cause = current.source();
        if let Some(io) = current.downcast_ref::<io::Error>() {
            found = Root::Io(io.kind());
            cause = io.get_ref().map(|inner| inner as &(dyn Error + 'static)).or(cause);
        }
    }
    found
}
