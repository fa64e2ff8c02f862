//! Reading fields that a refusal names: every text of a request is checked for its type and its length.

use kernel::{Category, RequestId};
use serde_json::{Map, Value};
use std::error::Error;
use webkit::{Admitted, Refusal};

/// Ids and names of the builder's are opaque texts of at most this many bytes (decision D11).
pub(crate) const TEXT_BYTES_MAX: usize = 1_024;

/// The body as an object, or why it is none.
pub(crate) fn object(admitted: &Admitted) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(&admitted.body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::invalid("the body must be a JSON object")),
    }
}

/// An optional text: `null` counts as absent, another type is refused.
pub(crate) fn text(object: &Map<String, Value>, field: &str) -> Result<Option<String>, Refusal> {
    text_within(object, field, TEXT_BYTES_MAX)
}

/// The same with a bound of its own.
pub(crate) fn text_within(
    object: &Map<String, Value>,
    field: &str,
    bytes_max: usize,
) -> Result<Option<String>, Refusal> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > bytes_max => {
            Err(Refusal::invalid(format!("field '{field}' must be at most {bytes_max} bytes")))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(format!("field '{field}' must be a string"))),
    }
}

/// A text that must be there and not be empty.
pub(crate) fn required(object: &Map<String, Value>, field: &str) -> Result<String, Refusal> {
    text(object, field)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(field))
}

pub(crate) fn missing(field: &str) -> Refusal {
    Refusal::invalid(format!("field '{field}' is required"))
}

/// The refusal of a use case's fault. What the answer hides is logged, once, with its causes and the request's id.
pub(crate) fn fault(category: Category, fault: &dyn Error, id: RequestId) -> Refusal {
    if matches!(category, Category::Fault | Category::Unavailable) {
        tracing::error!(request.id = %id, error = %kernel::chain(fault), "a request failed");
    }
    Refusal::of(category, fault.to_string())
}
