//! The conversation itself, step by step: `lettre` speaks, this file listens to where it stands.

use super::{Accepted, CONNECT_TIMEOUT, STEP_TIMEOUT, Security, Smtp, SmtpFault, Step};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use std::{error::Error as _, io, net::SocketAddr, time::Duration};
use tokio::time::timeout;

/// How long saying goodbye may take; nobody waits for the answer.
const GOODBYE: Duration = Duration::from_secs(2);

/// Connects, upgrades, signs in and hands the bytes over.
pub(super) async fn hold(
    smtp: &Smtp,
    from: Address,
    to: Address,
    bytes: &[u8],
) -> Result<Accepted, SmtpFault> {
    let mut open = connect(smtp).await?;
    let said = deliver(&mut open, smtp, from, to, bytes).await;
    // The letter's fate is known; whether the goodbye is heard changes nothing.
    let _ = timeout(GOODBYE, open.abort()).await;
    said
}

/// Connects, upgrades, signs in and takes its leave: no letter is spoken of.
pub(super) async fn look(smtp: &Smtp) -> Result<(), SmtpFault> {
    let mut open = connect(smtp).await?;
    let known = sign_in(&mut open, smtp).await;
    let _ = timeout(GOODBYE, open.abort()).await;
    known
}

async fn connect(smtp: &Smtp) -> Result<AsyncSmtpConnection, SmtpFault> {
    let server = smtp.server();
    let found =
        within(CONNECT_TIMEOUT, Step::Connect, tokio::net::lookup_host((server.host.as_str(), server.port)));
    let resolve = |source| SmtpFault::Resolve { host: server.host.clone(), source };
    let found: Vec<SocketAddr> = found.await?.map_err(resolve)?.collect();
    let here = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
    if server.security == Security::Plain && !found.iter().all(here) {
        return Err(SmtpFault::Elsewhere { host: server.host.clone() });
    }
    let tls = (server.security == Security::Implicit).then(|| smtp.tls()).transpose()?;
    let hello = ClientId::default();
    let most = CONNECT_TIMEOUT + STEP_TIMEOUT;
    let connecting =
        AsyncSmtpConnection::connect_tokio1(&found[..], Some(CONNECT_TIMEOUT), &hello, tls, None);
    let mut open =
        within(most, Step::Greeting, connecting).await?.map_err(|error| unconnected(smtp, error))?;
    if server.security == Security::StartTls {
        if !open.can_starttls() {
            let _ = timeout(GOODBYE, open.abort()).await;
            return Err(SmtpFault::NoStartTls);
        }
        let upgrading = open.starttls(smtp.tls()?, &hello);
        within(STEP_TIMEOUT, Step::Upgrade, upgrading).await?.map_err(|error| match error.status() {
            Some(_) => refused(Step::Upgrade, error),
            None => SmtpFault::Tls { source: error.into() },
        })?;
    }
    Ok(open)
}

async fn deliver(
    open: &mut AsyncSmtpConnection,
    smtp: &Smtp,
    from: Address,
    to: Address,
    bytes: &[u8],
) -> Result<Accepted, SmtpFault> {
    sign_in(open, smtp).await?;
    let mut wishes = Vec::new();
    let ascii = |address: &Address| address.to_string().is_ascii();
    if !ascii(&from) || !ascii(&to) {
        if !open.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SmtpFault::NoUtf8);
        }
        wishes.push(MailParameter::SmtpUtfEight);
    }
    step(Step::Sender, open.command(Mail::new(Some(from), wishes))).await?;
    step(Step::Recipient, open.command(Rcpt::new(to, Vec::new()))).await?;
    step(Step::Content, open.command(Data)).await?;
    let taken = step(Step::Content, open.message(bytes)).await?;
    let words: Vec<&str> = taken.message().collect();
    Ok(Accepted { answer: clipped(&format!("{} {}", u16::from(taken.code()), words.join(" "))) })
}

/// Says who we are, where the server asks.
async fn sign_in(open: &mut AsyncSmtpConnection, smtp: &Smtp) -> Result<(), SmtpFault> {
    let Some((user, password)) = &smtp.server().credentials else { return Ok(()) };
    let offered = DEFAULT_MECHANISMS.iter().any(|one| open.server_info().supports_auth_mechanism(*one));
    if !offered {
        return Err(SmtpFault::NoSignIn);
    }
    let credentials = Credentials::new(user.clone(), password.expose().clone());
    step(Step::SignIn, open.auth(DEFAULT_MECHANISMS, &credentials)).await.map(drop)
}

async fn step(
    step: Step,
    said: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, SmtpFault> {
    within(STEP_TIMEOUT, step, said).await?.map_err(|error| refused(step, error))
}

async fn within<T>(limit: Duration, step: Step, work: impl Future<Output = T>) -> Result<T, SmtpFault> {
    timeout(limit, work).await.map_err(|_| SmtpFault::Timeout { step, limit })
}

/// What the server answered, or that it did not.
fn refused(step: Step, error: Error) -> SmtpFault {
    match error.status() {
        Some(code) => {
            let words = error.source().map(ToString::to_string).unwrap_or_default();
            SmtpFault::Answer { step, code: code.into(), words: clipped(&words) }
        }
        None => SmtpFault::Broken { step, source: error.into() },
    }
}

/// Connecting, the handshake of implicit TLS and the greeting are one call; the cause tells which it was.
fn unconnected(smtp: &Smtp, error: Error) -> SmtpFault {
    if error.status().is_some() {
        return refused(Step::Greeting, error);
    }
    match io_kind(&error) {
        Some(io::ErrorKind::TimedOut) => SmtpFault::Timeout { step: Step::Connect, limit: CONNECT_TIMEOUT },
        Some(io::ErrorKind::InvalidData) if smtp.server().security == Security::Implicit => {
            SmtpFault::Tls { source: error.into() }
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::InvalidData)
        | None => SmtpFault::Broken { step: Step::Greeting, source: error.into() },
        Some(_) => SmtpFault::Connect { server: smtp.server().name(), source: error.into() },
    }
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = current.source();
    }
    None
}

/// A stranger's words on one line and of bounded length.
fn clipped(words: &str) -> String {
    const CHARS_MAX: usize = 500;
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect();
    line.trim().to_owned()
}
