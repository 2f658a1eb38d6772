//! The JSON contract: with `--json`, a run prints one document, either the answer on standard output or the error on standard
//! error. Both have `version` and `warnings`.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::output;
use aemkeys_core::credential::{Code, Problem};

/// The version of all documents.
const VERSION: u32 = 1;

/// What the document will contain. Printed at the end, because a warning may follow the answer.
static DOCUMENT: Mutex<Document> = Mutex::new(Document {
    answer: None,
    warnings: Vec::new(),
});

struct Document {
    answer: Option<Value>,
    warnings: Vec<String>,
}

/// Sets the answer, which must serialize as an object.
pub fn answer(value: &impl Serialize) -> Result<(), Problem> {
    let value = serde_json::to_value(value)
        .map_err(|_| Problem::new(Code::Internal, "could not write the output as JSON"))?;
    with(|document| document.answer = Some(value));
    Ok(())
}

/// Sets an answer that says only which item was changed, or prints the text without `--json`.
pub fn done(text: &str, value: &Value) -> Result<u8, Problem> {
    if output::mode().json {
        answer(value)?;
    } else {
        output::answer_line(text)?;
    }
    Ok(0)
}

pub fn warn(text: &str) {
    with(|document| document.warnings.push(text.to_owned()));
}

/// Returns the warnings, for an answer that does not pass through here because it contains a secret.
pub fn take_warnings() -> Vec<String> {
    with(|document| std::mem::take(&mut document.warnings))
}

/// Prints the answer, if there is one.
pub fn finish() -> Result<(), Problem> {
    let Some(answer) = with(|document| document.answer.take()) else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(&complete(answer))
        .map_err(|_| Problem::new(Code::Internal, "could not write the output as JSON"))?;
    output::answer_line(&text)
}

/// Returns the document of an error. `item`: the name or file that it is about.
pub fn of_error(problem: &Problem, item: Option<&str>) -> String {
    complete(json!({"error": error(problem, item)})).to_string()
}

/// Returns an error for a list of results.
pub fn error(problem: &Problem, item: Option<&str>) -> Value {
    json!({
        "code": problem.code,
        "item": item,
        "message": problem.message,
        "cause": problem.cause,
        "next_step": problem.next_step,
        "debug_id": problem.debug_id,
    })
}

fn complete(mut value: Value) -> Value {
    value["version"] = json!(VERSION);
    value["warnings"] = json!(take_warnings());
    value
}

fn with<T>(change: impl FnOnce(&mut Document) -> T) -> T {
    change(&mut DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner))
}
