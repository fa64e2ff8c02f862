//! What must be true after the last kill, row by row.

use super::builder::Builder;
use super::ledger::{Entries, Ledger, tenant};
use super::load::email;
use crate::suite::binary::Installation;
use app::App;
use app::run::RunFilter;
use kernel::{Env, RunId};
use model::run::{Run, RunKind, RunState};
use std::collections::BTreeMap;

const PAGE: usize = 199;
const LETTERS_MAX: i64 = 10;

/// Looks into the data directory, which nobody may be serving.
pub async fn check(house: &Installation, ledger: &Ledger, builder: &Builder) {
    let app = house.look_inside().await;
    let env = Env::vouched(house.start.environments.development);
    // Cloned: a lock must not be held over what follows.
    let entries = ledger.entries().clone();
    runs(&entries, all_runs(&app, env).await);
    let tenants = app.db.read(move |tx| store::tenant::count(tx, env)).await.unwrap();
    assert_eq!(usize::try_from(tenants).unwrap(), entries.signups.len(), "one tenant a user");
    for (user, signup) in &entries.signups {
        details(&app, env, user, signup.run.parse().unwrap(), builder).await;
    }
    for (person, mark) in &entries.people {
        profile(&app, env, person, mark).await;
    }
    telemetry(&app).await;
}

async fn all_runs(app: &App, env: Env) -> Vec<Run> {
    let mut all = Vec::new();
    let mut filter = RunFilter { limit: PAGE, ..RunFilter::default() };
    loop {
        let page = app::run::list(app, env, filter.clone()).await.unwrap();
        all.extend(page.rows);
        match page.next {
            Some(next) => filter.after = Some(next),
            None => return all,
        }
    }
}

/// Each user has one signup, the one that was answered, and at most one login.
fn runs(entries: &Entries, runs: Vec<Run>) {
    let mut by_user: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for run in runs {
        by_user.entry(run.user_id.as_str().to_owned()).or_default().push(run);
    }
    assert!(by_user.keys().eq(entries.signups.keys()), "runs of users that nobody triggered");
    for (user, signup) in &entries.signups {
        let (signups, logins): (Vec<&Run>, Vec<&Run>) =
            by_user[user].iter().partition(|run| run.kind == RunKind::Signup);
        let [run] = signups[..] else { panic!("{user} has signed up {} times: {signups:?}", signups.len()) };
        assert_eq!((run.id.to_string(), run.state), (signup.run.clone(), RunState::Completed));
        let builders = run.builder_tenant.as_ref().and_then(|tenant| tenant.id.clone());
        assert_eq!(builders, Some(tenant(&signup.run)), "{user}");
        assert_eq!(run.handed_over_at.is_some(), signup.handed_over, "{user}");
        let ids: Vec<String> = logins.iter().map(|run| run.id.to_string()).collect();
        assert_eq!(ids, Vec::from_iter(signup.login.clone()), "logins of {user}");
        assert!(logins.iter().all(|login| login.tenant == run.tenant), "{user} is at home in one tenant");
    }
}

/// One webhook, the one that the builder saw, one lead and one mail.
async fn details(app: &App, env: Env, user: &str, run: RunId, builder: &Builder) {
    let detail = app::run::detail(app, env, run).await.unwrap().unwrap();
    let deliveries = app.db.read(move |tx| store::delivery::of_run(tx, env, run)).await.unwrap();
    let seen = builder.seen();
    let seen = &seen[&run.to_string()];
    let [webhook] = &deliveries[..] else { panic!("webhooks of {user}: {deliveries:?}") };
    let id = webhook.id.to_string();
    assert!(seen.webhook_ids.contains(&id), "{user}: {id} was not sent, {seen:?} was");
    assert!(seen.bodies.contains(webhook.body.as_bytes()), "{user}");
    assert_eq!(seen.ts_tenant_id(), detail.run.tenant.to_string(), "{user}");
    assert_eq!(detail.lead.unwrap().email, email(user));
    let recipients: Vec<_> = detail.mails.into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(recipients, [email(user)]);
}

async fn profile(app: &App, env: Env, person: &str, mark: &str) {
    let id = person.to_owned();
    let stored = app.db.read(move |tx| store::profile::person(tx, env, &id)).await.unwrap();
    let stored = stored.unwrap_or_else(|| panic!("{person} is lost"));
    assert!(stored.known.identified_at.is_some(), "{stored:?}");
    assert_eq!(stored.known.traits.text(&["mark"]).as_deref(), Some(mark), "{person}");
}

/// Accepted is stored or a repetition, and no consumer met what it could not read.
async fn telemetry(app: &App) {
    let journal = app.journal.id();
    for consumer in [app::consume::LAKE, app::consume::PROFILES] {
        let read =
            move |tx: &mut sql::Tx<'_>| store::consumer::dead_letters(tx, journal, consumer, LETTERS_MAX);
        let letters = app.db.read(read).await.unwrap();
        assert!(letters.is_empty(), "{consumer}: {letters:?}");
    }
    let told = app::report::accounting(app).await.unwrap();
    assert_eq!((told.waiting, told.dropped, told.unaccounted), (0, 0, 0), "{told:?}");
}
