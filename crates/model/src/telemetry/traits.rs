//! Traits that many events told, each key by its latest word.
//!
//! A merge of two is the same in any order and any number of times: so a profile is a function of the *set*
//! of its events, and building it again from the journal gives the same bytes.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most traits of one profile: the most recently told ones stay. The lake keeps every event whole.
pub const TRAITS_MAX: usize = 500;
/// Most bytes of a trait's name.
pub const KEY_BYTES_MAX: usize = 256;
/// Most bytes of a trait's value as JSON; a larger one stays in its event alone.
pub const VALUE_BYTES_MAX: usize = 8 * 1_024;

/// When something was said: the event's time, then the journal's sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp(pub Timestamp, pub u64);

/// Keys with their latest values. The JSON form is `{"key": [value, [micros, sequence]]}`, keys sorted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Traits(BTreeMap<String, (Value, Stamp)>);

impl Traits {
    /// What one event told. Names and values beyond the bounds are left out.
    pub fn told(told: impl IntoIterator<Item = (String, Value)>, stamp: Stamp) -> Self {
        let fits = |(key, value): &(String, Value)| {
            !key.is_empty() && key.len() <= KEY_BYTES_MAX && value.to_string().len() <= VALUE_BYTES_MAX
        };
        let mut traits =
            Self(told.into_iter().filter(fits).map(|(key, value)| (key, (value, stamp))).collect());
        traits.shed();
        traits
    }

    /// Takes over what `other` knows later.
    pub fn merge(&mut self, other: Self) {
        for (key, (value, stamp)) in other.0 {
            match self.0.get_mut(&key) {
                Some((_, known)) if *known >= stamp => {}
                Some(entry) => *entry = (value, stamp),
                None => {
                    self.0.insert(key, (value, stamp));
                }
            }
        }
        self.shed();
    }

    /// Drops the longest unsaid keys beyond the bound. A key's stamp only grows, so one that is dropped now
    /// would be dropped after any further merge too: the order of merges still does not matter.
    fn shed(&mut self) {
        let over = self.0.len().saturating_sub(TRAITS_MAX);
        if over == 0 {
            return;
        }
        let mut oldest: Vec<(Stamp, String)> =
            self.0.iter().map(|(key, (_, stamp))| (*stamp, key.clone())).collect();
        oldest.sort_unstable();
        for (_, key) in oldest.into_iter().take(over) {
            self.0.remove(&key);
        }
    }

    /// The latest value under any of `spellings` (C14; names are case-insensitive); `null` and `""` tell nothing.
    pub fn latest(&self, spellings: &[&str]) -> Option<(&Value, Stamp)> {
        let known = |key: &str| spellings.iter().any(|spelling| key.eq_ignore_ascii_case(spelling));
        self.0
            .iter()
            .filter(|(key, (value, _))| known(key) && !value.is_null() && value.as_str() != Some(""))
            .map(|(_, (value, stamp))| (value, *stamp))
            .max_by_key(|(_, stamp)| *stamp)
    }

    /// [`Traits::latest`] as text, trimmed.
    pub fn text(&self, spellings: &[&str]) -> Option<String> {
        let text = self.latest(spellings)?.0.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Keys and values alone, sorted by key, without those that were set to `null`.
    pub fn plain(&self) -> Map<String, Value> {
        let there = self.0.iter().filter(|(_, (value, _))| !value.is_null());
        there.map(|(key, (value, _))| (key.clone(), value.clone())).collect()
    }

    /// Each key with its latest value and when it was said, sorted by key, without those that were set to `null`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, Stamp)> {
        let there = self.0.iter().filter(|(_, (value, _))| !value.is_null());
        there.map(|(key, (value, stamp))| (key.as_str(), value, *stamp))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stamp(micros: i64, seq: u64) -> Stamp {
        Stamp(Timestamp::from_micros(micros), seq)
    }

    fn told(key: &str, value: Value, stamp: Stamp) -> Traits {
        Traits::told([(key.to_owned(), value)], stamp)
    }

    #[test]
    fn the_latest_event_wins_per_key_then_the_later_sequence_number() {
        let mut traits = told("plan", json!("free"), stamp(5, 1));
        traits.merge(told("plan", json!("late news"), stamp(3, 2)));
        assert_eq!(traits.text(&["plan"]).as_deref(), Some("free"), "an older event that came later loses");
        traits.merge(told("plan", json!("pro"), stamp(5, 3)));
        traits.merge(told("seats", json!(3), stamp(1, 4)));
        assert_eq!(Value::Object(traits.plain()), json!({"plan": "pro", "seats": 3}));
    }

    #[test]
    fn spellings_are_one_trait_for_reading() {
        let mut traits = told("Email", json!("old@acme.test"), stamp(1, 1));
        traits.merge(told("user_email", json!(" new@acme.test "), stamp(2, 2)));
        assert_eq!(traits.text(&["email", "user_email"]).as_deref(), Some("new@acme.test"));
        traits.merge(told("user_email", Value::Null, stamp(3, 3)));
        assert_eq!(traits.text(&["email", "user_email"]).as_deref(), Some("old@acme.test"));
        assert!(!traits.plain().contains_key("user_email"), "null takes a trait away");
    }

    #[test]
    fn the_stored_form_is_sorted_and_comes_back() {
        let traits = Traits::told([("b".into(), json!([1])), ("a".into(), json!({"z": 1}))], stamp(7, 9));
        let text = serde_json::to_string(&traits).unwrap();
        assert_eq!(text, r#"{"a":[{"z":1},[7,9]],"b":[[1],[7,9]]}"#);
        assert_eq!(serde_json::from_str::<Traits>(&text).unwrap(), traits);
    }

    #[test]
    fn a_profile_keeps_its_most_recent_traits_within_bounds() {
        let mut traits = Traits::default();
        for n in 0..(TRAITS_MAX as i64 + 10) {
            traits.merge(told(&format!("k{n:04}"), json!(n), stamp(n, 1)));
        }
        assert_eq!(traits.plain().len(), TRAITS_MAX);
        assert!(traits.latest(&["k0009"]).is_none() && traits.latest(&["k0010"]).is_some());
        let large = told("large", json!("x".repeat(VALUE_BYTES_MAX)), stamp(1, 1));
        assert!(large.is_empty());
        assert!(told(&"k".repeat(257), json!(1), stamp(1, 1)).is_empty());
    }
}
