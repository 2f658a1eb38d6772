//! `aemkeys add`: recognises a file, describes it and stores it.

use super::ask;
use super::block_on::block_on;
use super::document;
use super::globals::{Globals, absolute};
use super::guard;
use super::options::{Confirm, HostFlags, TrustFlags, environment_type};
use super::output;
use crate::app::add::{self, AddOptions, Added, Preview, Relation};
use crate::app::guard::{Act, Subject};
use crate::app::{AppContext, read_credential};
use aemkeys_core::credential::{Code, Imported, Problem, detect};
use aemkeys_core::environment::{Approval, EnvironmentType, Name, Unconfirmed, allow_list};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Add service credentials, an OAuth credential, a development token or a local SDK
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys add service_token.json --type stage
  aemkeys add oauth.json --env p123-e1250 --name wknd-stage
  aemkeys add --type local --name sdk
  aemkeys add - --name wknd-stage --type stage < service_token.json")]
pub struct AddArgs {
    /// Files from the AEM or Adobe Developer Console; `-` reads standard input; none with `--type local`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of the environment; by default its ids, `p123-e1250`
    #[arg(long, value_name = "NEW")]
    name: Option<String>,
    /// Type of the environment; `untyped` is treated as Production
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type(), ignore_case = true)]
    environment_type: Option<EnvironmentType>,
    /// Label of this identity, if the environment has several
    #[arg(long, value_name = "NEW")]
    label: Option<String>,
    /// Customer, used for grouping; by default the IMS organisation
    #[arg(long)]
    customer: Option<String>,
    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    trust: TrustFlags,
    /// Do not ask: accept the suggested label, leave the environment untyped without `--type`, and store a local development
    /// token for a Production or untyped environment
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    confirm: Confirm,
}

/// What was added.
#[derive(Serialize, JsonSchema)]
pub struct AddDocument {
    /// `stored`, `already-stored`, `updated` or `restored`.
    status: &'static str,
    /// The name that commands accept.
    name: String,
}

/// The results of several files, in the order in which they were given.
#[derive(Serialize, JsonSchema)]
pub struct AddFilesDocument {
    files: Vec<AddedFile>,
}

/// The result of one of several files.
#[derive(Serialize, JsonSchema)]
struct AddedFile {
    /// The path, as it was given.
    file: String,
    /// As for a single file; null after an error.
    status: Option<&'static str>,
    /// The name that commands accept; null after an error.
    name: Option<String>,
    error: Option<document::ErrorDocument>,
}

pub fn run(globals: &Globals, args: AddArgs) -> Result<u8, Problem> {
    if args.files.len() > 1 && (args.name.is_some() || args.label.is_some()) {
        return Err(
            Problem::new(Code::Usage, "`--name` and `--label` apply to a single file")
                .next_step("add the files one at a time"),
        );
    }
    if args.files.is_empty() {
        if args.environment_type != Some(EnvironmentType::Local) {
            return Err(Problem::new(Code::Usage, "no file was given")
                .next_step("run `aemkeys add FILE`, `aemkeys add -` for standard input, or `aemkeys add --type local` for a local SDK"));
        }
        let choices = choices(&args)?;
        let context = globals.open()?;
        return report(&block_on(add::store_local(&context, choices))?);
    }
    let context = globals.open()?;
    let [file] = args.files.as_slice() else {
        return add_files(&context, &args);
    };
    add_file(&context, &args, file).and_then(|added| report(&added))
}

/// Adds several files. A file that can't be added doesn't stop the others.
fn add_files(context: &AppContext, args: &AddArgs) -> Result<u8, Problem> {
    let mut code = 0;
    let mut results = Vec::new();
    for file in &args.files {
        let path = shown(file);
        let problem = match add_file(context, args, file) {
            Ok(added) if output::mode().json => {
                let added = AddDocument::new(&added);
                results.push(AddedFile {
                    file: path,
                    status: Some(added.status),
                    name: Some(added.name),
                    error: None,
                });
                continue;
            }
            Ok(added) => {
                report(&added)?;
                continue;
            }
            Err(problem) => problem,
        };
        code = problem.code.exit().number();
        if output::mode().json {
            results.push(AddedFile {
                error: Some(document::ErrorDocument::new(&problem, Some(&path))),
                file: path,
                status: None,
                name: None,
            });
        } else {
            let message = format!("{path}: {}", problem.message);
            output::problem(&Problem { message, ..problem }, None);
        }
    }
    if output::mode().json {
        document::answer(AddFilesDocument { files: results });
    }
    Ok(code)
}

fn add_file(
    context: &AppContext,
    args: &AddArgs,
    file: &std::path::Path,
) -> Result<Added, Problem> {
    let input = if file.as_os_str() == "-" && ask::can_paste() {
        ask::credential("Paste the credential or token (it is not shown) and press Enter: ")?
    } else {
        read_credential(file)?
    };
    let mut imported = detect(input.expose())?;
    drop(input);
    let mut choices = choices(args)?;
    if file.as_os_str() != "-" {
        choices.imported_from = absolute(file);
    }
    let preview = add::preview(context, &imported, &choices)?;
    describe(&preview);
    choices.trusted.extend(confirm(&preview.unconfirmed)?);
    if let (Relation::NewIdentity { environment, .. }, Imported::DevelopmentToken(token)) =
        (&preview.relation, &imported)
    {
        guard::confirm_owner(context, *environment, token, args.yes)?;
    }
    if preview.relation == Relation::NewEnvironment
        && choices.environment_type.is_none()
        && !args.yes
        && ask::unavailable().is_none()
    {
        let name = choices
            .name
            .as_ref()
            .map_or(preview.suggested_name.as_str(), Name::as_str);
        choices.environment_type = Some(ask_for_type(name)?);
    }
    if matches!(preview.relation, Relation::NewIdentity { .. })
        && choices.label.is_none()
        && !choices.accept_suggestions
        && ask::unavailable().is_none()
    {
        let answer = ask::line(&format!(
            "This is a new account of a stored environment. Label [{}]: ",
            preview.suggested_label
        ))?;
        if answer.trim().is_empty() {
            choices.accept_suggestions = true;
        } else {
            choices.label = Some(Name::parse(answer.trim())?);
        }
    }
    if let Some(changes) = block_on(add::changes(context, &mut imported, &choices))? {
        output::note("Already stored, with other content:");
        for change in &changes.lines {
            output::note(&format!("  {change}"));
        }
        if changes.needs_confirmation {
            let subject = Subject::Identity(changes.identity);
            let question = "Replace the stored content?";
            choices.confirmed = Some(args.confirm.ask(context, subject, Act::Edit, question)?);
        }
    }
    block_on(add::store(context, imported, choices))
}

/// Asks for the type of a new environment. The default is what its name says.
fn ask_for_type(name: &str) -> Result<EnvironmentType, Problem> {
    let guess = EnvironmentType::guess(name).unwrap_or_default();
    let names = EnvironmentType::ALL.map(EnvironmentType::as_str).join(", ");
    let question = format!(
        "Type of {name} ({names}; untyped is treated as Production) [{}]: ",
        guess.as_str()
    );
    loop {
        let answer = ask::line(&question)?;
        match answer.trim() {
            "" => return Ok(guess),
            typed => {
                if let Some(known) = EnvironmentType::parse(&typed.to_lowercase()) {
                    return Ok(known);
                }
            }
        }
    }
}

fn choices(args: &AddArgs) -> Result<AddOptions, Problem> {
    Ok(AddOptions {
        name: args.name.as_deref().map(Name::parse).transpose()?,
        label: args.label.as_deref().map(Name::parse).transpose()?,
        environment_type: args.environment_type,
        customer: args
            .customer
            .as_deref()
            .map(|text| aemkeys_core::credential::text::clean(text.trim(), 80))
            .filter(|customer| !customer.is_empty()),
        ids: args.hosts.ids()?,
        hosts: args.hosts.hosts()?,
        trusted: args.trust.approvals()?,
        accept_suggestions: args.yes,
        confirmed: None,
        imported_from: None,
    })
}

/// Asks for each host and purpose to be typed. Without a terminal, returns an error for the first one.
pub fn confirm(unconfirmed: &[Unconfirmed]) -> Result<Vec<Approval>, Problem> {
    if ask::unavailable().is_some() {
        return allow_list::refuse_first(unconfirmed).map(|()| Vec::new());
    }
    let mut approvals = Vec::new();
    for it in unconfirmed {
        if !it.is_confirmed_by(&approvals) {
            ask::typed_host(&it.warning(), it.host.as_str())?;
            approvals.push(Approval::new(it.host.clone(), it.purpose));
        }
    }
    Ok(approvals)
}

fn describe(preview: &Preview) {
    output::note(&format!("Recognised: {}", preview.what()));
    for check in &preview.checks {
        let (glyph, colour) = output::verdict(check.verdict);
        output::note(&format!(
            "  {} {}",
            output::paint(colour, glyph, output::Stream::Err),
            check.text
        ));
    }
}

impl AddDocument {
    fn new(added: &Added) -> Self {
        let (status, name, _) = parts(added);
        Self {
            status,
            name: name.to_owned(),
        }
    }
}

/// Returns the status, the name, and what else to say: `true` with what went wrong.
fn parts(added: &Added) -> (&'static str, &str, Vec<(bool, String)>) {
    match added {
        Added::Stored {
            full_name,
            warnings,
            ..
        } => {
            let warnings = warnings.iter().map(|text| (true, text.clone()));
            ("stored", full_name, warnings.collect())
        }
        Added::AlreadyStored { full_name, .. } => ("already-stored", full_name, Vec::new()),
        Added::Updated {
            full_name, notes, ..
        } => {
            let notes = notes.iter().map(|note| (false, note.in_shell()));
            ("updated", full_name, notes.collect())
        }
        Added::Restored {
            full_name, notes, ..
        } => {
            let notes = notes.iter().map(|note| (true, note.in_shell()));
            ("restored", full_name, notes.collect())
        }
    }
}

fn report(added: &Added) -> Result<u8, Problem> {
    let (status, name, said) = parts(added);
    for (is_warning, text) in said {
        if is_warning {
            output::warning(&text);
        } else {
            output::note(&text);
        }
    }
    let words = match status {
        "updated" => format!("updated {name}"),
        other => format!("{} as {name}", other.replace('-', " ")),
    };
    document::done(&words, AddDocument::new(added))
}

fn shown(path: &std::path::Path) -> String {
    aemkeys_core::credential::text::clean(&path.display().to_string(), 200)
}
