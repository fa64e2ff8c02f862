//! Where values come from: flags, environment, file, defaults.

use super::{
    ConfigFault,
    settings::{SETTINGS, Setting},
};
use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

pub(super) const PREFIX: &str = "THRIVESTACK_";
/// Looked for in the data directory when no file is named.
const FILE_NAME: &str = "thrivestack.toml";
/// Variables of ours that are not settings of the server.
const OTHER_VARIABLES: [&str; 4] =
    ["THRIVESTACK_BIN", "THRIVESTACK_CONFIG", "THRIVESTACK_KEYS", "THRIVESTACK_WEBHOOK_SECRET"];
/// Settings that touch nothing.
const LOG_VARIABLES: [&str; 2] = ["THRIVESTACK_LOG", "THRIVESTACK_LOG_FORMAT"];
/// Those of the tests begin with this.
const TEST_PREFIX: &str = "THRIVESTACK_TEST_";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Flag(&'static str),
    Environment(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The text of each setting with its origin, nothing parsed yet.
pub struct Layers {
    chosen: HashMap<&'static str, (String, Origin)>,
    faults: Vec<(String, String, Option<Origin>)>,
    /// Things that are odd and do no harm, such as a variable that means nothing.
    pub warnings: Vec<String>,
}

impl Layers {
    /// Puts the layers on top of each other. Reads the file and nothing else; `environment` is handed in.
    pub fn gather(
        flags: &[(&'static str, String)],
        file: Option<PathBuf>,
        environment: &[(String, String)],
    ) -> Self {
        let mut layers = Self::defaults();
        let lookup =
            |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        // The file may stand in the data directory, so flags and environment are asked for that one first.
        let data_dir = flags
            .iter()
            .find_map(|(key, value)| (*key == "data_dir").then(|| value.clone()))
            .or_else(|| lookup("THRIVESTACK_DATA_DIR"))
            .unwrap_or_else(|| layers.text("data_dir").to_owned());
        let asked = file.or_else(|| lookup("THRIVESTACK_CONFIG").map(PathBuf::from));
        layers.take_file(asked, Path::new(&data_dir));
        layers.take_environment(environment);
        layers.take_flags(flags);
        layers
    }

    /// Flags over defaults, and of the environment only how to log: for whoever must not touch what the
    /// installation beside it has configured.
    pub fn apart(flags: &[(&'static str, String)], environment: &[(String, String)]) -> Self {
        let mut layers = Self::defaults();
        let is_about_logs = |(name, _): &&(String, String)| LOG_VARIABLES.contains(&name.as_str());
        let about_logs: Vec<_> = environment.iter().filter(is_about_logs).cloned().collect();
        layers.take_environment(&about_logs);
        layers.take_flags(flags);
        layers
    }

    fn defaults() -> Self {
        let mut layers = Self { chosen: HashMap::new(), faults: Vec::new(), warnings: Vec::new() };
        for setting in SETTINGS {
            layers.choose(setting, setting.default.to_owned(), Origin::Default);
        }
        layers
    }

    fn choose(&mut self, setting: &Setting, text: String, origin: Origin) {
        self.chosen.insert(setting.key, (text, origin));
    }

    fn take_flags(&mut self, flags: &[(&'static str, String)]) {
        for (key, value) in flags {
            if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == *key) {
                self.choose(setting, value.clone(), Origin::Flag(setting.flag.unwrap_or(setting.key)));
            }
        }
    }

    fn take_environment(&mut self, environment: &[(String, String)]) {
        for (name, value) in environment {
            let key = name.strip_prefix(PREFIX).map(str::to_lowercase);
            match SETTINGS.iter().find(|setting| Some(setting.key) == key.as_deref()) {
                Some(setting) => self.choose(setting, value.clone(), Origin::Environment(name.clone())),
                None if OTHER_VARIABLES.contains(&name.as_str()) || name.starts_with(TEST_PREFIX) => {}
                None => self.warnings.push(format!("the variable {name} is not a setting")),
            }
        }
    }

    fn take_file(&mut self, asked: Option<PathBuf>, data_dir: &Path) {
        let must_exist = asked.is_some();
        let path = asked.unwrap_or_else(|| data_dir.join(FILE_NAME));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => return,
            Err(error) => return self.fault(path.display().to_string(), error.to_string(), None),
        };
        match text.parse::<toml::Table>() {
            Ok(table) => self.take_table(&table, &path),
            Err(error) => {
                // toml tells the line with a drawing of it; one line says the same here.
                let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
                self.fault(path.display().to_string(), format!("line {line}: {}", error.message()), None);
            }
        }
    }

    fn take_table(&mut self, table: &toml::Table, path: &Path) {
        for (key, value) in table {
            let origin = Origin::File(path.to_path_buf());
            match (SETTINGS.iter().find(|setting| setting.key == key), text_of(value)) {
                (Some(setting), Some(text)) => self.choose(setting, text, origin),
                (Some(_), None) => {
                    self.fault(
                        key.clone(),
                        "must be a text, a number or a list of texts".to_owned(),
                        Some(origin),
                    );
                }
                (None, _) => self.fault(key.clone(), "there is no such setting".to_owned(), Some(origin)),
            }
        }
    }

    fn fault(&mut self, place: String, complaint: String, origin: Option<Origin>) {
        self.faults.push((place, complaint, origin));
    }

    /// What is wrong with the layers themselves.
    pub(super) fn faults(&self) -> Vec<ConfigFault> {
        let fault = |(place, complaint, origin): &(String, String, Option<Origin>)| ConfigFault {
            place: place.clone(),
            complaint: complaint.clone(),
            origin: origin.clone(),
        };
        self.faults.iter().map(fault).collect()
    }

    /// Parses one setting, or adds a fault that never shows a secret's value.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<T> {
        match parse(self.text(key).trim()) {
            Ok(value) => Some(value),
            Err(complaint) => {
                faults.push(ConfigFault {
                    place: key.to_owned(),
                    complaint,
                    origin: Some(self.origin(key).clone()),
                });
                None
            }
        }
    }

    /// The text of a setting as it was written.
    pub fn text(&self, key: &str) -> &str {
        self.chosen.get(key).map_or("", |(text, _)| text)
    }

    pub fn origin(&self, key: &str) -> &Origin {
        self.chosen.get(key).map_or(&Origin::Default, |(_, origin)| origin)
    }
}

/// Names and origins alone: some of the texts are secrets.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins = SETTINGS.iter().map(|setting| (setting.key, self.origin(setting.key)));
        f.debug_map().entries(origins).finish()
    }
}

/// Lists may be written as lists; everything else is read as if it came from the environment.
fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(", "))
        }
        _ => None,
    }
}
