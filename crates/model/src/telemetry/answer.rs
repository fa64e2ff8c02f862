//! The union answer (D6, D18) and the refusal (D10, D17): each client reads its own part.

use super::{
    body::Form,
    fields::Detail,
    parse::{Accepted, Code, Verdict},
};
use crate::event::Call;
use serde::Serialize;
use std::collections::BTreeMap;

/// Above this many items nothing is echoed (D18).
pub const ECHO_ITEMS_MAX: usize = 100;
/// Most `warnings`, and most `details`, of one answer; the last one then says how many more there are.
pub const NOTES_MAX: usize = 100;
/// Most item numbers that one warning names.
const INDEXES_MAX: usize = 20;

/// The whole answer to a request of which at least one item is valid. Its status is 200.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    status: &'static str,
    success: bool,
    message: &'static str,
    response_id: String,
    #[serde(rename = "eventId")]
    event_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
    warnings: Vec<String>,
    documentation: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    One(&'a Accepted<'a>),
    Many(Vec<&'a Accepted<'a>>),
}

/// What the receipt adds: ids of this answer, and where its fields are explained.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    pub response_id: String,
    pub event_id: String,
    pub documentation: &'a str,
}

/// Why nothing of the request was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub message: &'static str,
    /// All of them; an answer shows [`NOTES_MAX`].
    pub details: Vec<Detail>,
}

/// The answer, or the refusal where no item is valid (D17).
pub fn answer<'a>(
    call: Call,
    form: Form,
    verdicts: &'a [Verdict<'a>],
    receipt: Receipt<'a>,
) -> Result<Answer<'a>, Refusal> {
    let accepted: Vec<&Accepted<'_>> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Accepted(accepted) => Some(accepted.as_ref()),
            Verdict::Refused(_) => None,
        })
        .collect();
    if accepted.is_empty() {
        return Err(refusal(call, form, verdicts));
    }
    let data = match form {
        _ if verdicts.len() > ECHO_ITEMS_MAX => None,
        Form::Object => accepted.first().copied().map(Data::One),
        Form::Array => Some(Data::Many(accepted)),
    };
    Ok(Answer {
        status: "success",
        success: true,
        message: success(call, form),
        response_id: receipt.response_id,
        event_id: receipt.event_id,
        data,
        warnings: warnings(verdicts),
        documentation: receipt.documentation,
    })
}

/// D18: the seed's text for an identify object, the later documents' texts otherwise.
const fn success(call: Call, form: Form) -> &'static str {
    match (call, form) {
        (Call::Identify, Form::Object) => "User identity updated successfully",
        (Call::Identify, Form::Array) => "User(s) identified successfully",
        (Call::Group, _) => "Group(s) updated successfully",
        (Call::Track, _) => "Event tracked successfully",
        (Call::Page, _) => "Page(s) tracked successfully",
    }
}

/// The text of 400. Identify's is the seed's (S2).
pub const fn failure(call: Call) -> &'static str {
    match call {
        Call::Identify => "Invalid user ID or missing fields",
        Call::Group => "Invalid group ID or missing fields",
        Call::Track => "Invalid event or missing fields",
        Call::Page => "Invalid page view or missing fields",
    }
}

fn refusal(call: Call, form: Form, verdicts: &[Verdict<'_>]) -> Refusal {
    let mut details = Vec::new();
    let mut codes = Vec::new();
    for (index, verdict) in verdicts.iter().enumerate() {
        let Verdict::Refused(refused) = verdict else { continue };
        codes.push(refused.code);
        details.extend(refused.details.iter().map(|detail| Detail {
            field: place(form, index, &detail.field),
            message: detail.message.clone(),
        }));
    }
    let large = codes.iter().all(|&code| code == Code::EventTooLarge);
    let (code, message) = if large {
        (Code::EventTooLarge, "The event is larger than 512 KiB")
    } else {
        (Code::InvalidRequest, failure(call))
    };
    Refusal { code, message, details }
}

/// `user_id` in an object, `[3].user_id` in an array.
fn place(form: Form, index: usize, field: &str) -> String {
    match (form, field) {
        (Form::Object, field) => field.to_owned(),
        (Form::Array, "") => format!("[{index}]"),
        (Form::Array, field) => format!("[{index}].{field}"),
    }
}

/// Refused items first, by index (D17); then what was accepted with a warning, each text once, with the
/// items it concerns unless it concerns all.
fn warnings(verdicts: &[Verdict<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (index, verdict) in verdicts.iter().enumerate() {
        match verdict {
            Verdict::Refused(refused) => all.push(not_accepted(index, &refused.details)),
            Verdict::Accepted(accepted) => {
                for text in &accepted.warnings {
                    let items = by_text.entry(text).or_default();
                    if items.is_empty() {
                        order.push(text);
                    }
                    items.push(index);
                }
            }
        }
    }
    for text in order {
        let items = by_text.get(text).map_or(&[][..], Vec::as_slice);
        all.push(if items.len() == verdicts.len() {
            text.to_owned()
        } else {
            format!("{text} ({})", list(items))
        });
    }
    let rest = all.len().saturating_sub(NOTES_MAX - 1);
    if rest > 1 {
        all.truncate(NOTES_MAX - 1);
        all.push(format!("{rest} more warnings"));
    }
    all
}

fn not_accepted(index: usize, details: &[Detail]) -> String {
    let reasons: Vec<String> = details
        .iter()
        .map(|Detail { field, message }| match field.as_str() {
            "" => format!("it {message}"),
            field => format!("field '{field}' {message}"),
        })
        .collect();
    format!("Item {index} was not accepted: {}", reasons.join("; "))
}

/// `item 3`, `items 0, 2, 5 and 12 more`.
fn list(items: &[usize]) -> String {
    let named: Vec<String> = items.iter().take(INDEXES_MAX).map(usize::to_string).collect();
    let rest = items.len() - named.len();
    let noun = if items.len() == 1 { "item" } else { "items" };
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{noun} {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::{body::Body, parse};
    use super::*;
    use crate::request::shortened;
    use serde_json::{Value, json};

    fn respond(call: Call, text: &str) -> Result<Value, Refusal> {
        let body = Body::read(text.as_bytes()).unwrap();
        let verdicts = parse::judge(call, &body, "2026-11-21T12:00:00Z".parse().unwrap());
        let receipt = Receipt {
            response_id: "r".into(),
            event_id: "evt_1".into(),
            documentation: "https://docs.test/",
        };
        answer(call, body.form, &verdicts, receipt).map(|answer| serde_json::to_value(&answer).unwrap())
    }

    #[test]
    fn the_seeds_identify_gets_the_whole_union() {
        let sent = r#"{"user_id":"user123","traits":{"name":"n","email":"e"},"timestamp":"20-11-23T22:28:55.111Z","context":{"group_id":"g"}}"#;
        let expected = json!({
            "status": "success", "success": true, "message": "User identity updated successfully",
            "response_id": "r", "eventId": "evt_1", "warnings": [], "documentation": "https://docs.test/",
            "data": serde_json::from_str::<Value>(sent).unwrap(),
        });
        assert_eq!(respond(Call::Identify, sent), Ok(expected));
    }

    #[test]
    fn a_batch_is_taken_if_one_item_is_valid() {
        let sent = r#"[{"user_id":"u","event":"a"},{"event":"b"},7,{"user_id":"v","event":"c","context":{"group_id":"g"}}]"#;
        let told = respond(Call::Track, sent).unwrap();
        assert_eq!(told["message"], "Event tracked successfully");
        assert_eq!(told["data"].as_array().unwrap().len(), 2);
        assert_eq!(
            told["warnings"],
            json!([
                "Item 1 was not accepted: field 'user_id' is required where context has no device_id or session_id",
                "Item 2 was not accepted: it must be an object",
                "Field 'group_id' is missing and may affect 'CRM' Insights (item 0)",
            ])
        );
    }

    #[test]
    fn a_batch_without_a_valid_item_is_refused_with_details() {
        let refusal = respond(Call::Identify, r#"[{"traits":{}},{"user_id":4}]"#).unwrap_err();
        assert_eq!(refusal.message, "Invalid user ID or missing fields");
        let fields: Vec<_> = refusal.details.iter().map(|detail| detail.field.as_str()).collect();
        assert_eq!((refusal.code, fields), (Code::InvalidRequest, vec!["[0].user_id", "[1].user_id"]));
    }

    #[test]
    fn long_batches_are_not_echoed_and_warn_in_bounds() {
        let batch = |n: usize| format!("[{}]", vec![r#"{"user_id":"u"}"#; n].join(","));
        let told = respond(Call::Identify, &batch(100)).unwrap();
        assert_eq!(told["data"].as_array().map(Vec::len), Some(100));
        let told = respond(Call::Identify, &batch(101)).unwrap();
        assert!(told.get("data").is_none());
        assert_eq!(told["warnings"].as_array().map(Vec::len), Some(5), "each text once");
        let refusal = respond(Call::Identify, &format!("[{}]", vec!["1"; 1_000].join(","))).unwrap_err();
        assert_eq!(refusal.details.len(), 1_000, "whoever shows them counts them");
        let shown = shortened(&refusal.details, NOTES_MAX);
        assert_eq!((shown.len(), shown[99].message.as_str()), (NOTES_MAX, "901 more"));
        assert_eq!(shortened(&refusal.details[..NOTES_MAX], NOTES_MAX), refusal.details[..NOTES_MAX]);
    }
}
