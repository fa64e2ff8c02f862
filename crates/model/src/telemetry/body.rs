//! A request's body: one object or an array of them, cut into items without reading them.

use super::{
    BODY_BYTES_MAX, EVENTS_MAX,
    json::{self, JsonFault},
    object::Object,
};
use serde_json::value::RawValue;

/// How the body came. The seed's form is the object; later documents and all batch clients send arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Object,
    Array,
}

/// Why the whole body was refused, whatever its items say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    #[error("the body is not legal JSON: {0}")]
    Json(#[from] JsonFault),
    #[error("the body must be a JSON object or an array of objects")]
    Kind,
    #[error("the array holds no event")]
    Empty,
    #[error("at most 1,000 events may come in one request; this one holds {count}")]
    TooMany { count: usize },
    #[error("at most 2 MB (2,097,152 bytes) may come in one request")]
    TooLarge,
}

/// Legal JSON of the right kind and size. Borrows the request's bytes.
#[derive(Debug)]
pub struct Body<'a> {
    pub form: Form,
    /// One for an object; 1 to [`EVENTS_MAX`] for an array.
    pub items: Vec<&'a RawValue>,
}

impl<'a> Body<'a> {
    /// Reads `bytes`, judging legal JSON first, so that a fault names its line and column.
    pub fn read(bytes: &'a [u8]) -> Result<Self, BodyFault> {
        if bytes.len() > BODY_BYTES_MAX {
            return Err(BodyFault::TooLarge);
        }
        let text = json::check(bytes)?.trim_ascii();
        if text.starts_with('{') {
            let item = serde_json::from_str(text).map_err(|_| BodyFault::Kind)?;
            return Ok(Self { form: Form::Object, items: vec![item] });
        }
        if !text.starts_with('[') {
            return Err(BodyFault::Kind);
        }
        let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| BodyFault::Kind)?;
        match items.len() {
            0 => Err(BodyFault::Empty),
            1..=EVENTS_MAX => Ok(Self { form: Form::Array, items }),
            count => Err(BodyFault::TooMany { count }),
        }
    }

    /// The object, or the first item where it is one.
    pub(super) fn first(&self) -> Option<Object<'a>> {
        Object::read(self.items.first()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_bodies_into_items() {
        let body = Body::read(b" {\"a\": [1, {\"b\": 2}]} ").unwrap();
        assert_eq!((body.form, body.items.len()), (Form::Object, 1));
        let body = Body::read(b"[{\"a\": 1}, 2 , []]").unwrap();
        assert_eq!(body.form, Form::Array);
        assert_eq!(body.items.iter().map(|item| item.get()).collect::<Vec<_>>(), ["{\"a\": 1}", "2", "[]"]);
    }

    #[test]
    fn refuses_whole_bodies() {
        let full = format!("[{}]", vec!["{}"; EVENTS_MAX].join(","));
        assert_eq!(Body::read(full.as_bytes()).unwrap().items.len(), EVENTS_MAX);
        let over = format!("[{}]", vec!["{}"; EVENTS_MAX + 1].join(","));
        let large = format!("[{}]", " ".repeat(BODY_BYTES_MAX));
        let cases = [
            (&b"[]"[..], BodyFault::Empty),
            (b"\"a\"", BodyFault::Kind),
            (b"null", BodyFault::Kind),
            (over.as_bytes(), BodyFault::TooMany { count: 1_001 }),
            (large.as_bytes(), BodyFault::TooLarge),
        ];
        for (bytes, fault) in cases {
            assert_eq!(Body::read(bytes).err(), Some(fault));
        }
        let fault = Body::read(b"{\"a\": 1,\n}").unwrap_err();
        let told = "the body is not legal JSON: unexpected character at line 2, column 1";
        assert_eq!(fault.to_string(), told);
    }
}
