//! The fields of one item, whatever spelling the document used that its sender read (2.3-2.6, C9, C10,
//! C12, C15, C16, C19). The edge judges with it, consumers read records with it: one set of rules.

use super::{
    ID_BYTES_MAX,
    body::Form,
    object::{self, Object},
    time,
};
use crate::event::Call;
pub use crate::request::Detail;
use kernel::Timestamp;
use serde_json::{Map, Value, value::RawValue};

/// What an item says. Ids are absent where they were empty or are a client's placeholder for nobody.
#[derive(Debug)]
pub struct Fields<'a> {
    pub name: String,
    pub user_id: Option<String>,
    pub group_id: Option<String>,
    pub tenant_id: Option<String>,
    pub device_id: Option<String>,
    pub session_id: Option<String>,
    pub source: Option<String>,
    /// The sender's `timestamp`, read.
    pub timestamp: Option<Timestamp>,
    /// The sender's name for this event (`message_id`), for exact repetition.
    pub message_id: Option<String>,
    /// Traits or properties, `$set` flattened; `None` where the item has none.
    pub attributes: Option<Object<'a>>,
    pub context: Option<Object<'a>>,
    /// `page_name` beside `properties`, as the older page call has it.
    page_name: Option<&'a RawValue>,
    /// What was read otherwise than it was written.
    pub warnings: Vec<String>,
}

impl Fields<'_> {
    /// The attributes as the event keeps them.
    pub fn attributes_map(&self) -> Map<String, Value> {
        let mut attributes = self.attributes.clone().unwrap_or_default();
        if let Some(name) = self.page_name {
            attributes.fill_one("page_name", name);
        }
        attributes.to_map()
    }

    pub fn context_map(&self) -> Map<String, Value> {
        self.context.as_ref().map(Object::to_map).unwrap_or_default()
    }
}

/// Reads one item of a call, or tells everything that is wrong with it.
pub fn read<'a>(call: Call, form: Form, item: &Object<'a>) -> Result<Fields<'a>, Vec<Detail>> {
    let mut reader = Reader::default();
    let context = reader.object(item, "context");
    let ids = context.clone().unwrap_or_default();
    let mut fields = Fields {
        name: reader.name(call, item),
        user_id: reader.id(item, "user_id", ""),
        group_id: reader.group(item, &ids),
        tenant_id: reader.id(&ids, "tenant_id", "context."),
        device_id: reader.either(item, &ids, "device_id"),
        session_id: reader.either(item, &ids, "session_id"),
        source: reader.id(&ids, "source", "context."),
        timestamp: reader.timestamp(item),
        message_id: item.get("message_id").and_then(object::text).filter(|id| is_id(id)),
        attributes: reader.attributes(call, item),
        context,
        page_name: item.present("page_name").filter(|_| call == Call::Page),
        warnings: Vec::new(),
    };
    reader.required(call, form, item, &fields);
    if !reader.details.is_empty() {
        return Err(reader.details);
    }
    fields.warnings = reader.warnings;
    Ok(fields)
}

impl Fields<'_> {
    /// Takes out the ids that clients send when they know none: the event stays, nobody is made of the placeholder. For
    /// what came over the wire: a trigger's user may be called `null`, and then that is who the house means.
    pub fn unattribute(&mut self) {
        for (field, id) in [("user_id", &mut self.user_id), ("group_id", &mut self.group_id)] {
            if let Some(placeholder) = id.take_if(|id| is_placeholder(id)) {
                self.warnings.push(format!(
                    "Field '{field}' is the placeholder '{placeholder}'; the event is kept without it"
                ));
            }
        }
    }
}

/// A non-empty text of at most 1,024 bytes.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_BYTES_MAX
}

/// What languages write for a value that is not there, letter for letter: a sender that put it into an id had none, and
/// whoever takes it for a person joins strangers. Nothing else is guessed at: an id is any text (decision D11), and `0`,
/// `user` or `guest` may well be somebody's.
fn is_placeholder(id: &str) -> bool {
    const NOBODY: [&str; 10] = [
        "undefined",
        "null",
        "NULL",
        "(null)",
        "NaN",
        "[object Object]",
        "None",
        "nil",
        "<nil>",
        "[object Undefined]",
    ];
    NOBODY.contains(&id.trim().trim_matches(['"', '\'']))
}

#[derive(Default)]
struct Reader {
    details: Vec<Detail>,
    warnings: Vec<String>,
}

impl Reader {
    fn refuse(&mut self, field: impl Into<String>, message: &str) {
        self.details.push(Detail { field: field.into(), message: message.to_owned() });
    }

    /// An id under `key`; absent, `null` and empty are the same here, and who needs one asks later.
    fn id(&mut self, object: &Object<'_>, key: &str, path: &str) -> Option<String> {
        let raw = object.present(key)?;
        let Some(id) = object::text(raw) else {
            self.refuse(format!("{path}{key}"), "must be text");
            return None;
        };
        if id.len() > ID_BYTES_MAX {
            self.refuse(format!("{path}{key}"), "must be at most 1,024 bytes");
            return None;
        }
        if id.is_empty() { None } else { Some(id) }
    }

    /// At the top, or else in the context.
    fn either(&mut self, item: &Object<'_>, context: &Object<'_>, key: &str) -> Option<String> {
        let inner = self.id(context, key, "context.");
        self.id(item, key, "").or(inner)
    }

    /// C15: either place; where both differ the top level wins, with a warning.
    fn group(&mut self, item: &Object<'_>, context: &Object<'_>) -> Option<String> {
        let inner = self.id(context, "group_id", "context.");
        let outer = self.id(item, "group_id", "");
        if let (Some(outer), Some(inner)) = (&outer, &inner)
            && outer != inner
        {
            self.warnings.push("Field 'context.group_id' differs from 'group_id' and was ignored".to_owned());
        }
        outer.or(inner)
    }

    /// C9: `event_name` wins over `event`. Page views of all clients are one event.
    fn name(&mut self, call: Call, item: &Object<'_>) -> String {
        let key = match call {
            Call::Identify | Call::Group => return call.name().to_owned(),
            Call::Page => return "page_visit".to_owned(),
            Call::Track if item.present("event_name").is_some() => "event_name",
            Call::Track => "event",
        };
        let before = self.details.len();
        let name = self.id(item, key, "");
        if name.is_none() && self.details.len() == before {
            self.refuse("event_name", "is required");
        }
        name.unwrap_or_default()
    }

    fn timestamp(&mut self, item: &Object<'_>) -> Option<Timestamp> {
        let raw = item.present("timestamp")?;
        let Some(text) = object::text(raw) else {
            self.refuse("timestamp", "must be text that holds a date and time");
            return None;
        };
        match time::parse(&text) {
            Ok(instant) => Some(instant),
            Err(_) => {
                self.refuse("timestamp", "is not a date and time, such as 2024-10-20T15:51:35.059Z");
                None
            }
        }
    }

    fn object<'a>(&mut self, item: &Object<'a>, key: &str) -> Option<Object<'a>> {
        let raw = item.present(key)?;
        let object = Object::read(raw);
        if object.is_none() {
            self.refuse(key, "must be an object");
        }
        object
    }

    /// C10: a plain key wins over one in `$set`, `traits` over `user_traits`.
    fn attributes<'a>(&mut self, call: Call, item: &Object<'a>) -> Option<Object<'a>> {
        let keys: &[&str] = match call {
            Call::Identify => &["traits", "user_traits"],
            Call::Group => &["traits"],
            Call::Track | Call::Page => &["properties"],
        };
        let mut merged: Option<Object<'a>> = None;
        for key in keys {
            let Some(mut object) = self.object(item, key) else { continue };
            if let Some(set) = object.remove("$set").filter(|set| set.get() != "null") {
                match Object::read(set) {
                    Some(set) => object.fill(set),
                    None => self.refuse(format!("{key}.$set"), "must be an object"),
                }
            }
            match &mut merged {
                Some(first) => first.fill(object),
                None => merged = Some(object),
            }
        }
        merged
    }

    /// What must be there (D11, C16, C19). A field that was refused already is not called missing too.
    fn required(&mut self, call: Call, form: Form, item: &Object<'_>, fields: &Fields<'_>) {
        let mut need = |present: bool, field: &str, message: &str| {
            let told = self.details.iter().any(|detail| detail.field == field);
            if !present && !told {
                self.details.push(Detail { field: field.to_owned(), message: message.to_owned() });
            }
        };
        let user = fields.user_id.is_some();
        match call {
            Call::Identify => {
                need(user, "user_id", "is required");
                if form == Form::Object {
                    need(fields.attributes.is_some(), "traits", "is required");
                    need(fields.timestamp.is_some(), "timestamp", "is required");
                }
            }
            Call::Group => {
                need(fields.group_id.is_some(), "group_id", "is required, here or in context");
                need(user, "user_id", "is required");
            }
            Call::Track => {
                let visitor = fields.device_id.is_some() || fields.session_id.is_some();
                need(user || visitor, "user_id", "is required where context has no device_id or session_id");
            }
            Call::Page => {
                let session = item.get("session_id").and_then(object::text).is_some_and(|id| !id.is_empty());
                need(!(user && session), "session_id", "must not come together with user_id");
                need(
                    user || fields.session_id.is_some(),
                    "user_id",
                    "is required where session_id is absent",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &str, look: impl FnOnce(&Object<'_>) -> T) -> T {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        look(&Object::read(&raw).unwrap())
    }

    /// The names of the refused fields, in order.
    fn refused(call: Call, form: Form, text: &str) -> Vec<String> {
        with(text, |item| match read(call, form, item) {
            Ok(_) => Vec::new(),
            Err(details) => details.into_iter().map(|detail| detail.field).collect(),
        })
    }

    #[test]
    fn each_call_asks_for_its_fields() {
        use {Call::*, Form::*};
        let long = format!(r#"{{"user_id":"{}","event":"e"}}"#, "u".repeat(1_025));
        let cases: &[(Call, Form, &str, &[&str])] = &[
            // D11: the seed's form asks for three pieces of information, the array form for the id alone
            (Identify, Object, r#"{}"#, &["user_id", "traits", "timestamp"]),
            (Identify, Object, r#"{"user_id":"u","traits":{},"timestamp":"20-11-23"}"#, &[]),
            (Identify, Object, r#"{"user_id":"u","user_traits":{},"timestamp":"20-11-23"}"#, &[]),
            (Identify, Object, r#"{"user_id":"u","traits":null,"timestamp":null}"#, &["traits", "timestamp"]),
            (Identify, Array, r#"{"user_id":"u"}"#, &[]),
            (Identify, Array, r#"{"user_id":""}"#, &["user_id"]),
            (Identify, Array, r#"{"user_id":{"a":1}}"#, &["user_id"]),
            (Identify, Array, r#"{"user_id":7}"#, &["user_id"]),
            (Identify, Array, r#"{"user_id":"u","traits":[]}"#, &["traits"]),
            (Identify, Array, r#"{"user_id":"u","traits":{"$set":1}}"#, &["traits.$set"]),
            (Identify, Array, r#"{"user_id":"u","context":"c"}"#, &["context"]),
            (Identify, Array, r#"{"user_id":"u","context":{"group_id":3}}"#, &["context.group_id"]),
            (Identify, Array, r#"{"user_id":"u","timestamp":"soon"}"#, &["timestamp"]),
            (Identify, Array, r#"{"user_id":"u","timestamp":1700000000}"#, &["timestamp"]),
            // C15: the group's id in either place
            (Group, Object, r#"{"user_id":"u","traits":{}}"#, &["group_id"]),
            (Group, Object, r#"{"user_id":"u","context":{"group_id":"g"}}"#, &[]),
            (Group, Object, r#"{"group_id":"g"}"#, &["user_id"]),
            // C9, D11: an event's name in either spelling; nobody known only by device or session
            (Track, Object, r#"{"user_id":"u"}"#, &["event_name"]),
            (Track, Object, r#"{"user_id":"u","event_name":""}"#, &["event_name"]),
            (Track, Object, r#"{"user_id":"u","event":["e"]}"#, &["event"]),
            (Track, Object, r#"{"user_id":"u","event_name":null,"event":"e"}"#, &[]),
            (Track, Object, r#"{"user_id":"","event":"e"}"#, &["user_id"]),
            (Track, Object, r#"{"user_id":"","event":"e","context":{"device_id":"d"}}"#, &[]),
            (Track, Object, r#"{"event":"e","context":{"device_id":null,"session_id":"s"}}"#, &[]),
            (Track, Object, &long, &["user_id"]),
            // C16: exactly one of the two ids
            (Page, Object, r#"{"session_id":"s","user_id":"u"}"#, &["session_id"]),
            (Page, Object, r#"{"properties":{}}"#, &["user_id"]),
            (Page, Object, r#"{"session_id":"s"}"#, &[]),
            (Page, Object, r#"{"user_id":"u","context":{"session_id":"s"}}"#, &[]),
        ];
        for (call, form, text, expected) in cases {
            assert_eq!(refused(*call, *form, text), *expected, "{call:?} {text}");
        }
    }

    #[test]
    fn spellings_merge_in_the_order_of_c10() {
        let text = r#"{"user_id":"u","user_traits":{"a":1,"b":1,"$set":{"c":1}},
                       "traits":{"a":2,"$set":{"a":9,"b":3,"d":4}}}"#;
        let traits = with(text, |item| read(Call::Identify, Form::Array, item).unwrap().attributes_map());
        assert_eq!(Value::Object(traits), serde_json::json!({"a": 2, "b": 3, "d": 4, "c": 1}));
    }

    #[test]
    fn the_top_level_wins_over_the_context() {
        let text = r#"{"user_id":"u","group_id":"top","context":{"group_id":"inner","tenant_id":"t","source":"product"}}"#;
        with(text, |item| {
            let fields = read(Call::Group, Form::Object, item).unwrap();
            assert_eq!(fields.group_id.as_deref(), Some("top"));
            assert_eq!(fields.tenant_id.as_deref(), Some("t"));
            assert_eq!(fields.source.as_deref(), Some("product"));
            assert_eq!(fields.warnings, ["Field 'context.group_id' differs from 'group_id' and was ignored"]);
        });
    }

    #[test]
    fn placeholders_make_nobody() {
        for id in ["undefined", "NULL", "\\\"null\\\"", "[object Object]", " NaN ", "<nil>"] {
            let text = format!(r#"{{"user_id":"{id}","event":"e"}}"#);
            with(&text, |item| {
                let mut fields = read(Call::Track, Form::Object, item).unwrap();
                fields.unattribute();
                assert_eq!((fields.user_id, fields.warnings.len()), (None, 1), "{id}");
            });
        }
        for id in ["0", "-1", "user", "id", "guest", "email", "Nan", "none", "u1", "nobody"] {
            assert!(!is_placeholder(id), "{id}");
        }
    }

    #[test]
    fn the_older_page_call_keeps_its_name() {
        let text = r#"{"page_name":"/signup","properties":{"title":"Signup"},"user_id":"u"}"#;
        with(text, |item| {
            let fields = read(Call::Page, Form::Object, item).unwrap();
            assert_eq!(fields.name, "page_visit");
            let kept = Value::Object(fields.attributes_map());
            assert_eq!(kept, serde_json::json!({"title": "Signup", "page_name": "/signup"}));
        });
    }
}
