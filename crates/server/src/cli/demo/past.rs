//! How a demo comes to a past: a clock that is moved through it, and an operator's hands.

use crate::cli::CliFault;
use app::{
    App,
    operator::Actor,
    run::{self, ActFault, BatchFault},
    setting::{self, Draft, SettingFault},
};
use demo::story::Director;
use kernel::{Clock, Env, EnvironmentId, Monotonic, Timestamp};
use model::platform::Stage;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::operator::Operator;

/// Between two looks at whether jobs are running; a job that never ends must not hold the story up.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
const LOOKS_MAX: usize = 500;

/// Runs as the real clock does, some time behind it, until it has caught up. Both hands move on together.
pub(super) struct PlayedClock {
    real: Arc<dyn Clock>,
    /// How far behind it was in the beginning, in microseconds.
    behind_first: u64,
    behind: AtomicU64,
}

impl PlayedClock {
    pub(super) fn new(real: Arc<dyn Clock>, start: Timestamp) -> Self {
        let behind = micros(real.now().since(start));
        Self { real, behind_first: behind, behind: AtomicU64::new(behind) }
    }

    /// Moves on to `at`; never back.
    fn move_to(&self, at: Timestamp) {
        self.behind.fetch_min(micros(self.real.now().since(at)), Ordering::AcqRel);
    }

    /// From here on it is the real clock.
    pub(super) fn catch_up(&self) {
        self.behind.store(0, Ordering::Release);
    }

    /// The real time, for telling how long the past took.
    pub(super) fn real(&self) -> Monotonic {
        self.real.monotonic()
    }

    fn behind(&self) -> u64 {
        self.behind.load(Ordering::Acquire)
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Clock for PlayedClock {
    fn now(&self) -> Timestamp {
        self.real.now().minus(Duration::from_micros(self.behind()))
    }

    fn monotonic(&self) -> Monotonic {
        let moved = Duration::from_micros(self.behind_first.saturating_sub(self.behind()));
        Monotonic(self.real.monotonic().0 + moved)
    }
}

/// The house of the demo, with the hands of its first operator.
pub(super) struct House {
    app: App,
    env: Env,
    actor: Actor,
    clock: Arc<PlayedClock>,
}

/// What an operator of the demo could not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum HouseFault {
    #[error("the settings were not saved")]
    Setting(#[from] SettingFault),
    #[error("nobody was admitted")]
    Admit(#[from] BatchFault),
    #[error("the run was not retried")]
    Retry(#[from] ActFault),
    #[error("{0} is no run")]
    Run(String),
}

impl House {
    pub(super) async fn of(
        app: &App,
        environment: EnvironmentId,
        clock: Arc<PlayedClock>,
    ) -> Result<Self, CliFault> {
        let operators = app.db.read::<_, sql::Fault>(store::operator::list).await.map_err(CliFault::of)?;
        let Operator { id, organization, email, .. } = operators
            .into_iter()
            .next()
            .ok_or_else(|| CliFault::Told("nobody operates this demo".to_owned()))?;
        let actor = Actor { id, organization, email };
        Ok(Self { app: app.clone(), env: Env::vouched(environment), actor, clock })
    }
}

impl Director for House {
    type Fault = HouseFault;

    async fn move_to(&self, at: Timestamp) {
        for _ in 0..LOOKS_MAX {
            if self.app.jobs.stats().running == 0 {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.clock.move_to(at);
        self.app.jobs.clock_stepped();
    }

    fn waits(&self) -> Vec<Duration> {
        self.app.options.pace(Stage::Development).retry.longest_waits().collect()
    }

    async fn limit(&self, users: usize) -> Result<(), HouseFault> {
        let current = setting::current(&self.app, self.env).await?;
        let draft =
            Draft { waitlist_limit: users.to_string(), ..Draft::of(&current.settings, current.version) };
        setting::save(&self.app, &self.actor, self.env, &draft).await?;
        Ok(())
    }

    async fn admit(&self, count: usize) -> Result<(), HouseFault> {
        run::admit_next(&self.app, &self.actor, self.env, count).await?;
        Ok(())
    }

    async fn retry(&self, run_id: &str) -> Result<(), HouseFault> {
        let run = run_id.parse().map_err(|_| HouseFault::Run(run_id.to_owned()))?;
        run::retry(&self.app, &self.actor, self.env, run).await?;
        Ok(())
    }
}
