//! Why an attempt could not work, in words for the person who can mend it: what happened, then what to do.
//!
//! Each text begins in lower case and ends without a full stop, so that it can stand behind a colon; its first sentence
//! says what happened.

use model::platform::Stage;
use outbound::{CertificateProblem, Refusal, SendFault};
use std::time::Duration;
use url::{Host, Url};

/// From where it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    pub stage: Stage,
    /// This process runs in a container: its `localhost` is not its operator's.
    pub in_container: bool,
}

/// What happened when this URL was called, and what to do.
pub fn explain(fault: &SendFault, url: &Url, sender: Sender) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    if is_unanswered(fault)
        && let Some(text) = elsewhere(url, sender)
    {
        return text;
    }
    match fault {
        SendFault::Refused(refusal) => refused(refusal, host, sender.stage),
        SendFault::Header { name } => format!("the header {name} cannot be sent. That is our fault: tell us"),
        SendFault::Resolve { .. } => format!(
            "the name {host} leads to no address. Look for a slip in the webhook URL; a new name may need some \
             minutes until it is known everywhere"
        ),
        SendFault::Closed { .. } => format!(
            "nothing listens at {host}, port {port}. Start your app, or mend host and port of the webhook URL"
        ),
        SendFault::Certificate { problem, .. } => certificate(problem, host, sender.stage),
        SendFault::NotTls { .. } => not_tls(host, port, sender.stage),
        SendFault::Tls { source } => format!(
            "{host} and this server found no way to speak TLS ({}). Look at the TLS settings of your endpoint: 1.2 or \
             1.3 is needed",
            innermost(source.as_ref())
        ),
        SendFault::Connect { source } => format!(
            "{host} cannot be reached on port {port} ({}). Look at the network between this server and your app",
            innermost(source.as_ref())
        ),
        SendFault::Timeout { limit, connecting: true } => format!(
            "{host} took no connection on port {port} within {}. A firewall that lets nothing through looks like this, \
             and so does a wrong address",
            seconds(*limit)
        ),
        SendFault::Timeout { limit, connecting: false } => format!(
            "{host} did not answer within {}. Answer 2xx at once, and do the work afterwards",
            seconds(*limit)
        ),
        SendFault::NotHttp { .. } if url.scheme() == "http" => format!(
            "what {host} answers on port {port} is not HTTP. A server that waits for TLS answers like this: let the \
             webhook URL begin with https://, or mend its port"
        ),
        SendFault::NotHttp { .. } => {
            format!("what {host} answers on port {port} is not HTTP. Mend the port of the webhook URL")
        }
        SendFault::Broken { .. } => format!(
            "{host} ended the connection before its answer was complete. Look at the log of your app: it may have \
             crashed, or a proxy in front of it"
        ),
        SendFault::Setup { source } => format!(
            "this server cannot begin an https request ({}). It needs the trusted certificates of its system: install \
             the package ca-certificates",
            innermost(source.as_ref())
        ),
    }
}

/// What a loopback address means in a container, where it is another machine's, and what to write instead; `None` where
/// the URL may lead to the builder's app.
pub fn elsewhere(url: &Url, sender: Sender) -> Option<String> {
    if !sender.in_container || !is_loopback(url) {
        return None;
    }
    let (host, scheme) = (url.host_str().unwrap_or_default(), url.scheme());
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!(
        "{host} is the container that this server runs in. If your app runs outside of it, write \
         {scheme}://host.docker.internal{port} for an app on the machine itself (on Linux start the container with \
         --add-host=host.docker.internal:host-gateway), or the name of your app's container"
    ))
}

fn is_unanswered(fault: &SendFault) -> bool {
    matches!(
        fault,
        SendFault::Closed { .. } | SendFault::Connect { .. } | SendFault::Timeout { connecting: true, .. }
    )
}

/// Whether the URL names whatever machine it is opened on.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}

fn refused(refusal: &Refusal, host: &str, stage: Stage) -> String {
    let here = stage.title();
    match (refusal, stage) {
        (Refusal::Scheme(scheme), Stage::Development) => {
            format!("{scheme}:// is not allowed. Let the webhook URL begin with http:// or https://")
        }
        (Refusal::Scheme(scheme), Stage::Production) => {
            format!("{scheme}:// is not allowed in {here}. Let the webhook URL begin with https://")
        }
        (Refusal::NoHost, _) => {
            "the webhook URL names no host. Write the whole address of your endpoint".to_owned()
        }
        (Refusal::UserInfo, _) => {
            "the webhook URL carries a user name or a password, which pages and logs would show. \
                                   Leave them out: the signature proves who sends"
                .to_owned()
        }
        (Refusal::Port(port), _) => {
            format!("port {port} is not allowed in {here}. Serve the endpoint on 443, 8443 or 80")
        }
        (Refusal::Address(ip), Stage::Production) => format!(
            "{host} leads to {ip}, which is no address of the public internet, and {here} sends to no other. Give your \
             endpoint a public address; private ones are for Development"
        ),
        (Refusal::Address(ip), Stage::Development) => format!(
            "{host} leads to {ip}, which names no single machine. Write the address of the one that runs your app"
        ),
        (Refusal::OwnListener(address), _) => {
            format!("{address} is ThriveStack itself. Write the address of your own app")
        }
    }
}

fn certificate(problem: &CertificateProblem, host: &str, stage: Stage) -> String {
    match (problem, stage) {
        (CertificateProblem::UnknownIssuer, _) => format!(
            "the certificate of {host} comes from nobody whom this server trusts, perhaps from {host} itself. Use one of \
             a public authority, or add its issuer to the trusted certificates of this server (SSL_CERT_FILE){}",
            if stage == Stage::Development { "; in Development http:// will do as well" } else { "" }
        ),
        (CertificateProblem::Expired, _) => format!(
            "the certificate of {host} has expired. Renew it, and see that your server has loaded the new one"
        ),
        (CertificateProblem::NotYetValid, _) => format!(
            "the certificate of {host} is not valid yet. Look at its dates, and at the clock of this server"
        ),
        (CertificateProblem::OtherName(names), _) if names.is_empty() => format!(
            "the certificate of {host} is for another name. Use one for this name, or the name that it is for"
        ),
        (CertificateProblem::OtherName(names), _) => format!(
            "the certificate of {host} is for {}. Use one for this name, or the name that it is for",
            names.join(", ")
        ),
        (CertificateProblem::Other(said), _) => {
            format!("the certificate of {host} cannot be trusted ({said}). Use one of a public authority")
        }
    }
}

fn not_tls(host: &str, port: u16, stage: Stage) -> String {
    let mend = match stage {
        Stage::Development => "Let the webhook URL begin with http:// instead, or serve https there",
        Stage::Production => "Serve https there, or mend the port of the webhook URL",
    };
    format!("{host} does not speak TLS on port {port}. {mend}")
}

fn seconds(limit: Duration) -> String {
    format!("{} seconds", limit.as_secs_f64())
}

/// What the system said at last.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    const DEVELOPMENT: Sender = Sender { stage: Stage::Development, in_container: false };
    const PRODUCTION: Sender = Sender { stage: Stage::Production, in_container: false };
    const CONTAINER: Sender = Sender { stage: Stage::Development, in_container: true };

    fn source() -> Box<dyn std::error::Error + Send + Sync> {
        Error::from(ErrorKind::ConnectionRefused).into()
    }

    fn said(fault: &SendFault, url: &str, sender: Sender) -> String {
        explain(fault, &url.parse().unwrap(), sender)
    }

    fn certificate(problem: CertificateProblem) -> SendFault {
        SendFault::Certificate { problem, source: source() }
    }

    /// What happened, and what to do: both are in each text, whatever went wrong.
    #[test]
    fn each_trouble_says_what_happened_and_what_to_do() {
        let timeout = |connecting| SendFault::Timeout { limit: Duration::from_secs(15), connecting };
        let resolve = SendFault::Resolve { host: "acme.test".to_owned(), source: source() };
        let address = |ip: &str| SendFault::Refused(Refusal::Address(ip.parse().unwrap()));
        let own = SendFault::Refused(Refusal::OwnListener("127.0.0.1:7700".parse().unwrap()));
        let other = CertificateProblem::OtherName(vec!["a.test".to_owned(), "b.test".to_owned()]);
        for (fault, url, sender, happened, mend) in [
            (resolve, "https://acme.test/", PRODUCTION, "acme.test leads to no address", "slip"),
            (
                SendFault::Closed { source: source() },
                "http://localhost:3000/",
                DEVELOPMENT,
                "port 3000",
                "Start your app",
            ),
            (
                certificate(CertificateProblem::UnknownIssuer),
                "https://a.test/",
                DEVELOPMENT,
                "nobody whom",
                "http://",
            ),
            (
                certificate(CertificateProblem::UnknownIssuer),
                "https://a.test/",
                PRODUCTION,
                "nobody whom",
                "SSL_CERT_FILE",
            ),
            (
                certificate(CertificateProblem::Expired),
                "https://a.test/",
                PRODUCTION,
                "has expired",
                "Renew it",
            ),
            (
                certificate(CertificateProblem::NotYetValid),
                "https://a.test/",
                PRODUCTION,
                "not valid yet",
                "clock",
            ),
            (
                certificate(other),
                "https://c.test/",
                PRODUCTION,
                "is for a.test, b.test",
                "Use one for this name",
            ),
            (
                SendFault::NotTls { source: source() },
                "https://a.test:8443/",
                PRODUCTION,
                "does not speak TLS on port 8443",
                "Serve https",
            ),
            (
                SendFault::NotTls { source: source() },
                "https://a.test/",
                DEVELOPMENT,
                "port 443",
                "begin with http://",
            ),
            (
                SendFault::NotHttp { source: source() },
                "http://a.test/",
                DEVELOPMENT,
                "is not HTTP",
                "begin with https://",
            ),
            (
                SendFault::NotHttp { source: source() },
                "https://a.test/",
                PRODUCTION,
                "is not HTTP",
                "Mend the port",
            ),
            (
                timeout(true),
                "https://a.test/",
                PRODUCTION,
                "took no connection on port 443 within 15 seconds",
                "firewall",
            ),
            (timeout(false), "https://a.test/", PRODUCTION, "did not answer within 15 seconds", "at once"),
            (
                SendFault::Broken { source: source() },
                "https://a.test/",
                PRODUCTION,
                "ended the connection",
                "log of your app",
            ),
            (address("10.0.0.1"), "https://a.test/", PRODUCTION, "leads to 10.0.0.1", "public address"),
            (
                address("0.0.0.0"),
                "http://a.test/",
                DEVELOPMENT,
                "names no single machine",
                "Write the address",
            ),
            (
                SendFault::Refused(Refusal::Port(22)),
                "https://a.test:22/",
                PRODUCTION,
                "port 22 is not allowed in Production",
                "443",
            ),
            (
                SendFault::Refused(Refusal::Scheme("http".into())),
                "http://a.test/",
                PRODUCTION,
                "http:// is not allowed",
                "https://",
            ),
            (own, "http://127.0.0.1:7700/", DEVELOPMENT, "is ThriveStack itself", "your own app"),
        ] {
            let text = said(&fault, url, sender);
            let (first, rest) = text.split_once(". ").unwrap_or_else(|| panic!("only one sentence: {text}"));
            assert!(first.contains(happened), "{happened}: {text}");
            assert!(rest.contains(mend) && !rest.ends_with('.'), "{mend}: {text}");
        }
    }

    #[test]
    fn a_container_is_told_from_the_machine_that_it_runs_on() {
        let closed = || SendFault::Closed { source: source() };
        for url in [
            "http://localhost:3000/hook",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/",
            "http://app.localhost:3000/",
        ] {
            let inside = said(&closed(), url, CONTAINER);
            assert!(inside.contains("http://host.docker.internal:3000"), "{url}: {inside}");
            assert!(!said(&closed(), url, DEVELOPMENT).contains("container"), "{url}");
        }
        assert!(
            !said(&closed(), "http://acme:3000/", CONTAINER).contains("container"),
            "a container of its own"
        );
        let slow = SendFault::Timeout { limit: Duration::from_secs(15), connecting: false };
        let answered = said(&slow, "http://localhost:3000/", CONTAINER);
        assert!(!answered.contains("container"), "something listens there: {answered}");
    }
}
