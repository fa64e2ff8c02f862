//! What Acme tells thrivestack afterwards: who the person is, what the account is called, what is used. The calls
//! run beside the page, bounded; news that find no place are dropped, as a product would rather do than wait.

use super::{Acme, Kind, caller::Member};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Tellers at work at the same time.
const AT_ONCE: usize = 16;

#[derive(Clone)]
pub(super) struct News(Arc<Semaphore>);

impl Default for News {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

type Call = (&'static str, Value, String);

/// The person and the account with the name that they chose, and that onboarding is through.
pub(super) fn onboarded(acme: &Acme, member: &Member, template: &str) {
    let Member { person, workspace, .. } = member;
    let now = acme.clock.now().to_string();
    let first = person.name.split(' ').next().unwrap_or_default();
    let identify = json!({
        "user_id": person.user_id, "timestamp": now, "context": context(member),
        "traits": { "email": person.email, "name": person.name, "first_name": first },
    });
    let group = json!({
        "group_id": workspace.id, "user_id": person.user_id, "timestamp": now, "context": context(member),
        "traits": { "group_type": "Account", "name": workspace.name, "template": template },
    });
    let track = event(
        member,
        &now,
        "onboarding_step_completed",
        json!({
            "step_name": "choose_template", "step_index": 0, "total_steps": 1, "template": template,
        }),
    );
    tell(
        acme,
        member,
        vec![
            ("identify", identify, "Who the person is".to_owned()),
            ("group", group, format!("The account is called {}", workspace.name)),
            ("track", track, "Event onboarding_step_completed".to_owned()),
        ],
    );
}

/// A feature was used.
pub(super) fn used(acme: &Acme, member: &Member, feature: &str) {
    let now = acme.clock.now().to_string();
    let used = event(member, &now, "feature_used", json!({ "feature_name": feature, "interface": "web" }));
    tell(acme, member, vec![("track", used, format!("Event feature_used, for {feature}"))]);
}

fn event(member: &Member, now: &str, name: &str, properties: Value) -> Value {
    json!({
        "user_id": member.person.user_id, "event_name": name, "properties": properties, "timestamp": now,
        "context": context(member),
    })
}

fn context(member: &Member) -> Value {
    json!({ "group_id": member.workspace.id, "group_type": "Account", "source": "product" })
}

fn tell(acme: &Acme, member: &Member, calls: Vec<Call>) {
    let Ok(place) = Arc::clone(&acme.news.0).try_acquire_owned() else {
        tracing::debug!("no place to tell what happened");
        return;
    };
    let (acme, email) = (acme.clone(), member.person.email.clone());
    tokio::spawn(async move {
        let (client, tape) = acme.client.taped();
        for (call, body, detail) in calls {
            let told = client.telemetry(call, &[body]).await;
            let detail = told.map(|()| detail).map_err(|fault| fault.to_string());
            acme.note(&email, Kind::Telemetry, detail, tape.take());
        }
        drop(place);
    });
}
