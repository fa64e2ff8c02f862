//! Why the server did not take a letter.

use super::LetterFault;
use kernel::Category;
use std::{error::Error, fmt, time::Duration};

type Cause = Box<dyn Error + Send + Sync>;

/// Where a conversation stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Connect,
    Greeting,
    Upgrade,
    SignIn,
    Sender,
    Recipient,
    /// From here on the server may have taken the letter.
    Content,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::Greeting => "the greeting",
            Self::Upgrade => "the change to TLS",
            Self::SignIn => "the sign-in",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Content => "the mail",
        })
    }
}

/// A conversation that did not end with the letter taken.
#[derive(Debug, thiserror::Error)]
pub enum SmtpFault {
    #[error("the mail cannot be written as one")]
    Letter(#[from] LetterFault),
    #[error("the name {host:?} cannot be resolved")]
    Resolve { host: String, source: std::io::Error },
    /// The server is to be spoken to without TLS and is on another machine.
    #[error("{host} is not this machine, and mail leaves it by TLS alone")]
    Elsewhere { host: String },
    #[error("{server} takes no connection")]
    Connect { server: String, source: Cause },
    #[error("TLS cannot be spoken with the server")]
    Tls { source: Cause },
    #[error("the server offers no STARTTLS, and without TLS nothing leaves this machine")]
    NoStartTls,
    #[error("the server offers no way to sign in that is known here (PLAIN, LOGIN)")]
    NoSignIn,
    #[error("the server does not take addresses beyond ASCII (no SMTPUTF8)")]
    NoUtf8,
    #[error("the server refused {step}: {code} {words}")]
    Answer { step: Step, code: u16, words: String },
    #[error("no answer to {step} within {} s", limit.as_secs())]
    Timeout { step: Step, limit: Duration },
    #[error("the conversation broke off at {step}")]
    Broken { step: Step, source: Cause },
}

impl SmtpFault {
    /// Whether the server has judged this letter for good (RFC 5321, 4.2.1): trying again would be told the same. A sign-in
    /// that was refused is about us, not about the letter.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Letter(_) | Self::NoUtf8 => true,
            Self::Answer { step, code, .. } => {
                *code >= 500 && matches!(step, Step::Sender | Step::Recipient | Step::Content)
            }
            _ => false,
        }
    }

    /// What whoever runs this program can do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Letter(_) => "Look at the addresses.",
            Self::Resolve { .. } => {
                "Look at the host in THRIVESTACK_SMTP_URL, and whether this machine reaches a name server."
            }
            Self::Elsewhere { .. } => "Use smtps:// or smtp:// with STARTTLS in THRIVESTACK_SMTP_URL.",
            Self::Connect { .. } => {
                "Look at host and port in THRIVESTACK_SMTP_URL, and whether a firewall is in between."
            }
            Self::Tls { .. } => {
                "The certificate must be valid for the host in THRIVESTACK_SMTP_URL. A root of your own is named by THRIVESTACK_SMTP_ROOT_PATH. A port that begins in the open (587) wants smtp://, one that begins with TLS (465) smtps://."
            }
            Self::NoStartTls => "Use the server's TLS port with smtps:// in THRIVESTACK_SMTP_URL.",
            Self::NoSignIn => "Ask the provider for SMTP credentials that work with PLAIN or LOGIN.",
            Self::NoUtf8 => "Use an address in ASCII, or a server that offers SMTPUTF8.",
            Self::Answer { step: Step::SignIn, .. } => "Look at user and password in THRIVESTACK_SMTP_URL.",
            Self::Answer { step: Step::Sender, .. } => {
                "The server must allow the from address: see Settings, Mail."
            }
            Self::Answer { step: Step::Recipient, .. } => "Look at the recipient's address.",
            Self::Answer { .. } => "The words are the server's own; its provider can explain them.",
            Self::Timeout { step: Step::Connect, .. } => {
                "A firewall may be in between: many networks close port 25."
            }
            Self::Timeout { .. } | Self::Broken { .. } => {
                "It may be over soon. A port that begins with TLS (465) wants smtps://, one that begins in the open (587) smtp://."
            }
        }
    }

    /// Where it stood and the code, for a log: the words are the server's, and repeat people's addresses more often than not.
    pub fn brief(&self) -> String {
        match self {
            Self::Letter(_) => "the mail cannot be written as one".to_owned(),
            Self::Answer { step, code, .. } => format!("the server refused {step}: {code}"),
            Self::Resolve { .. }
            | Self::Elsewhere { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::NoStartTls
            | Self::NoSignIn
            | Self::NoUtf8
            | Self::Timeout { .. }
            | Self::Broken { .. } => kernel::chain(self),
        }
    }

    pub const fn category(&self) -> Category {
        if self.is_final() { Category::Invalid } else { Category::Unavailable }
    }
}
