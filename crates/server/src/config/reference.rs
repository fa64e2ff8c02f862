//! The configuration as text: the effective values for an operator, the reference for everybody.

use super::{
    layers::{Layers, PREFIX},
    settings::{SETTINGS, Setting},
};
use std::collections::BTreeMap;

const HIDDEN: &str = "(hidden)";

/// `docs/reference/configuration.md`, made from the doc comments of the settings.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Made by `cargo xtask gen` from the doc comments of the settings; do not edit.\n\n\
         A setting comes from the first of: its flag, its environment variable, the TOML file, its default. The\n\
         file is the one of `--config` or `THRIVESTACK_CONFIG`, else `thrivestack.toml` in the data directory.\n\
         `thrivestack config` prints the effective values with where each came from.\n",
    );
    for setting in SETTINGS {
        text.push_str(&section(setting));
    }
    text
}

fn section(setting: &Setting) -> String {
    let doc: Vec<&str> = setting.doc.iter().map(|line| line.trim()).collect();
    let default = match setting.default {
        "" => "empty".to_owned(),
        text => format!("`{text}`"),
    };
    let flag = setting.flag.map(|flag| format!(" · flag `{flag}`")).unwrap_or_default();
    let secret = if setting.secret { " · secret" } else { "" };
    format!(
        "\n## `{key}`\n\n{doc}\n\nDefault {default} · environment `{variable}`{flag}{secret}\n",
        key = setting.key,
        doc = doc.join("\n"),
        variable = variable(setting),
    )
}

fn variable(setting: &Setting) -> String {
    format!("{PREFIX}{}", setting.key.to_uppercase())
}

impl Layers {
    /// The effective values in columns, each with its origin; secrets hidden.
    pub fn effective(&self) -> String {
        let rows: Vec<(&str, &str, String)> = SETTINGS.iter().map(|setting| self.row(setting)).collect();
        let width = |cell: fn(&(&str, &str, String)) -> usize| rows.iter().map(cell).max().unwrap_or(0);
        let (keys, values) = (width(|row| row.0.len()), width(|row| row.1.chars().count()));
        let lines: Vec<String> = rows
            .iter()
            .map(|(key, value, origin)| format!("{key:<keys$}  {value:<values$}  {origin}\n"))
            .collect();
        lines.concat()
    }

    /// Each setting's value as it may be shown, so that another process can compare its own.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let rows = SETTINGS.iter().map(|setting| self.row(setting));
        rows.map(|(key, value, _)| (key.to_owned(), value.to_owned())).collect()
    }

    fn row(&self, setting: &'static Setting) -> (&'static str, &str, String) {
        let value = match self.text(setting.key) {
            "" => "-",
            _ if setting.secret => HIDDEN,
            text => text,
        };
        (setting.key, value, self.origin(setting.key).to_string())
    }
}
