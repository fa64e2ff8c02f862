//! Mail leaves: one letter, one conversation with the configured server (RFC 5321), each step told apart.
//!
//! Guarantees: a letter goes to one recipient; its bytes are made from its fields alone, so the same letter has the same
//! bytes each time; no field can add a header or a second recipient. Without TLS nothing is said to another machine:
//! `smtp://` upgrades by STARTTLS (RFC 3207) or gives up, and is plain towards loopback addresses alone; `smtps://` speaks
//! TLS from the first byte (RFC 8314). Certificates are checked as those of webhooks are, and against the root that the
//! operator has added. Each step has a bound: [`STEP_TIMEOUT`], with [`CONNECT_TIMEOUT`] before it for connecting and greeting.
//!
//! The server is named by whoever runs this program, not by a builder: private addresses are allowed.
//!
//! Not promised: that an accepted letter is read, or arrives at all: later bounces go to the sender's mailbox. No retrying,
//! which is the caller's job, and no pool: a conversation is short and mails are few.

mod conversation;
mod fault;
mod letter;
mod server;

pub use fault::{SmtpFault, Step};
pub use letter::{Letter, LetterFault, Party, Picture, line};
pub use server::{Security, Server, ServerFault};

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use std::{sync::Arc, time::Duration};

/// How long looking up the name and connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long each answer of the server may take. RFC 5321 (4.5.3.2) allows minutes; a submission server needs none.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// How a certificate begins in PEM (RFC 7468).
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The configured server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Configured>);

struct Configured {
    server: Server,
    roots: Vec<Certificate>,
}

/// What the server said when it took the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Code and words, such as `250 2.0.0 Ok: queued as 4F1`.
    pub answer: String,
}

impl Smtp {
    /// `root` is a certificate in PEM that is trusted beside those of the system.
    pub fn new(server: Server, root: Option<&[u8]>) -> Result<Self, ServerFault> {
        let roots = root.map(certificate).transpose()?.into_iter().collect();
        Ok(Self(Arc::new(Configured { server, roots })))
    }

    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// Hands one letter to the server. When this fails after [`Step::Content`] has begun, the server may have taken it
    /// all the same.
    pub async fn send(&self, letter: &Letter) -> Result<Accepted, SmtpFault> {
        let (from, to) = letter.envelope()?;
        let bytes = letter.to_bytes()?;
        conversation::hold(self, from, to, &bytes).await
    }

    /// Whether the server takes us: connects, signs in and leaves, without a letter.
    pub async fn look(&self) -> Result<(), SmtpFault> {
        conversation::look(self).await
    }

    fn tls(&self) -> Result<TlsParameters, SmtpFault> {
        let mut builder =
            TlsParameters::builder(self.0.server.host.clone()).certificate_store(CertificateStore::Default);
        for root in &self.0.roots {
            builder = builder.add_root_certificate(root.clone());
        }
        builder.build_rustls().map_err(|source| SmtpFault::Tls { source: source.into() })
    }
}

/// A file without any certificate is none either.
fn certificate(pem: &[u8]) -> Result<Certificate, ServerFault> {
    if !pem.windows(CERTIFICATE.len()).any(|part| part == CERTIFICATE) {
        return Err(ServerFault::Root("it has no BEGIN CERTIFICATE".to_owned()));
    }
    Certificate::from_pem(pem).map_err(|source| ServerFault::Root(source.to_string()))
}
