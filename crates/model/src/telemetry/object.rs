//! A JSON object whose values stay the bytes they were: what is echoed and kept is what was sent, down to
//! the digits of a number.

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{borrow::Cow, fmt};

/// Members in the order in which their keys first came; of a key that comes twice the last value stays.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(IndexMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    /// The object in `raw`, or `None` where it is another kind of value.
    pub fn read(raw: &'a RawValue) -> Option<Self> {
        if raw.get().starts_with('{') { serde_json::from_str(raw.get()).ok() } else { None }
    }

    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.get(key).copied()
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The value under `key`, unless it is absent or `null`.
    pub fn present(&self, key: &str) -> Option<&'a RawValue> {
        self.get(key).filter(|value| value.get() != "null")
    }

    /// Adds a member unless its key is here already.
    pub fn fill_one(&mut self, key: &'static str, value: &'a RawValue) {
        self.0.entry(Cow::Borrowed(key)).or_insert(value);
    }

    pub fn remove(&mut self, key: &str) -> Option<&'a RawValue> {
        self.0.shift_remove(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    /// Takes over the members of `other` whose keys are not here yet.
    pub fn fill(&mut self, other: Self) {
        for (key, value) in other.0 {
            self.0.entry(key).or_insert(value);
        }
    }

    /// As `serde_json` values.
    pub fn to_map(&self) -> Map<String, Value> {
        self.iter().filter_map(|(key, raw)| Some((key.to_owned(), value(raw)?))).collect()
    }
}

/// The value that the raw text stands for. `None` only for text that [`super::json::check`] refuses.
pub fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

/// The text in `raw`, or `None` where it is another kind of value.
pub fn text(raw: &RawValue) -> Option<String> {
    if raw.get().starts_with('"') { serde_json::from_str(raw.get()).ok() } else { None }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = IndexMap::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(Key(key)) = map.next_key()? {
                    members.insert(key, map.next_value()?);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// A key that is borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        let sent = r#"{"n":1.50,"big":123456789012345678901234,"o":{"b":1,"a":[]},"\u00e9":"\u00e9"}"#;
        let sent = raw(sent);
        let echoed = serde_json::to_string(&Object::read(&sent).unwrap()).unwrap();
        assert_eq!(echoed, r#"{"n":1.50,"big":123456789012345678901234,"o":{"b":1,"a":[]},"é":"\u00e9"}"#);
    }

    #[test]
    fn the_last_of_a_double_key_wins_as_in_serde_json() {
        let sent = raw(r#"{"a":1,"b":2,"a":3}"#);
        let object = Object::read(&sent).unwrap();
        let ours = Value::Object(object.to_map());
        assert_eq!(ours, serde_json::from_str::<Value>(sent.get()).unwrap());
        assert_eq!(ours.to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn filling_keeps_what_is_there() {
        let (first, second) = (raw(r#"{"a":1}"#), raw(r#"{"a":2,"b":null}"#));
        let mut object = Object::read(&first).unwrap();
        object.fill(Object::read(&second).unwrap());
        assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"a":1,"b":null}"#);
        assert!(object.contains("b") && object.present("b").is_none());
    }

    #[test]
    fn other_kinds_of_value_are_not_objects_or_texts() {
        for other in ["[]", "1", "\"{}\"", "null"] {
            assert!(Object::read(&raw(other)).is_none(), "{other}");
        }
        assert_eq!(text(&raw("\"a\\nb\"")), Some("a\nb".to_owned()));
        assert_eq!(text(&raw("1")), None);
    }
}
