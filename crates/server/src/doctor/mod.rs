//! `thrivestack doctor`: looks at everything that an installation needs, and says of each thing how it is and what to do.
//!
//! **Beside whoever serves.** It takes no lock that a server needs, and changes nothing: all that it writes is a
//! small file where each store lies, to see whether that can be done, and it removes it again. **Not promised.** That
//! everything stays as it was found; that the figures are those of a quiet machine.

mod disk;
mod reach;
mod state;

use crate::{
    config::{Config, ConfigFaults, Layers, Origin, SETTINGS},
    data_dir::{self, DataDir, DataDirFault},
    wiring::Outside,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How the machine's clock and its stopwatch may differ over all checks.
const DRIFT_MAX: Duration = Duration::from_millis(200);

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    Fail,
}

impl Grade {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was found out about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub topic: &'static str,
    pub grade: Grade,
    pub message: String,
    /// What to do about it, where something is to be done.
    pub advice: Option<String>,
}

impl Finding {
    pub(crate) fn good(topic: &'static str, message: impl Into<String>) -> Self {
        Self { topic, grade: Grade::Ok, message: message.into(), advice: None }
    }

    pub(crate) fn warn(topic: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { topic, grade: Grade::Warn, message: message.into(), advice: Some(advice.into()) }
    }

    pub(crate) fn fail(topic: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { grade: Grade::Fail, ..Self::warn(topic, message, advice) }
    }

    pub fn json(&self) -> Value {
        json!({
            "topic": self.topic,
            "grade": self.grade.name(),
            "message": self.message,
            "advice": self.advice,
        })
    }
}

/// A configuration that cannot be used: nothing else can be looked at.
pub fn misconfigured(faults: &ConfigFaults) -> Vec<Finding> {
    const ADVICE: &str =
        "mend the value where it comes from; `thrivestack config --reference` explains every setting";
    faults.0.iter().map(|fault| Finding::fail("configuration", fault.to_string(), ADVICE)).collect()
}

/// Looks at everything, in the order in which a start needs it.
pub async fn examine(config: &Config, layers: &Layers, outside: &Outside) -> Vec<Finding> {
    let (wall, stopwatch) = (outside.clock.now(), outside.clock.monotonic());
    let mut found = configuration(config, layers);
    let serving = reach::serving(config).await;
    match data_directory(config, serving.is_some()) {
        Ok(finding) => {
            found.push(finding);
            found.extend(disk::examine(config, outside));
            found.extend(state::examine(config, outside).await);
        }
        Err(finding) => found.push(finding),
    }
    found.push(reach::public_url(config, serving.as_ref()).await);
    found.push(reach::mail(config).await);
    let (walked, measured) = (outside.clock.now().since(wall), outside.clock.monotonic().since(stopwatch));
    found.extend(drift(walked, measured));
    found
}

/// The settings that everything below is judged by: doctor's own, which need not be those of a server beside it.
fn configuration(config: &Config, layers: &Layers) -> Vec<Finding> {
    let topic = "configuration";
    let set = SETTINGS.iter().filter(|setting| *layers.origin(setting.key) != Origin::Default).count();
    let odd = layers.warnings.iter().map(|warning| {
        Finding::warn(
            topic,
            warning.clone(),
            "mend its name, or remove it; `thrivestack config` shows what counts",
        )
    });
    let all = format!("{} settings are good, {set} of them not the defaults", SETTINGS.len());
    let shown = layers.shown();
    let origin =
        |key| format!("{key} {} ({})", shown.get(key).map_or("-", String::as_str), layers.origin(key));
    let judged = ["data_dir", "listen", "public_url"].map(origin).join(", ");
    let own =
        [Finding::good(topic, all), Finding::good(topic, format!("what follows is judged by {judged}"))];
    own.into_iter().chain(odd).chain(served_otherwise(config, &shown)).collect()
}

/// Settings that each process may have for itself: where it finds the directory, and how it logs.
const OWN_SETTINGS: [&str; 3] = ["data_dir", "log", "log_format"];

/// A server runs on this directory, and its settings are others: it was started from another shell, or by a service
/// manager that has them.
fn served_otherwise(config: &Config, ours: &BTreeMap<String, String>) -> Option<Finding> {
    if !data_dir::is_held(&config.data_dir).unwrap_or(false) {
        return None;
    }
    let theirs = data_dir::settings_of_holder(&config.data_dir)?;
    let differ = |(key, value): &(&String, &String)| {
        !OWN_SETTINGS.contains(&key.as_str()) && ours.get(*key).is_some_and(|own| own != *value)
    };
    let others: Vec<String> = theirs
        .iter()
        .filter(differ)
        .map(|(key, value)| format!("{key} {value} (here {})", ours.get(key).map_or("-", String::as_str)))
        .collect();
    (!others.is_empty()).then(|| {
        Finding::warn(
            "configuration",
            format!("the server that runs on it has other settings: {}", others.join(", ")),
            "run doctor with the flags, environment and file of that server; until then, what it says of these is not about it",
        )
    })
}

/// Whether it is complete, and who holds it. `serving`: a server answers where this one would listen.
fn data_directory(config: &Config, serving: bool) -> Result<Finding, Finding> {
    let topic = "data directory";
    let path = config.data_dir.display();
    if let Err(fault) = DataDir::check(&config.data_dir) {
        let advice = match &fault {
            DataDirFault::Newer { .. } => "run the release that wrote it, or a later one".to_owned(),
            DataDirFault::Empty(_) => "or name the right directory with --data-dir".to_owned(),
            _ => "look at who may read it: it belongs to the user that serves".to_owned(),
        };
        return Err(Finding::fail(topic, kernel::chain(&fault), advice));
    }
    Ok(match (data_dir::is_held(&config.data_dir), serving) {
        (Ok(true), true) => Finding::good(topic, format!("{path} is complete, and a server runs on it")),
        (Ok(true), false) => Finding::warn(
            topic,
            format!("{path} is held by another thrivestack process, and nobody answers at {}", config.listen),
            "an init or rebuild may be under way, or the server listens elsewhere: give doctor the same --listen",
        ),
        (Ok(false), true) => Finding::warn(
            topic,
            format!("{path} is complete; the server at {} works on another one", config.listen),
            "name the data directory of that server with --data-dir, or stop it",
        ),
        (Ok(false), false) => Finding::good(topic, format!("{path} is complete; no server runs on it")),
        (Err(fault), _) => Finding::fail(
            topic,
            kernel::chain(&fault),
            "look at who may read it: it belongs to the user that serves",
        ),
    })
}

/// A clock that is being set while one looks makes timers late or early.
fn drift(walked: Duration, measured: Duration) -> Option<Finding> {
    let apart = walked.abs_diff(measured);
    (apart > DRIFT_MAX).then(|| {
        Finding::warn(
            "clock",
            format!("the clock moved by {} ms against the stopwatch while this ran", apart.as_millis()),
            "let the machine's time service move the clock slowly (chrony, systemd-timesyncd), and never by jumps",
        )
    })
}
