//! JSON read strictly where safety asks: duplicate keys and depth are refused; the strings are overwritten on drop.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::text::clean;
use super::{Code, Problem};

/// Adobe's files are four levels deep.
const MAX_DEPTH: usize = 32;

/// A JSON document that may hold secrets.
pub struct Document(Value);

impl Document {
    /// The error says where, never what.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Level(0)
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value));
        value.map(Self).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            // Our own two refusals have fixed texts; serde's could quote the input.
            let own = error.to_string();
            let (code, why) = if own.starts_with(DUPLICATE) {
                (Code::JsonDuplicateKey, DUPLICATE)
            } else if own.starts_with(TOO_DEEP) {
                (Code::JsonTooDeep, TOO_DEEP)
            } else if error.is_eof() {
                (
                    Code::JsonIncomplete,
                    "it ends in the middle: part of the file is missing",
                )
            } else {
                (Code::JsonInvalid, "it is not valid JSON there")
            };
            Problem::new(code, format!("this JSON cannot be read ({at})"))
                .cause(why)
                .next_step("download the file again and do not edit it")
        })
    }

    pub fn root(&self) -> Field<'_> {
        Field {
            value: &self.0,
            path: String::new(),
        }
    }
}

impl Document {
    /// While it is read a container is a document too, so that what an error leaves unfinished is overwritten as well.
    fn into_value(mut self) -> Value {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

/// A value with the path that errors name it by: `integration.technicalAccount.clientSecret`.
#[derive(Clone)]
pub struct Field<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Field<'a> {
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn is_object(&self) -> bool {
        self.value.is_object()
    }

    pub fn as_str(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// A count of milliseconds (or seconds), as a string (IMS) or a number.
    pub fn as_millis(&self) -> Option<i64> {
        match self.value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
        .filter(|count| *count >= 0)
    }

    /// Every text in it, at any depth.
    pub fn any_text(&self, found: &dyn Fn(&str) -> bool) -> bool {
        fn search(value: &Value, found: &dyn Fn(&str) -> bool) -> bool {
            match value {
                Value::String(text) => found(text),
                Value::Array(items) => items.iter().any(|item| search(item, found)),
                Value::Object(members) => members.values().any(|item| search(item, found)),
                _ => false,
            }
        }
        search(self.value, found)
    }

    pub fn as_bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The member, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<Field<'a>> {
        let value = self.value.as_object()?.get(name)?;
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        (!value.is_null()).then_some(Field { value, path })
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn require(&self, name: &str) -> Result<Field<'a>, Problem> {
        self.get(name).ok_or_else(|| {
            let path = if self.path.is_empty() {
                name.to_owned()
            } else {
                format!("{}.{name}", self.path)
            };
            Problem::new(Code::FieldMissing, format!("{path} is missing"))
                .cause("without it this credential cannot be used")
                .next_step("download the file again; do not shorten it")
        })
    }

    pub fn items(&self) -> Result<Vec<Field<'a>>, Problem> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.bad("it is not a list"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(position, value)| Field {
                value,
                path: format!("{}[{position}]", self.path),
            })
            .collect())
    }

    /// A string as it stands: for keys and certificates, which have line ends.
    pub fn raw_text(&self) -> Result<&'a str, Problem> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.bad("it is not a text"))?;
        if text.trim().is_empty() {
            return Err(self.bad("it is empty"));
        }
        Ok(text)
    }

    /// A short string without line ends or control characters, trimmed.
    ///
    /// These values go into headers, forms and claims: a line end in one would let a file write a second header.
    pub fn text(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.raw_text()?.trim();
        if text.chars().count() > max_chars {
            return Err(self.bad("it is much longer than Adobe's"));
        }
        if clean(text, max_chars) != text {
            return Err(self.bad("it holds line ends or characters that cannot be seen"));
        }
        Ok(text)
    }

    /// As [`Field::text`], printable ASCII without spaces: ids, secrets, hosts.
    pub fn word(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.text(max_chars)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.bad("it holds spaces or characters that Adobe does not use there"));
        }
        Ok(text)
    }

    /// As [`Field::word`], only what is plain in a URL, a form and a header alike: client ids.
    pub fn identifier(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.word(max_chars)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        if !text.bytes().all(is_plain) {
            return Err(self.bad("it holds characters other than letters, digits and hyphens"));
        }
        Ok(text)
    }

    /// The problem found in this field, with its path.
    pub fn named(&self, mut problem: Problem) -> Problem {
        problem.message = format!("{}: {}", self.path, problem.message);
        problem
    }

    /// An error about this field; `why` is a fixed text, never a value.
    pub fn bad(&self, why: &str) -> Problem {
        let path = if self.path.is_empty() {
            "this JSON"
        } else {
            &self.path
        };
        Problem::new(Code::FieldBad, format!("{path} cannot be used"))
            .cause(why)
            .next_step("download the file again and do not edit it")
    }
}

const DUPLICATE: &str = "a key stands twice in one object";
const TOO_DEEP: &str = "it is nested too deeply";

/// Builds a [`Value`], counting levels.
struct Level(usize);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let level = deeper::<A::Error>(self.0)?;
        let mut items = Document(Value::Array(Vec::new()));
        while let Some(item) = access.next_element_seed(Level(level))? {
            if let Value::Array(items) = &mut items.0 {
                items.push(item);
            }
        }
        Ok(items.into_value())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let level = deeper::<A::Error>(self.0)?;
        let mut object = Document(Value::Object(Map::new()));
        while let Some(key) = access.next_key::<String>()? {
            if object.0.get(&key).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
            let value = access.next_value_seed(Level(level))?;
            if let Value::Object(members) = &mut object.0 {
                members.insert(key, value);
            }
        }
        Ok(object.into_value())
    }
}

fn deeper<E: serde::de::Error>(level: usize) -> Result<usize, E> {
    if level >= MAX_DEPTH {
        Err(E::custom(TOO_DEEP))
    } else {
        Ok(level + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<Code> {
        Document::parse(text).err().map(|problem| problem.code)
    }

    #[test]
    fn strictness() {
        assert_eq!(code(r#"{"a":1,"b":[true,null,1.5]}"#), None);
        assert_eq!(code(r#"{"a":1,"a":2}"#), Some(Code::JsonDuplicateKey));
        assert_eq!(code(&"[".repeat(40)), Some(Code::JsonTooDeep));
        assert_eq!(code(r#"{"a":"#), Some(Code::JsonIncomplete));
        assert_eq!(code(r#"{"a":1} x"#), Some(Code::JsonInvalid));
    }

    #[test]
    fn texts_are_overwritten_at_every_depth() {
        let mut value = serde_json::json!({"a": ["planted", {"b": "planted"}], "c": "planted"});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["", {"b": ""}], "c": ""}));
    }

    #[test]
    fn what_is_in_it_is_found() {
        let document = Document::parse(r#"{"a":true,"b":["x",{"c":["y"]}],"n":1.5}"#)
            .ok()
            .unwrap();
        let root = document.root();
        assert_eq!(root.get("a").unwrap().as_bool(), Some(true));
        assert_eq!(root.get("b").unwrap().as_bool(), None);
        for (text, is_there) in [("x", true), ("y", true), ("c", false)] {
            assert_eq!(root.any_text(&|found| found == text), is_there, "{text}");
        }
    }

    #[test]
    fn errors_never_quote_the_input() {
        let problem = Document::parse(r#"{"secret": planted}"#).err().unwrap();
        assert!(!format!("{problem:?}").contains("planted"));
    }

    #[test]
    fn fields_are_named_by_path() {
        let document = Document::parse(r#"{"a":{"b":"x\ny"}}"#).ok().unwrap();
        let field = document.root().require("a").unwrap().require("b").unwrap();
        assert_eq!(field.text(10).unwrap_err().message, "a.b cannot be used");
        let missing = document
            .root()
            .require("a")
            .unwrap()
            .require("c")
            .err()
            .unwrap();
        assert_eq!(missing.message, "a.c is missing");
    }
}
