//! The words of hosted pages and mails: what a builder writes in place of the built-in texts.
//!
//! A text may name a few things, such as `{{ product }}`, and nothing else: it is rendered for every visitor, so there is no
//! room for loops or calculations.

use super::{SettingFault, put};
use crate::{App, operator::Actor};
use kernel::Env;
use model::setting::{Settings, Words};

/// The longest text, in characters: a subject and a button have a line, a mail has paragraphs.
pub fn chars_max(name: &str) -> usize {
    match name {
        "mail_subject" => 150,
        "mail_button" | "sign_in_button" => 60,
        "mail_text" => 2_000,
        _ => 500,
    }
}

/// What a text may name. The plan and the address that helps are known when a mail is written.
fn variables(name: &str) -> &'static [&'static str] {
    match name {
        "mail_support" => &["product", "support"],
        _ if name.starts_with("mail_") => &["product", "account", "plan"],
        _ => &["product", "account"],
    }
}

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

/// The words that are typed, trimmed, or every text that cannot be. An empty one is left to the built-in text.
pub fn check(typed: &Words) -> Result<Words, Vec<WordFault>> {
    let (mut words, mut faults) = (Words::new(), Vec::new());
    for (name, text) in typed {
        let text = tidy(text);
        match judge(name, &text) {
            Err(message) => faults.push(WordFault { name: name.clone(), message }),
            Ok(()) if text.is_empty() => {}
            Ok(()) => drop(words.insert(name.clone(), text)),
        }
    }
    if faults.is_empty() { Ok(words) } else { Err(faults) }
}

/// A text as it is kept: browsers end lines with CR LF.
pub fn tidy(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

fn judge(name: &str, text: &str) -> Result<(), String> {
    let (count, max) = (text.chars().count(), chars_max(name));
    if count > max {
        return Err(format!("use at most {max} characters, these are {count}"));
    }
    if text.contains('\0') {
        return Err("remove the U+0000".to_owned());
    }
    if text.contains("{%") || text.contains("{#") {
        return Err(format!("this text may name {}, and nothing else in braces", named(name, "and")));
    }
    for part in text.split("{{").skip(1) {
        let Some((variable, _)) = part.split_once("}}") else {
            return Err("close the braces: {{ product }}".to_owned());
        };
        let variable = variable.trim();
        if !variables(name).contains(&variable) {
            return Err(format!("there is no {{{{ {variable} }}}} here: write {}", named(name, "or")));
        }
    }
    Ok(())
}

/// `{{ product }}, {{ account }} or {{ plan }}`
fn named(name: &str, conjunction: &str) -> String {
    let braced: Vec<String> = variables(name).iter().map(|one| format!("{{{{ {one} }}}}")).collect();
    match braced.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {conjunction} {last}", rest.join(", ")),
        _ => braced.concat(),
    }
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
    let wanted = move |stored: &Settings| Settings { words: words.clone(), ..stored.clone() };
    Ok(put(app, actor, env, version, wanted).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_the_product_and_the_account_alone() {
        for good in ["", "Hello", "Welcome to {{product}}, {{ account }}.", "a } b { c", "100 %"] {
            assert_eq!(judge("a", good), Ok(()), "{good}");
        }
        for (bad, hint) in [
            ("{{ password }}", "there is no {{ password }}"),
            ("{{ product * 999999 }}", "there is no"),
            ("{{ product", "close the braces"),
            ("{% for x in range(9) %}x{% endfor %}", "nothing else in braces"),
            ("{# hidden #}", "nothing else in braces"),
        ] {
            assert!(judge("a", bad).unwrap_err().contains(hint), "{bad}");
        }
        assert!(judge("a", &"x".repeat(500)).is_ok() && judge("a", &"x".repeat(501)).is_err());
    }

    #[test]
    fn what_may_be_named_and_how_long_it_may_be_depends_on_the_text() {
        assert_eq!(judge("mail_text", &format!("{{{{ plan }}}} {}", "x".repeat(1_900))), Ok(()));
        assert_eq!(judge("mail_support", "Ask {{ support }}"), Ok(()));
        let refused = judge("waitlist_text", "{{ plan }}").unwrap_err();
        assert_eq!(refused, "there is no {{ plan }} here: write {{ product }} or {{ account }}");
        let refused = judge("mail_text", "{{ support }}").unwrap_err();
        assert!(refused.ends_with("write {{ product }}, {{ account }} or {{ plan }}"), "{refused}");
        assert!(judge("mail_subject", &"x".repeat(151)).is_err());
    }

    #[test]
    fn an_empty_text_is_left_to_the_built_in_one() {
        let typed = Words::from([("a".into(), " \n".into()), ("b".into(), " text ".into())]);
        assert_eq!(check(&typed), Ok(Words::from([("b".into(), "text".into())])));
    }
}
