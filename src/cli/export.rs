//! `aemkeys export`: writes environments with all their credentials to an encrypted file.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmEach, FilePassphrase};
use super::output;
use crate::app::export;
use crate::app::guard::{Act, Subject};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem, shell};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Export environments and their credentials to an encrypted file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys export wknd-stage --output wknd.aemkeys
  aemkeys export --all --confirm wknd-prod --output all.aemkeys")]
pub struct ExportArgs {
    /// Environments
    #[arg(
        required_unless_present = "all",
        conflicts_with = "all",
        value_name = "ENV"
    )]
    names: Vec<String>,
    /// Export all environments
    #[arg(long)]
    all: bool,
    /// Path of a new file that only you can read; never overwrites a file
    #[arg(long = "output", value_name = "FILE")]
    file: PathBuf,
    /// Include access tokens; otherwise they are exchanged again after the import
    #[arg(long)]
    with_tokens: bool,
    #[command(flatten)]
    confirm: ConfirmEach,
    #[command(flatten)]
    passphrase: FilePassphrase,
}

/// What was exported.
#[derive(Serialize, JsonSchema)]
pub struct ExportDocument {
    /// The path of the new file.
    file: String,
    /// The number of environments.
    environments: usize,
    /// The number of credentials.
    credentials: usize,
    /// The number of tokens.
    tokens: usize,
    /// Secrets that the storage did not have.
    missing: Vec<String>,
    /// Identities whose credential is marked as leaked and was left out.
    leaked: Vec<String>,
}

pub fn run(globals: &Globals, args: ExportArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let environments = if args.all {
        index.environments.iter().map(|entry| entry.id).collect()
    } else {
        export::chosen(&index, &args.names)?
    };
    if environments.is_empty() {
        return Err(Problem::new(Code::Usage, "nothing to export")
            .next_step("`aemkeys add FILE` adds the first credential"));
    }
    let mut confirmed = Vec::new();
    for id in &environments {
        let name = index
            .environment(*id)
            .map_or_else(String::new, |entry| entry.name.to_string());
        confirmed.push(args.confirm.ask(
            &context,
            Subject::Environment(*id),
            Act::Export,
            &format!("Export {name} with its credentials?"),
        )?);
    }
    let passphrase = globals.file_passphrase(&context, &args.passphrase, true)?;
    let done = block_on(export::export(
        &context,
        environments,
        &confirmed,
        args.with_tokens,
        &args.file,
        passphrase,
    ))?;
    let tokens = if args.with_tokens {
        format!(", {}", counted(done.tokens, "token"))
    } else {
        String::new()
    };
    let words = format!(
        "exported {}, {}{tokens}",
        counted(done.environments, "environment"),
        counted(done.credentials, "credential")
    );
    document::done(
        &words,
        ExportDocument {
            file: args.file.display().to_string(),
            environments: done.environments,
            credentials: done.credentials,
            tokens: done.tokens,
            missing: done.missing.clone(),
            leaked: done.leaked.clone(),
        },
    )?;
    for missing in &done.missing {
        output::warning(&format!(
            "not exported because the storage does not contain it: {missing}"
        ));
    }
    for name in &done.leaked {
        output::warning(&format!(
            "not exported because it is marked as leaked: the credential of {name}; `aemkeys leaked {quoted}` shows what to do",
            quoted = shell::quoted(name)
        ));
    }
    output::note(
        "Anyone with the file and its passphrase can read the credentials. Without the passphrase it can't be opened.",
    );
    Ok(u8::from(
        !done.missing.is_empty() || !done.leaked.is_empty(),
    ))
}
