//! How an answer is held against a case.

use http::HeaderMap;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;

/// Each header, or the empty text in its place, fits its pattern.
pub(super) fn headers(wanted: &BTreeMap<String, String>, found: &HeaderMap) -> Result<(), String> {
    for (name, pattern) in wanted {
        let value = found.get(name).map_or("", |value| value.to_str().unwrap_or("(unreadable)"));
        let pattern = Regex::new(pattern).map_err(|fault| fault.to_string())?;
        if !pattern.is_match(value) {
            return Err(format!("header {name} is {value:?}, wanted {pattern}"));
        }
    }
    Ok(())
}

/// Each dotted path exists; its value may be null.
pub(super) fn keys(wanted: &[String], found: &Value) -> Result<(), String> {
    for path in wanted {
        let pointer = format!("/{}", path.replace('.', "/"));
        if found.pointer(&pointer).is_none() {
            return Err(format!("`{path}` is missing in {found}"));
        }
    }
    Ok(())
}

/// Everything wanted is there with that value; objects may hold more, arrays not.
pub(super) fn subset(wanted: &Value, found: &Value) -> Result<(), String> {
    match (wanted, found) {
        (Value::Null, _) => Ok(()),
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().try_for_each(|(key, value)| {
            let found = found.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
            subset(value, found).map_err(|fault| format!("{key}: {fault}"))
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            wanted.iter().zip(found).try_for_each(|(wanted, found)| subset(wanted, found))
        }
        (wanted, found) if wanted == found => Ok(()),
        (wanted, found) => Err(format!("{found} instead of {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_other_is_told() {
        let found = json!({"status": 200, "data": {"list": [1, {"a": 2, "b": 3}], "none": null}});
        assert_eq!(keys(&["data.list".to_owned(), "data.none".to_owned()], &found), Ok(()));
        assert!(keys(&["data.other".to_owned()], &found).is_err());
        assert_eq!(subset(&json!({"data": {"list": [1, {"a": 2}]}}), &found), Ok(()));
        assert!(subset(&json!({"data": {"list": [1]}}), &found).is_err());
        assert!(subset(&json!({"data": {"list": [1, {"a": 3}]}}), &found).is_err());
        assert!(subset(&json!({"status": "200"}), &found).is_err());
        assert!(subset(&json!({"other": 1}), &found).is_err());
    }

    #[test]
    fn an_absent_header_is_the_empty_text() {
        let pattern = |text: &str| BTreeMap::from([("x-a".to_owned(), text.to_owned())]);
        let mut found = HeaderMap::new();
        assert_eq!(headers(&pattern("^$"), &found), Ok(()));
        assert!(headers(&pattern("^\\*$"), &found).is_err());
        found.insert("x-a", "*".parse().unwrap());
        assert_eq!(headers(&pattern("^\\*$"), &found), Ok(()));
        assert!(headers(&pattern("^$"), &found).is_err());
    }
}
