//! The published JSON Schema, against which every JSON document of a test is validated.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/src/reference/aemkeys.schema.json"
    );
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
});

/// The kinds of documents with their validators.
static KINDS: LazyLock<Vec<(String, Validator)>> = LazyLock::new(|| {
    let definitions = SCHEMA["$defs"].as_object().unwrap();
    let names = definitions.keys().filter(|name| is_kind(name));
    names
        .map(|name| {
            let schema = json!({
                "$schema": SCHEMA["$schema"],
                "$ref": format!("#/$defs/{name}"),
                "$defs": SCHEMA["$defs"],
            });
            (name.clone(), jsonschema::validator_for(&schema).unwrap())
        })
        .collect()
});

/// The names of types begin with a capital letter.
fn is_kind(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
}

/// Returns the kinds of documents in the schema.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| name.as_str())
}

/// Returns the kind of a document. An undocumented, missing or wrong field is an error.
#[track_caller]
pub fn kind_of(document: &Value) -> &'static str {
    let mut found = KINDS.iter().filter(|(_, it)| it.is_valid(document));
    let Some((kind, _)) = found.next() else {
        // What the kind with the fewest errors says.
        let errors = KINDS.iter().map(|(name, validator)| {
            let errors = validator.iter_errors(document);
            let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
            (errors.len(), format!("{name}: {}", errors.join("; ")))
        });
        let (_, closest) = errors.min().unwrap();
        panic!("not in the JSON Schema ({closest}): {document:#}");
    };
    kind
}
