//! `aemkeys import`: imports an exported file, after showing what would change.

use super::ask;
use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmEach, FilePassphrase, TrustFlags};
use super::output::{self, Cell, Paint};
use crate::app::guard::{Act, Subject};
use crate::app::import::{self, Decision, ImportEntry, ImportOptions, PreparedImport, Status};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::text::counted;
use aemkeys_core::environment::{Name, Unconfirmed};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Import an exported file; shows the changes first and never overwrites without asking
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys import wknd.aemkeys --dry-run
  aemkeys import wknd.aemkeys --rename wknd-stage=wknd-stage-2")]
pub struct ImportArgs {
    /// File written by `aemkeys export`
    file: PathBuf,
    /// Show the changes without making them
    #[arg(long)]
    dry_run: bool,
    /// Replace the stored environment with the one in the file; repeatable
    #[arg(long, value_name = "ENV")]
    replace: Vec<String>,
    /// Skip this environment; repeatable
    #[arg(long, value_name = "ENV")]
    skip: Vec<String>,
    /// Import under another name; repeatable
    #[arg(long, value_name = "ENV=NEW", value_parser = renaming)]
    rename: Vec<(String, Name)>,
    #[command(flatten)]
    trust: TrustFlags,
    /// Do not ask; not enough to replace a Production or untyped environment, or to trust a host
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    confirm: ConfirmEach,
    #[command(flatten)]
    passphrase: FilePassphrase,
}

/// What the import changes.
#[derive(Serialize, JsonSchema)]
pub struct ImportDocument {
    /// The environments in the file.
    environments: Vec<ImportEntry>,
    /// The number of keys that the file marks as leaked and that were not marked here.
    leaked_keys: usize,
    /// Stored identities whose credential the file marks as leaked.
    leaked_here: Vec<String>,
}

fn renaming(text: &str) -> Result<(String, Name), String> {
    let (old, new) = text
        .split_once('=')
        .ok_or_else(|| "write OLD=NEW".to_owned())?;
    let new = Name::parse(new).map_err(|problem| {
        let why = problem.cause.unwrap_or_default();
        format!("the new name cannot be used: {why}")
    })?;
    Ok((old.to_owned(), new))
}

pub fn run(globals: &Globals, args: ImportArgs) -> Result<u8, Problem> {
    let file = import::read(&args.file)?;
    let context = globals.open()?;
    let passphrase = globals.file_passphrase(&context, &args.passphrase, false)?;
    let mut choices = ImportOptions {
        replace: args.replace,
        skip: args.skip,
        rename: args.rename,
        trusted: args.trust.approvals()?,
        confirmed: Vec::new(),
    };
    let import = block_on(import::prepare(&context, file, passphrase, &choices))?;
    let index = context.read_index()?;
    show(&import)?;
    if args.dry_run {
        return Ok(0);
    }
    if let Some(problem) = import.open_questions() {
        return Err(problem);
    }
    if import.count() == 0 && import.newly_leaked() == 0 {
        output::note("Nothing to import.");
        return Ok(0);
    }
    confirm_hosts(&import, &mut choices)?;
    for id in import.replaced() {
        let Some(entry) = index.environment(id) else {
            continue;
        };
        choices.confirmed.push(args.confirm.ask(
            &context,
            Subject::Environment(id),
            Act::Import,
            &format!("Replace {} with the environment in the file?", entry.name),
        )?);
    }
    confirm(&import, args.yes)?;
    let count = block_on(import::carry_out(&context, import, &choices))?;
    output::note(&format!("Imported {count}."));
    Ok(0)
}

fn show(import: &PreparedImport) -> Result<(), Problem> {
    if output::mode().json {
        document::answer(ImportDocument {
            environments: import.lines.clone(),
            leaked_keys: import.newly_leaked(),
            leaked_here: import.leaked_here.clone(),
        });
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = import.lines.iter().map(row).collect();
    output::answer(output::table(&rows).as_bytes())?;
    if import.newly_leaked() > 0 {
        output::note(&format!(
            "The file also marks {} as leaked.",
            counted(import.newly_leaked(), "other key")
        ));
    }
    for name in &import.leaked_here {
        output::warning(&format!(
            "the file marks the credential of {name} as leaked; this can't be undone"
        ));
    }
    Ok(())
}

fn row(line: &ImportEntry) -> Vec<Cell> {
    let (word, paint) = match (line.status, line.decision) {
        (_, Decision::Replace) => ("replaces", Paint::Yellow),
        (Status::Same, _) => ("same", Paint::Dim),
        (_, Decision::Leave) => ("skipped", Paint::Dim),
        (Status::New, _) => ("new", Paint::Green),
        (_, Decision::Take) => ("takes", Paint::Green),
        (Status::Differs, _) => ("differs", Paint::Yellow),
        (Status::Conflict, _) => ("conflict", Paint::Red),
    };
    let name = line.renamed.as_ref().map_or_else(
        || line.name.clone(),
        |new| format!("{} as {new}", line.name),
    );
    vec![
        Cell::painted(word, paint),
        Cell::plain(name),
        Cell::plain(line.environment_type.short()),
        Cell::plain(counted(line.identities, "identity")),
        Cell::plain(line.notes.join("; ")),
    ]
}

/// Asks for each host to be typed, also with `--yes`, because the file can't vouch for its own hosts.
fn confirm_hosts(import: &PreparedImport, choices: &mut ImportOptions) -> Result<(), Problem> {
    if ask::unavailable().is_some() {
        // `carry_out` refuses it, and names the environment.
        return Ok(());
    }
    let unconfirmed: Vec<Unconfirmed> = import
        .unconfirmed(choices)
        .into_iter()
        .map(|(_, it)| it.clone())
        .collect();
    choices.trusted.extend(super::add::confirm(&unconfirmed)?);
    Ok(())
}

fn confirm(import: &PreparedImport, yes: bool) -> Result<(), Problem> {
    if yes {
        return Ok(());
    }
    if let Some(why) = ask::unavailable() {
        return Err(Act::Import
            .not_confirmed(why.to_string())
            .next_step("confirm with `--yes`; `--dry-run` only shows the changes"));
    }
    if ask::yes(&format!("Import {}?", import.count()))? {
        Ok(())
    } else {
        Err(Act::Import.not_confirmed("the answer was no"))
    }
}
