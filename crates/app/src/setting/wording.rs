//! The words of hosted pages: what a builder writes in place of the built-in texts.
//!
//! A text may name two things, `{{ product }}` and `{{ account }}`, and nothing else: it is rendered for every visitor, so
//! there is no room for loops or calculations.

use super::{SettingFault, current};
use crate::{App, operator::Actor};
use kernel::Env;
use model::setting::Words;
use store::setting::Change;

/// The longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 500;
/// What a text may name.
const VARIABLES: [&str; 2] = ["product", "account"];

/// One text and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordFault {
    pub name: String,
    pub message: String,
}

/// Why words could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum WordingFault {
    #[error("{} texts cannot be saved as they are", .0.len())]
    Invalid(Vec<WordFault>),
    #[error("settings")]
    Setting(#[from] SettingFault),
}

impl From<sql::Fault> for WordingFault {
    fn from(fault: sql::Fault) -> Self {
        Self::Setting(fault.into())
    }
}

/// The words that are typed, trimmed, or every text that cannot be. An empty one is left to the built-in text.
pub fn check(typed: &Words) -> Result<Words, Vec<WordFault>> {
    let (mut words, mut faults) = (Words::new(), Vec::new());
    for (name, text) in typed {
        let text = text.trim().replace("\r\n", "\n");
        match judge(&text) {
            Err(message) => faults.push(WordFault { name: name.clone(), message }),
            Ok(()) if text.is_empty() => {}
            Ok(()) => drop(words.insert(name.clone(), text)),
        }
    }
    if faults.is_empty() { Ok(words) } else { Err(faults) }
}

fn judge(text: &str) -> Result<(), String> {
    let count = text.chars().count();
    if count > TEXT_CHARS_MAX {
        return Err(format!("use at most {TEXT_CHARS_MAX} characters, these are {count}"));
    }
    if text.contains('\0') {
        return Err("remove the U+0000".to_owned());
    }
    if text.contains("{%") || text.contains("{#") {
        return Err("a text may name {{ product }} and {{ account }}, and nothing else in braces".to_owned());
    }
    for part in text.split("{{").skip(1) {
        let Some((variable, _)) = part.split_once("}}") else {
            return Err("close the braces: {{ product }}".to_owned());
        };
        let variable = variable.trim();
        if !VARIABLES.contains(&variable) {
            return Err(format!(
                "there is no {{{{ {variable} }}}}: write {{{{ product }}}} or {{{{ account }}}}"
            ));
        }
    }
    Ok(())
}

/// Checks the words and saves them, if nobody saved any setting since `version`.
pub async fn save_words(
    app: &App,
    actor: &Actor,
    env: Env,
    typed: &Words,
    version: i64,
) -> Result<i64, WordingFault> {
    let words = check(typed).map_err(WordingFault::Invalid)?;
    current(app, env).await?;
    let (at, by) = (app.db.now(), actor.id);
    let saved = app
        .db
        .write(store::setting::lock(env), move |tx| {
            let stored = store::setting::load(tx, env)?.ok_or(SettingFault::Missing)?;
            let mut wanted = stored.settings.clone();
            wanted.words.clone_from(&words);
            let change = Change { version, at, by, endpoint_moved: false };
            match store::setting::save(tx, env, &wanted, change)? {
                Some(version) => Ok(version),
                None => Err(SettingFault::Stale(Box::new(stored)).into()),
            }
        })
        .await;
    app.settings.forget(env);
    saved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_the_product_and_the_account_alone() {
        for good in ["", "Hello", "Welcome to {{product}}, {{ account }}.", "a } b { c", "100 %"] {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
        for (bad, hint) in [
            ("{{ password }}", "there is no {{ password }}"),
            ("{{ product * 999999 }}", "there is no"),
            ("{{ product", "close the braces"),
            ("{% for x in range(9) %}x{% endfor %}", "nothing else in braces"),
            ("{# hidden #}", "nothing else in braces"),
        ] {
            assert!(judge(bad).unwrap_err().contains(hint), "{bad}");
        }
        assert!(judge(&"x".repeat(TEXT_CHARS_MAX + 1)).is_err());
    }

    #[test]
    fn an_empty_text_is_left_to_the_built_in_one() {
        let typed = Words::from([("a".into(), " \n".into()), ("b".into(), " text ".into())]);
        assert_eq!(check(&typed), Ok(Words::from([("b".into(), "text".into())])));
    }
}
