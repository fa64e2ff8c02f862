//! What we send ourselves: the webhook as the builder's app got it, redirects as a browser would follow them.

use super::stage::Stage;
use super::{Outgoing, check, not_yet};
use http::header::SET_COOKIE;
use std::collections::HashSet;
use url::Url;

pub(super) async fn run(stage: &Stage, one: &Outgoing) -> Result<(), String> {
    match (one.direction.as_str(), one.name.as_str()) {
        ("outgoing", "webhook_tenant_data") => webhook(stage, one).await,
        ("redirect", "redirect_to_onboarding") => redirect(one, &stage.handed_over().await),
        ("redirect", "redirect_to_home") => home(stage, one).await,
        (direction, name) => Err(format!("nobody knows how to see {direction} {name}")),
    }
}

async fn webhook(stage: &Stage, one: &Outgoing) -> Result<(), String> {
    let waiting = stage.waiting().await;
    let deliveries = stage.receiver.deliveries(&waiting.email, 1).await;
    let [delivery] = &deliveries[..] else { return Err(format!("{} deliveries", deliveries.len())) };
    if delivery.method.as_str() != one.method {
        return Err(format!("sent by {}", delivery.method));
    }
    check::keys(&one.body_keys, &delivery.json())
}

fn redirect(one: &Outgoing, target: &Url) -> Result<(), String> {
    let found: HashSet<String> = target.query_pairs().map(|(name, _)| name.into_owned()).collect();
    match one.query_keys.iter().find(|key| !found.contains(*key)) {
        Some(missing) => Err(format!("`{missing}` is missing in {target}")),
        None => Ok(()),
    }
}

/// Onboarding is the last redirect of a signup (decision D22); a login goes home.
async fn home(stage: &Stage, one: &Outgoing) -> Result<(), String> {
    let waiting = stage.waiting().await;
    assert_eq!(stage.backend.ack(&waiting.run, "tenant-1").await.status, 200);
    assert_eq!(stage.backend.browse(&waiting.link).await.status, 303, "handed over");
    let user = waiting.email.trim_end_matches("@acme.com");
    let (login, link) = stage.backend.trigger(user).await;
    assert_ne!(login, waiting.run);
    let answer = stage.backend.browse(&link).await;
    let target = answer.location();
    if target.path() != "/home" {
        return Err(format!("leads to {target}"));
    }
    redirect(one, &target)?;
    let set = |cookie: &String| {
        let mut all = answer.headers.get_all(SET_COOKIE).iter();
        all.any(|value| value.as_bytes().starts_with(cookie.as_bytes()))
    };
    match one.cookies.iter().find(|cookie| !set(cookie)) {
        Some(missing) if !not_yet::has(&one.name, "cookies") => Err(format!("cookie {missing} is missing")),
        _ => Ok(()),
    }
}
