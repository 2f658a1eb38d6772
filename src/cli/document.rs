//! The JSON contract: with `--json`, a run prints one document, either the answer on standard output or the error on standard
//! error. `serve` prints one document per line, until it ends. All have `version` and `warnings`.
//!
//! [`Answer`] lists the types of all answers, so nothing can be printed that [`schema`] does not describe.

use std::sync::{Mutex, PoisonError};

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::output;
use super::{
    add, allow, call, config, copy, discover, doctor, edit, exchange, explain, export, guide,
    import, install, invalidate_token, lock, open, paste, remove, revisions, rotate, schedule,
    serve, storage, test, token, unlock, used_by, version, which,
};
use crate::app::check::document::CheckDocument;
use crate::app::environment_document::EnvironmentsDocument;
use crate::app::leaked::Checklist;
use aemkeys_core::credential::{Code, Guidance, Problem};

/// The version of all documents.
const VERSION: u32 = 1;

/// Defines [`Answer`] and the schemas of its variants. `"name", "title" => Variant(Type)`: the name of the definition in
/// the schema, and the commands that print it.
macro_rules! answers {
    ($($name:literal, $title:literal => $variant:ident($type:ty),)+) => {
        /// The answer of a command.
        #[derive(Serialize)]
        #[serde(untagged)]
        pub enum Answer {
            $($variant($type),)+
        }

        $(impl From<$type> for Answer {
            fn from(answer: $type) -> Self {
                Self::$variant(answer)
            }
        })+

        fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, &'static str, Schema)> {
            vec![
                $(($name, $title, <$type>::json_schema(generator)),)+
                ("token", "aemkeys token", token::TokenDocument::json_schema(generator)),
                ("error", "An error", ErrorAnswer::json_schema(generator)),
            ]
        }
    };
}

answers! {
    "add", "aemkeys add with one file" => Add(add::AddDocument),
    "add-files", "aemkeys add with several files" => AddFiles(add::AddFilesDocument),
    "list", "aemkeys list, aemkeys show" => Environments(EnvironmentsDocument),
    "check", "aemkeys check, aemkeys timeline" => Check(CheckDocument),
    "exchange", "aemkeys exchange" => Exchange(exchange::ExchangeDocument),
    "copy", "aemkeys copy" => Copy(copy::CopyDocument),
    "paste", "aemkeys paste" => Paste(paste::PasteDocument),
    "test", "aemkeys test" => Test(test::TestsDocument),
    "call", "aemkeys call" => Call(call::CallDocument),
    "which", "aemkeys which" => Which(which::WhichDocument),
    "allow", "aemkeys allow" => Allow(allow::AllowDocument),
    "edit", "aemkeys edit" => Edit(edit::EditDocument),
    "discover", "aemkeys discover" => Discover(discover::DiscoverDocument),
    "open", "aemkeys open" => Open(open::OpenDocument),
    "rotate", "aemkeys rotate" => Rotate(rotate::RotateDocument),
    "rotate-discard", "aemkeys rotate --discard" => Discard(rotate::DiscardDocument),
    "revisions", "aemkeys revisions" => Revisions(revisions::RevisionsDocument),
    "revisions-drop", "aemkeys revisions --drop" => Drop(revisions::DropDocument),
    "used-by", "aemkeys used-by" => UsedBy(used_by::UsedByDocument),
    "leaked", "aemkeys leaked" => Leaked(Checklist),
    "remove", "aemkeys remove" => Remove(remove::RemoveDocument),
    "invalidate-token", "aemkeys invalidate-token" => InvalidateToken(invalidate_token::InvalidateTokenDocument),
    "explain", "aemkeys explain" => Explain(explain::ExplainDocument),
    "guide", "aemkeys guide TOPIC" => Guide(guide::GuideDocument),
    "guides", "aemkeys guide" => Guides(guide::GuidesDocument),
    "schedule", "aemkeys schedule install, remove and status" => Schedule(schedule::ScheduleDocument),
    "serve", "aemkeys serve, at the start" => Serve(serve::ServeDocument),
    "serve-request", "aemkeys serve, after each request" => ServeRequest(serve::ServedRequestDocument),
    "storage", "aemkeys storage" => Storage(storage::StorageDocument),
    "storage-move", "aemkeys storage move" => StorageMove(storage::StorageMoveDocument),
    "config-path", "aemkeys config path" => ConfigPath(config::ConfigPathDocument),
    "config", "aemkeys config get, set and unset" => Config(config::ConfigDocument),
    "config-check", "aemkeys config check" => ConfigCheck(config::ConfigCheckDocument),
    "unlock", "aemkeys unlock" => Unlock(unlock::UnlockDocument),
    "lock", "aemkeys lock" => Lock(lock::LockDocument),
    "export", "aemkeys export" => Export(export::ExportDocument),
    "import", "aemkeys import" => Import(import::ImportDocument),
    "install", "aemkeys completions install and man install" => Install(install::InstallDocument),
    "doctor", "aemkeys doctor" => Doctor(doctor::DoctorDocument),
    "version", "aemkeys version" => Version(version::VersionDocument),
}

/// What went wrong. It is printed on standard error, and the process ends with the exit code of the error.
#[derive(Serialize, JsonSchema)]
struct ErrorAnswer {
    error: ErrorDocument,
}

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorDocument {
    code: Code,
    /// The name or the file that the error is about.
    item: Option<String>,
    /// What happened.
    message: String,
    /// Why it happened.
    cause: Option<String>,
    /// What to do next.
    next_step: Option<Guidance>,
    /// The request id of Adobe, which Adobe's support asks for.
    debug_id: Option<String>,
}

impl ErrorDocument {
    /// `item`: the name or file that the error is about.
    pub fn new(problem: &Problem, item: Option<&str>) -> Self {
        let problem = problem.clone();
        Self {
            code: problem.code,
            item: item.map(str::to_owned),
            message: problem.message,
            cause: problem.cause,
            next_step: problem.next_step,
            debug_id: problem.debug_id,
        }
    }
}

/// What the document will contain. Printed at the end, because a warning may follow the answer.
static DOCUMENT: Mutex<PrintedDocument> = Mutex::new(PrintedDocument {
    answer: None,
    warnings: Vec::new(),
});

struct PrintedDocument {
    answer: Option<Answer>,
    warnings: Vec<String>,
}

/// Sets the answer.
pub fn answer(answer: impl Into<Answer>) {
    let answer = answer.into();
    with(|document| document.answer = Some(answer));
}

/// Sets an answer that says only which item was changed, or prints the text without `--json`.
pub fn done(text: &str, value: impl Into<Answer>) -> Result<u8, Problem> {
    if output::mode().json {
        answer(value);
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
    output::answer_line(&format!("{:#}", value(&answer)?))
}

/// Prints a document on one line, for a command that goes on.
pub fn line(answer: impl Into<Answer>) -> Result<(), Problem> {
    output::answer_line(&value(&answer.into())?.to_string())
}

fn value(answer: &Answer) -> Result<Value, Problem> {
    complete(answer).map_err(|_| Problem::new(Code::Internal, "could not write the output as JSON"))
}

/// Returns the document of an error. `item`: the name or file that it is about.
pub fn of_error(problem: &Problem, item: Option<&str>) -> String {
    let error = ErrorDocument::new(problem, item);
    complete(&ErrorAnswer { error })
        .unwrap_or_default()
        .to_string()
}

fn complete(answer: &impl Serialize) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(answer)?;
    value["version"] = json!(VERSION);
    value["warnings"] = json!(take_warnings());
    Ok(value)
}

fn with<T>(change: impl FnOnce(&mut PrintedDocument) -> T) -> T {
    change(&mut DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Returns the JSON Schema of all documents. `$defs` has one definition for each kind of document, in lower case, and one for
/// each type within them. No object has other fields.
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.contract = Contract::Serialize;
    let mut generator = settings.into_generator();
    let mut answers = Map::new();
    for (name, title, schema) in schemas(&mut generator) {
        let mut schema = schema.to_value();
        schema["title"] = json!(title);
        schema["properties"]["version"] = json!({
            "description": "The version of this contract.",
            "const": VERSION,
        });
        schema["properties"]["warnings"] = json!({
            "description": "Warnings, as sentences.",
            "type": "array",
            "items": {"type": "string"},
        });
        if let Some(required) = schema["required"].as_array_mut() {
            required.extend([json!("version"), json!("warnings")]);
        }
        answers.insert(name.to_owned(), schema);
    }
    let any: Vec<Value> = answers
        .keys()
        .map(|name| json!({"$ref": format!("#/$defs/{name}")}))
        .collect();
    answers.extend(generator.take_definitions(true));
    for definition in answers.values_mut() {
        if definition.get("properties").is_some() {
            definition["additionalProperties"] = json!(false);
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aemkeys",
        "description": "The documents that aemkeys prints with --json.",
        "anyOf": any,
        "$defs": answers,
    })
}
