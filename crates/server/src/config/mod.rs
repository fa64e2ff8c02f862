//! Everything that can be set, in one typed value. This is the only place that reads the environment.
//!
//! A setting comes from the first of: a flag, the environment (`THRIVESTACK_` and its name in capitals), the TOML
//! file (its name), its default. All faults are found in one go, each with where its value came from. The doc
//! comments in [`settings`] are the reference: `thrivestack config --reference` prints them.

mod layers;
mod parse;
mod reference;
mod settings;

pub use layers::{Layers, Origin};
pub use parse::{LogFormat, StoreUrl};
pub use reference::reference;
pub use settings::{Config, SETTINGS, Setting};

use std::{fmt, path::PathBuf};

/// What is wrong with the configuration: everything, not the first thing.
#[derive(Debug, thiserror::Error)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

/// One thing that is wrong, told so that it can be mended.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// The setting, or the file that cannot be read.
    pub place: String,
    pub complaint: String,
    pub origin: Option<Origin>,
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.complaint)?;
        match &self.origin {
            Some(origin) => write!(f, " (from {origin})"),
            None => Ok(()),
        }
    }
}

impl Config {
    /// Reads flags, environment and file. `flags` holds the settings that were given on the command line;
    /// `file` is the file asked for with `--config`.
    pub fn load(
        flags: &[(&'static str, String)],
        file: Option<PathBuf>,
    ) -> Result<(Self, Layers), ConfigFaults> {
        Self::from_layers(Layers::gather(flags, file, &environment()))
    }

    /// Flags and defaults alone: see [`Layers::apart`].
    pub fn load_apart(flags: &[(&'static str, String)]) -> Result<(Self, Layers), ConfigFaults> {
        Self::from_layers(Layers::apart(flags, &environment()))
    }

    /// The same as [`Config::load`] from given layers; pure but for what [`Layers::gather`] has read.
    pub fn from_layers(layers: Layers) -> Result<(Self, Layers), ConfigFaults> {
        let mut faults = layers.faults();
        let config = settings::read(&layers, &mut faults);
        if let Some(config) = &config {
            faults.extend(config.missing(&layers));
        }
        match config {
            Some(config) if faults.is_empty() => Ok((config, layers)),
            _ => Err(ConfigFaults(faults)),
        }
    }

    /// Settings that another one needs.
    fn missing(&self, layers: &Layers) -> Option<ConfigFault> {
        (self.smtp_url.is_some() && self.mail_from.is_none()).then(|| ConfigFault {
            place: "mail_from".to_owned(),
            complaint: "name the address that mails come from, such as hello@example.com: smtp_url is set"
                .to_owned(),
            origin: Some(layers.origin("mail_from").clone()),
        })
    }

    /// The directory with everything in it; locations in the URLs are relative to it.
    pub fn located(&self, url: &StoreUrl) -> PathBuf {
        self.data_dir.join(url.path())
    }
}

/// One variable that is not a setting of the server, such as `THRIVESTACK_KEYS` of `receive`.
pub fn variable(name: &str) -> Option<String> {
    environment().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Where the environment wants files that nobody keeps.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn temporary_dir() -> PathBuf {
    std::env::temp_dir()
}

/// Our part of the environment. Values that are not UTF-8 are kept as far as they are.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| name.starts_with(layers::PREFIX))
        .collect()
}
