//! The integration checklist: what a builder has done, told by what is set and by what really happened.

use crate::report::{self, ReportFault, Wanted};
use crate::setting::{self, SettingFault};
use crate::webhook::{Kind, Listed, Outcome};
use crate::{App, key, mail, run};
use kernel::{Category, Env};
use model::event::Call;
use model::setting::Settings;
use store::delivery::list;

/// One thing to do, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The product's own address and colour, rather than what every environment begins with.
    Brand,
    WebhookUrl,
    OnboardingUrl,
    SuccessUrl,
    /// Somebody has saved the settings, where the limit stands: no limit is a decision too.
    Waitlist,
    /// Mails leave, rather than stay inside.
    Mail,
    Key,
    /// A key, or a token that it got, was used.
    KeyUsed,
    FirstRun,
    /// The endpoint answered 2xx, a test counts; not while the newest webhook is not taken.
    WebhookTaken,
    FirstAck,
    /// The onboarding page learned who came.
    FirstExchange,
    /// Events that are not our own.
    Telemetry,
}

impl Step {
    pub const ALL: [Self; 13] = [
        Self::Brand,
        Self::WebhookUrl,
        Self::OnboardingUrl,
        Self::SuccessUrl,
        Self::Waitlist,
        Self::Mail,
        Self::Key,
        Self::KeyUsed,
        Self::FirstRun,
        Self::WebhookTaken,
        Self::FirstAck,
        Self::FirstExchange,
        Self::Telemetry,
    ];
}

/// A step, and whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub step: Step,
    pub done: bool,
}

/// How far an environment has come.
#[derive(Debug, Clone)]
pub struct Checklist {
    pub items: Vec<Item>,
    /// The newest webhook, where it was not taken: what to mend first.
    pub failing: Option<Listed>,
}

impl Checklist {
    pub fn done(&self) -> usize {
        self.items.iter().filter(|item| item.done).count()
    }

    /// Whole per cent; a hundred only when everything is done.
    pub fn percent(&self) -> usize {
        self.done() * 100 / self.items.len().max(1)
    }
}

/// Why the checklist could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChecklistFault {
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("keys")]
    Key(#[from] key::KeyFault),
    #[error("runs")]
    Run(#[from] run::ViewFault),
    #[error("events")]
    Report(#[from] ReportFault),
    #[error("store")]
    Store(#[from] sql::Fault),
}

impl ChecklistFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Setting(fault) => fault.category(),
            Self::Key(fault) => fault.category(),
            Self::Run(fault) => fault.category(),
            Self::Report(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// How far this environment has come, as of now.
pub async fn checklist(app: &App, env: Env) -> Result<Checklist, ChecklistFault> {
    let current = setting::current(app, env).await?;
    let now = app.db.now();
    let keys = key::list(&app.db, env).await?;
    let good: Vec<_> = keys.iter().filter(|key| key::status(key, now) == key::Status::Active).collect();
    let any_run = run::any(app, env).await?;
    let telemetry = has_telemetry(app, env).await?;
    let (taken, acked, exchanged, newest) = app
        .db
        .read(move |tx| {
            let newest = list::Wanted { kind: Kind::All, limit: 1, ..list::Wanted::default() };
            let newest = list::page(tx, env, &newest)?.into_iter().next();
            let (taken, acked) = (list::any_taken(tx, env)?, store::tenant::any_acked(tx, env)?);
            Ok::<_, sql::Fault>((taken, acked, store::handover::any_exchanged(tx, env)?, newest))
        })
        .await?;
    let settings = &current.settings;
    let failing = newest.filter(|row| row.attempts > 0 && row.outcome != Outcome::Delivered);
    let is_done = |step| match step {
        Step::Brand => is_branded(settings),
        Step::WebhookUrl => settings.webhook.url.is_some(),
        Step::OnboardingUrl => settings.onboarding_url.is_some(),
        Step::SuccessUrl => settings.success_url.is_some(),
        Step::Waitlist => settings.waitlist_limit.is_some() || current.version > 1,
        Step::Mail => matches!(mail::way(app, &current), mail::Way::Leaves { .. }),
        Step::Key => !good.is_empty(),
        Step::KeyUsed => keys.iter().any(|key| key.last_used_at.is_some()),
        Step::FirstRun => any_run,
        Step::WebhookTaken => taken && failing.is_none(),
        Step::FirstAck => acked,
        Step::FirstExchange => exchanged,
        Step::Telemetry => telemetry,
    };
    let items = Step::ALL.map(|step| Item { step, done: is_done(step) }).to_vec();
    Ok(Checklist { items, failing })
}

fn is_branded(settings: &Settings) -> bool {
    let fresh = Settings::new(&settings.product_name);
    settings.colour != fresh.colour || settings.support_address.is_some()
}

/// The newest events that are looked through for one that is not of our own workflows.
const EVENTS: usize = 100;

/// The source of events that our own workflows tell.
const OWN: &str = "product";

/// Whether the builder's app has told us anything: identified or grouped somebody, or tracked something of late.
async fn has_telemetry(app: &App, env: Env) -> Result<bool, ReportFault> {
    let newest = report::recent(app, env, Wanted::default(), EVENTS).await?;
    let theirs = |stored: &report::Stored| {
        stored.event.call != Call::Track || stored.event.source.as_deref() != Some(OWN)
    };
    if newest.events.iter().any(theirs) {
        return Ok(true);
    }
    // Only where it has been quiet of late are all events searched.
    for name in ["identify", "group"] {
        let wanted = Wanted { event_name: Some(name.to_owned()), ..Wanted::default() };
        if !report::recent(app, env, wanted, 1).await?.events.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
