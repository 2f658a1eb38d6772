//! The reference of JSON documents, made from their JSON Schema.

use std::io;

use serde_json::{Map, Value};

/// Returns a section for each kind of document, and one for each type in it. An error if a field has no meaning.
pub fn markdown(schema: &Value) -> io::Result<String> {
    let definitions = object(schema, "$defs");
    let (documents, types): (Vec<_>, Vec<_>) =
        definitions.iter().partition(|(name, _)| is_document(name));
    undocumented(definitions)?;
    let mut text = String::new();
    for (_, document) in documents {
        let title = text_of(document, "title");
        text.push_str(&format!("### {title}\n\n"));
        text.push_str(&about(document, definitions));
    }
    text.push_str("## Types\n\n");
    for (name, definition) in types {
        text.push_str(&format!("### {name}\n\n"));
        text.push_str(&about(definition, definitions));
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// Types begin with a capital letter.
fn is_document(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
}

/// Returns the description, followed by the fields or the values.
fn about(definition: &Value, definitions: &Map<String, Value>) -> String {
    let mut text = String::new();
    let description = text_of(definition, "description");
    if !description.is_empty() {
        text.push_str(&format!("{description}\n\n"));
    }
    if definition.get("properties").is_some() {
        text.push_str("| field | type | meaning |\n|---|---|---|\n");
        for (name, field) in object(definition, "properties") {
            // Every document has these.
            if name == "version" || name == "warnings" {
                continue;
            }
            let meaning = meaning(field, definitions);
            text.push_str(&format!("| `{name}` | {} | {meaning} |\n", kind(field)));
        }
        text.push('\n');
    }
    let values = values(definition);
    if !values.is_empty() && values.iter().all(|(_, meaning)| meaning.is_empty()) {
        let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
        text.push_str(&format!("{}.\n\n", names.join(", ")));
    } else if !values.is_empty() {
        text.push_str("| value | meaning |\n|---|---|\n");
        for (value, meaning) in values {
            text.push_str(&format!("| `{value}` | {meaning} |\n"));
        }
        text.push('\n');
    }
    text
}

/// Checks that every field has a meaning.
fn undocumented(definitions: &Map<String, Value>) -> io::Result<()> {
    let mut missing = Vec::new();
    for (name, definition) in definitions {
        for (field, schema) in object(definition, "properties") {
            if meaning(schema, definitions).is_empty() {
                missing.push(format!("{name}.{field}"));
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(io::Error::other(format!(
        "these fields have no documentation comment: {missing}"
    )))
}

/// Returns the values of an enumeration with their meaning.
fn values(definition: &Value) -> Vec<(&str, &str)> {
    let mut values = Vec::new();
    for part in list(definition, "oneOf").iter().chain([definition]) {
        let names = part.get("const").into_iter().chain(list(part, "enum"));
        let names = names.filter_map(Value::as_str);
        let meaning = if part.get("const").is_some() {
            text_of(part, "description")
        } else {
            ""
        };
        values.extend(names.map(|name| (name, meaning)));
    }
    // The page of error codes lists those.
    if values.len() > 60 {
        values.clear();
    }
    values
}

/// Returns the meaning of a field: its own, or that of its type.
fn meaning(field: &Value, definitions: &Map<String, Value>) -> String {
    let own = text_of(field, "description");
    let of_type = target(field).and_then(|name| definitions.get(name));
    let text = match of_type {
        Some(definition) if own.is_empty() => text_of(definition, "description"),
        _ => own,
    };
    text.replace('\n', " ")
}

/// Returns the type that a field refers to, also as a list or with null.
fn target(field: &Value) -> Option<&str> {
    let own = field.get("$ref").and_then(Value::as_str);
    let own = own.and_then(|path| path.strip_prefix("#/$defs/"));
    let inner = || {
        let mut parts = list(field, "anyOf").iter().chain(field.get("items"));
        parts.find_map(target)
    };
    own.or_else(inner)
}

/// Returns the type of a field in words.
fn kind(field: &Value) -> String {
    if let Some(name) = field.get("$ref").and_then(|_| target(field)) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let parts = list(field, "anyOf");
    if !parts.is_empty() {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let names: Vec<&str> = match field.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return "any value".to_owned(),
    };
    let word = |name: &str| match (name, text_of(field, "format")) {
        ("string", "date-time") => "time".to_owned(),
        ("string", "uuid") => "UUID".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => format!(
            "list of {}",
            kind(field.get("items").unwrap_or(&Value::Null))
        ),
        (other, _) => other.to_owned(),
    };
    names.into_iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn object<'a>(value: &'a Value, key: &str) -> &'a Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.get(key).and_then(Value::as_object).unwrap_or(&EMPTY)
}
