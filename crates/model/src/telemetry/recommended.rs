//! Fields that an item may omit but reports will miss (C12, C13): warnings in the documented wording, never a
//! refusal.

use super::{fields::Fields, object::Object};
use crate::event::Call;

/// One recommended field: the name that the warning uses, then every spelling that satisfies it (C14).
struct Wish {
    spellings: &'static [&'static str],
    /// What suffers: a report or the CRM's insights.
    target: &'static str,
}

const CRM: &str = "'CRM' Insights";

/// The warnings for an accepted item.
pub fn warnings(call: Call, fields: &Fields<'_>) -> Vec<String> {
    let mut missing = Vec::new();
    if call == Call::Identify {
        if fields.attributes.is_none() {
            missing.push(warning("traits", CRM));
        }
        if fields.timestamp.is_none() {
            missing.push(warning("timestamp", CRM));
        }
    }
    let empty = Object::default();
    let attributes = fields.attributes.as_ref().unwrap_or(&empty);
    for wish in wishes(call, &fields.name) {
        if !wish.spellings.iter().any(|name| is_told(attributes, name)) {
            missing.push(warning(wish.spellings[0], wish.target));
        }
    }
    if fields.group_id.is_none() && call != Call::Page {
        missing.push(warning("group_id", CRM));
    }
    missing
}

fn warning(field: &str, target: &str) -> String {
    format!("Field '{field}' is missing and may affect {target}")
}

/// Trait names are case-insensitive (2.4); an empty text tells nothing.
fn is_told(attributes: &Object<'_>, name: &str) -> bool {
    let told = |value: &str| value != "null" && value != "\"\"";
    attributes.iter().any(|(key, value)| key.eq_ignore_ascii_case(name) && told(value.get()))
}

const USER: &[Wish] = &[
    Wish { spellings: &["user_email", "email"], target: CRM },
    Wish { spellings: &["user_name", "name", "first_name", "full_name"], target: CRM },
];
const ACCOUNT: &[Wish] = &[
    Wish { spellings: &["group_type"], target: CRM },
    Wish { spellings: &["account_name", "name"], target: CRM },
    Wish { spellings: &["industry", "enrichment_industry"], target: CRM },
    Wish { spellings: &["plan_name", "planName", "plan", "plan_id", "planId"], target: CRM },
    Wish { spellings: &["employees", "enrichment_employees"], target: CRM },
];

const ACQUISITION: &str = "'Acquisition' Report";
const RETENTION: &str = "'Retention' Report";
const VIRALITY: &str = "'Virality' Report";

const SIGNED_UP: &[Wish] = &[
    Wish { spellings: &["user_email", "email"], target: ACQUISITION },
    Wish { spellings: &["user_name", "name", "first_name"], target: ACQUISITION },
];
const SIGNED_IN: &[Wish] = &[Wish { spellings: &["user_name", "name"], target: RETENTION }];
const ACCOUNT_NAMED: &[Wish] = &[Wish { spellings: &["account_name", "name"], target: ACQUISITION }];
const ACCOUNT_ADDED_USER: &[Wish] = &[
    Wish { spellings: &["user_name", "name"], target: ACQUISITION },
    Wish { spellings: &["user_email", "email"], target: ACQUISITION },
    Wish { spellings: &["user_role", "role"], target: ACQUISITION },
];
const ACCOUNT_REMOVED_USER: &[Wish] = &[
    Wish { spellings: &["user_name", "name"], target: CRM },
    Wish { spellings: &["user_email", "email"], target: CRM },
];
const INVITE_SENT: &[Wish] = &[Wish { spellings: &["invitee_email"], target: VIRALITY }];

/// The mandatory properties of the supported first set (domain 5.4), each with the report it feeds first.
fn wishes(call: Call, event: &str) -> &'static [Wish] {
    match (call, event) {
        (Call::Identify, _) => USER,
        (Call::Group, _) => ACCOUNT,
        (Call::Page, _) => &[],
        (Call::Track, "signed_up") => SIGNED_UP,
        (Call::Track, "signed_in" | "signed_out") => SIGNED_IN,
        (Call::Track, "account_created" | "account_deleted") => ACCOUNT_NAMED,
        (Call::Track, "account_added_user" | "user_added_to_account") => ACCOUNT_ADDED_USER,
        (Call::Track, "account_removed_user") => ACCOUNT_REMOVED_USER,
        (Call::Track, "invite_sent") => INVITE_SENT,
        (Call::Track, _) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::{body::Form, fields};
    use super::*;
    use serde_json::value::RawValue;

    fn of(call: Call, text: &str) -> Vec<String> {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let item = Object::read(&raw).unwrap();
        warnings(call, &fields::read(call, Form::Array, &item).unwrap())
    }

    #[test]
    fn missing_recommended_fields_are_named_in_the_documented_words() {
        let cases: &[(Call, &str, &[&str])] = &[
            (
                Call::Identify,
                r#"{"user_id":"u"}"#,
                &[
                    "Field 'traits' is missing and may affect 'CRM' Insights",
                    "Field 'timestamp' is missing and may affect 'CRM' Insights",
                    "Field 'user_email' is missing and may affect 'CRM' Insights",
                    "Field 'user_name' is missing and may affect 'CRM' Insights",
                    "Field 'group_id' is missing and may affect 'CRM' Insights",
                ],
            ),
            (
                Call::Identify,
                r#"{"user_id":"u","timestamp":"2024-01-01","traits":{"Email":"e","name":"n"},"context":{"group_id":"g"}}"#,
                &[],
            ),
            (
                Call::Group,
                r#"{"user_id":"u","group_id":"g","traits":{"group_type":"Account","name":"","industry":"i","planId":"p","employees":3}}"#,
                &["Field 'account_name' is missing and may affect 'CRM' Insights"],
            ),
            (
                Call::Track,
                r#"{"user_id":"u","event":"invite_sent","context":{"group_id":"g"}}"#,
                &["Field 'invitee_email' is missing and may affect 'Virality' Report"],
            ),
            (Call::Track, r#"{"user_id":"u","event":"clicked","context":{"group_id":"g"}}"#, &[]),
            (Call::Page, r#"{"session_id":"s"}"#, &[]),
        ];
        for (call, text, expected) in cases {
            assert_eq!(of(*call, text), *expected, "{text}");
        }
    }
}
