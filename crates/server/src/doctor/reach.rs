//! What is reached over the network: this server by its public address, and the builder's webhooks.

use super::Finding;
use crate::{
    config::Config,
    launch,
    wiring::{self, Outside},
};
use app::webhook::{Sender, explain};
use kernel::chain;
use model::platform::Stage;
use outbound::{Client, OwnListeners, Policy, SendFault};
use std::time::Duration;
use url::Url;

/// How long a look may take.
const LOOK_MAX: Duration = Duration::from_secs(6);

/// The address where a server answers that listens as configured.
pub(super) async fn serving(config: &Config) -> Option<Url> {
    let url = launch::own_url(config.listen).join("/healthz").ok()?;
    // Our own listener is nobody's webhook: no address is refused here.
    let answered =
        Client::new(OwnListeners::default()).look(url.clone(), Policy::Development, LOOK_MAX).await;
    answered.is_ok_and(|status| status == 200).then_some(url)
}

/// Whether links that are handed out lead here.
pub(super) async fn public_url(config: &Config, serving: Option<&Url>) -> Finding {
    let topic = "public URL";
    let Some(url) = &config.public_url else {
        let own = launch::own_url(config.listen);
        if config.listen.ip().is_loopback() {
            return Finding::good(
                topic,
                format!("not set: links begin with {own}, which this machine alone reaches"),
            );
        }
        return Finding::warn(
            topic,
            format!("not set: others reach this server, and links begin with {own}"),
            "set public_url (THRIVESTACK_PUBLIC_URL, --public-url) to the address that browsers use",
        );
    };
    let local = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    let open = url.scheme() != "https" && !local;
    let in_the_open = |what: &str| {
        Finding::warn(
            topic,
            format!("{what}, and is not https: one-time codes and sign-ins cross the network in the open"),
            "put a proxy with a certificate before the server, and https:// into public_url",
        )
    };
    if serving.is_none() {
        let what = format!("{url} is well formed");
        return match open {
            true => in_the_open(&what),
            false => Finding::good(topic, format!("{what}; no server runs here that could answer there")),
        };
    }
    let Ok(probe) = url.join("/healthz") else {
        return Finding::fail(
            topic,
            format!("{url} cannot have a path"),
            "write it as https://signup.example.com",
        );
    };
    match Client::new(OwnListeners::default()).look(probe.clone(), Policy::Development, LOOK_MAX).await {
        Ok(200) if open => in_the_open(&format!("{url} leads to a server")),
        Ok(200) => Finding::good(topic, format!("{url} leads to a server")),
        Ok(status) => Finding::fail(
            topic,
            format!("{probe} answers {status}"),
            "the proxy before the server must pass every path on; look at its configuration",
        ),
        Err(fault) => Finding::fail(
            topic,
            format!("{url} cannot be reached from here: {}", chain(&fault)),
            "its name must lead to this machine or to the proxy before it: look at the name service, the proxy and its certificate",
        ),
    }
}

/// Whether a webhook could be delivered: the address is allowed, its name resolves, somebody listens and, for https, shows
/// a certificate that is trusted. It is asked with HEAD, so nothing happens there.
pub(super) async fn webhook(
    config: &Config,
    outside: &Outside,
    stage: Stage,
    topic: &'static str,
    url: &Url,
) -> Finding {
    let own = OwnListeners::new([config.listen]);
    match Client::new(own).look(url.clone(), app::webhook::policy(stage), LOOK_MAX).await {
        Ok(status) => {
            Finding::good(topic, format!("the webhook's {url} can be reached (it answers {status} to HEAD)"))
        }
        Err(fault) => {
            let (happened, mend) = told(&fault, url, Sender { stage, in_container: outside.in_container });
            let said = format!("the webhook's {url} cannot be reached: {happened}");
            // A backend of somebody who is building may well be stopped.
            match stage {
                Stage::Development => Finding::warn(topic, said, mend),
                Stage::Production => Finding::fail(topic, said, mend),
            }
        }
    }
}

/// Whether mails can leave: the server is spoken to and signed in to, and gets no letter.
pub(super) async fn mail(config: &Config) -> Finding {
    let topic = "mail";
    match wiring::mail_server(config) {
        Ok(None) => {
            Finding::good(topic, "no mail server is set: mails stay inside, to be read in the console")
        }
        Ok(Some(smtp)) => match smtp.look().await {
            Ok(()) => Finding::good(topic, format!("{} takes mails", smtp.server().name())),
            Err(fault) => {
                Finding::fail(topic, format!("{}: {}", smtp.server().name(), chain(&fault)), fault.advice())
            }
        },
        Err(fault) => {
            Finding::fail(topic, chain(&fault), "look at smtp_root_path (THRIVESTACK_SMTP_ROOT_PATH)")
        }
    }
}

/// What happened, and what to do: the words of the page that shows attempts.
fn told(fault: &SendFault, url: &Url, sender: Sender) -> (String, String) {
    let text = explain(fault, url, sender);
    let (happened, mend) =
        text.split_once(". ").unwrap_or((&text, "look at the network between this server and your app"));
    (happened.to_owned(), mend.to_owned())
}
