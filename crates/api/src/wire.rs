//! Reading fields that a refusal names: every text of a request is checked for its type and its length.

use serde_json::{Map, Value};
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
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > TEXT_BYTES_MAX => {
            Err(Refusal::invalid(format!("field '{field}' must be at most {TEXT_BYTES_MAX} bytes")))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(format!("field '{field}' must be a string"))),
    }
}

/// A text that must be there and not be empty.
pub(crate) fn required(object: &Map<String, Value>, field: &str) -> Result<String, Refusal> {
    match text(object, field)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(Refusal::invalid(format!("field '{field}' is required"))),
    }
}

/// A fault that the caller cannot mend: logged once with its chain, answered without it.
pub(crate) fn fault(
    category: kernel::Category,
    fault: &dyn std::error::Error,
    admitted: &Admitted,
) -> Refusal {
    log(category, fault, admitted.request_id);
    Refusal::of(category, fault.to_string())
}

/// Logs what the answer hides.
pub(crate) fn log(category: kernel::Category, fault: &dyn std::error::Error, id: kernel::RequestId) {
    if matches!(category, kernel::Category::Fault | kernel::Category::Unavailable) {
        let causes = std::iter::successors(Some(fault), |fault| fault.source());
        let chain: Vec<_> = causes.map(ToString::to_string).collect();
        tracing::error!(request.id = %id, error = %chain.join(": "), "a request failed");
    }
}
