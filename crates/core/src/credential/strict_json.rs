//! A strict JSON parser for secrets: it rejects duplicate keys and deep nesting, and overwrites strings on drop.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::text::clean;
use super::{Code, Problem};
use crate::environment::HostName;

/// Adobe's files are four levels deep.
const MAX_DEPTH: usize = 32;

/// A JSON document that may hold secrets.
pub struct StrictJson(Value);

impl StrictJson {
    /// Parses the text. An error gives the position, never the content.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Level(0)
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value));
        value.map(Self).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            // Only the two messages from this file are passed on: serde's could quote the input.
            let own = error.to_string();
            let (code, why) = if own.starts_with(DUPLICATE) {
                (Code::JsonDuplicateKey, DUPLICATE)
            } else if own.starts_with(TOO_DEEP) {
                (Code::JsonTooDeep, TOO_DEEP)
            } else if error.is_eof() {
                (
                    Code::JsonIncomplete,
                    "it ends too early: part of the file is missing",
                )
            } else {
                (Code::JsonInvalid, "it is not valid JSON at this position")
            };
            Problem::new(code, format!("this JSON cannot be read ({at})"))
                .cause(why)
                .next_step("download the file again and do not edit it")
        })
    }

    /// Returns a document of a value that was put together from other texts.
    pub(super) fn of(value: Value) -> Self {
        Self(value)
    }

    pub fn root(&self) -> Field<'_> {
        Field {
            value: &self.0,
            path: String::new(),
        }
    }

    /// Returns the value. Containers are documents while they are parsed, so that an error overwrites a partial one too.
    fn into_value(mut self) -> Value {
        std::mem::take(&mut self.0)
    }
}

impl Drop for StrictJson {
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

/// A value and its path for error messages: `integration.technicalAccount.clientSecret`.
///
/// Only names that are part of the program get into a path: those of a file could be anything, even a key.
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

    /// Returns a non-negative count of milliseconds (or seconds), written as a number or, by IMS, as a string.
    pub fn as_millis(&self) -> Option<i64> {
        match self.value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
        .filter(|count| *count >= 0)
    }

    /// True if `found` accepts any string value, at any depth.
    pub(super) fn any_text(&self, found: &dyn Fn(&str) -> bool) -> bool {
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

    /// Returns a number or a string as text; empty for anything else.
    pub(super) fn scalar_text(&self) -> String {
        match self.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// Returns the member, if it is present and not null.
    pub fn get(&self, name: &'static str) -> Option<Field<'a>> {
        let value = self.value.as_object()?.get(name)?;
        (!value.is_null()).then(|| Field {
            value,
            path: self.path_of(name),
        })
    }

    fn path_of(&self, name: &'static str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub fn has(&self, name: &'static str) -> bool {
        self.get(name).is_some()
    }

    pub fn require(&self, name: &'static str) -> Result<Field<'a>, Problem> {
        self.get(name).ok_or_else(|| {
            let path = self.path_of(name);
            Problem::new(Code::FieldMissing, format!("{path} is missing"))
                .cause("the credential cannot be used without it")
                .next_step("download the file again and use it unchanged")
        })
    }

    /// Returns the members of an object or a list, without those of an object that are null. Members of an object have the
    /// path of the object.
    pub(super) fn members(&self) -> Vec<Field<'a>> {
        match self.value {
            Value::Object(members) => members
                .values()
                .filter(|value| !value.is_null())
                .map(|value| Field {
                    value,
                    path: self.path.clone(),
                })
                .collect(),
            Value::Array(_) => self.items().unwrap_or_default(),
            _ => Vec::new(),
        }
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

    /// Returns the string unchanged: for keys and certificates, which contain line ends.
    pub fn raw_text(&self) -> Result<&'a str, Problem> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.bad("it is not a string"))?;
        if text.trim().is_empty() {
            return Err(self.bad("it is empty"));
        }
        Ok(text)
    }

    /// Returns a trimmed string of at most `max_chars` characters, without line ends or control characters.
    ///
    /// These values go into headers, forms and claims, where a line end would let the file inject a second header.
    pub fn text(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.raw_text()?.trim();
        if text.chars().count() > max_chars {
            return Err(self.bad("it is much longer than the values that Adobe uses"));
        }
        if clean(text, max_chars) != text {
            return Err(self.bad("it contains line ends or invisible characters"));
        }
        Ok(text)
    }

    /// Like [`Field::text`], but printable ASCII without spaces: for ids, secrets and hosts.
    pub fn word(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.text(max_chars)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.bad("it contains spaces or characters that Adobe does not use here"));
        }
        Ok(text)
    }

    /// Returns at most `max` words of a list, or of a text in which commas or spaces separate them. There may be none.
    pub(super) fn words(&self, max: usize) -> Result<Vec<&'a str>, Problem> {
        let words: Vec<&str> = match self.items() {
            Ok(items) => items
                .iter()
                .map(|item| item.word(200))
                .collect::<Result<_, _>>()?,
            Err(_) => self
                .text(4000)?
                .split([',', ' '])
                .filter(|word| !word.is_empty())
                .collect(),
        };
        if words.len() > max {
            return Err(self.bad("it contains too many entries"));
        }
        Ok(words)
    }

    /// Returns a part of this field as a host in lower case.
    pub(super) fn host(&self, text: &str) -> Result<String, Problem> {
        match HostName::parse(text) {
            Ok(host) => Ok(host.into()),
            Err(problem) => Err(self.bad(problem.cause.as_deref().unwrap_or_default())),
        }
    }

    /// Like [`Field::word`], but only characters that need no escaping in a URL, a form or a header: for client ids.
    pub(super) fn identifier(&self, max_chars: usize) -> Result<&'a str, Problem> {
        let text = self.word(max_chars)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        if text.contains("..") {
            return Err(self.bad("it contains `..`, which is no part of a client id"));
        }
        if !text.bytes().all(is_plain) {
            return Err(self.bad("it contains characters other than letters, digits and -_.@"));
        }
        Ok(text)
    }

    /// Prefixes the problem's message with the path of this field.
    pub fn prefix(&self, mut problem: Problem) -> Problem {
        problem.message = format!("{}: {}", self.path, problem.message);
        problem
    }

    /// Creates an error about this field. `why` must be a fixed text, never a value.
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

const DUPLICATE: &str = "a key occurs twice in the same object";
const TOO_DEEP: &str = "it is nested too deeply";

/// Deserializes a [`Value`] at this nesting depth.
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
        let mut items = StrictJson(Value::Array(Vec::new()));
        while let Some(item) = access.next_element_seed(Level(level))? {
            if let Value::Array(items) = &mut items.0 {
                items.push(item);
            }
        }
        Ok(items.into_value())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let level = deeper::<A::Error>(self.0)?;
        let mut object = StrictJson(Value::Object(Map::new()));
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
        StrictJson::parse(text).err().map(|problem| problem.code)
    }

    #[test]
    fn duplicates_deep_nesting_and_trailing_text_are_rejected() {
        assert_eq!(code(r#"{"a":1,"b":[true,null,1.5]}"#), None);
        assert_eq!(code(r#"{"a":1,"a":2}"#), Some(Code::JsonDuplicateKey));
        assert_eq!(code(&"[".repeat(40)), Some(Code::JsonTooDeep));
        assert_eq!(code(r#"{"a":"#), Some(Code::JsonIncomplete));
        assert_eq!(code(r#"{"a":1} x"#), Some(Code::JsonInvalid));
    }

    #[test]
    fn strings_are_wiped_at_every_depth() {
        let mut value = serde_json::json!({"a": ["planted", {"b": "planted"}], "c": "planted"});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["", {"b": ""}], "c": ""}));
    }

    #[test]
    fn any_text_searches_values_at_every_depth() {
        let document = StrictJson::parse(r#"{"a":true,"b":["x",{"c":["y"]}],"n":1.5}"#)
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
        let problem = StrictJson::parse(r#"{"secret": planted}"#).err().unwrap();
        assert!(!format!("{problem:?}").contains("planted"));
    }

    #[test]
    fn errors_name_the_path_of_the_field() {
        let document = StrictJson::parse(r#"{"a":{"b":"x\ny"}}"#).ok().unwrap();
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
