//! `aemkeys credential`: exports the credential to a pipe or a new file, never to a terminal.

use super::block_on::block_on;
use super::globals::Globals;
use super::options::{Confirm, IdentityName};
use super::output;
use crate::app::guard::{Act, Subject};
use crate::app::{export_credential, resolve};
use aemkeys_core::credential::{Code, Problem};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Export the credential for a server, to a pipe or a new file, never to a terminal
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CredentialArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Format of the credential
    #[arg(long, value_enum, default_value_t)]
    format: CredentialFormat,
    /// Write to a new file that only you can read, instead of a pipe; never overwrites a file
    #[arg(long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum CredentialFormat {
    /// The JSON format of Adobe's console and client libraries
    #[default]
    AdobeJson,
}

/// Lines end in a backslash before the help would break them: the part of a command that is copied up to a line break
/// must never run as a command of its own.
const EXAMPLES: &str = "\
Examples:
  aemkeys credential wknd-stage --output service_token.json

With the secret on no command line and in no file:
  aemkeys credential NAME | kubectl create secret generic aem \\
    --from-file=service_token.json=/dev/stdin
  aemkeys credential NAME | vault kv put -mount=secret aem service_token=-
To replace an existing secret:
  aemkeys credential NAME | kubectl create secret generic aem \\
    --from-file=service_token.json=/dev/stdin --dry-run=client -o yaml \\
    | kubectl apply -f -";

pub fn run(globals: &Globals, args: CredentialArgs) -> Result<u8, Problem> {
    // `-` is standard output, as everywhere.
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    if file.is_none() {
        refuse_unsafe_output()?;
    }
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = args.identity.resolve(&index)?;
    let question = format!("Export the credential of {}?", resolve::name_of(&index, id));
    let confirmed =
        args.confirm
            .ask(&context, Subject::Identity(id), Act::Credential, &question)?;
    let CredentialFormat::AdobeJson = args.format;
    let credential = block_on(export_credential::adobe_json(&context, id, &confirmed))?;
    if let Some(file) = file {
        export_credential::write_new(file, &credential)?;
        export_credential::record(&context, id, "to a file");
        if output::Stream::Err.is_terminal() {
            output::note(
                "Written to a file that only you can read. Delete it once the server has it.",
            );
        }
    } else {
        output::answer(credential.expose())?;
        export_credential::record(&context, id, "to a pipe");
    }
    Ok(0)
}

/// Refuses a terminal, which keeps its output, and a file created by the shell, which others may be able to read.
fn refuse_unsafe_output() -> Result<(), Problem> {
    let refused = |why: &str| {
        Problem::new(Code::OutputRefused, "refused to write the credential to standard output")
            .cause(why)
            .next_step("pipe it to a program, or write it to a new file with `--output FILE`; `aemkeys credential --help` shows examples")
    };
    if output::Stream::Out.is_terminal() {
        return Err(refused(
            "standard output is a terminal, which keeps its output in the scrollback",
        ));
    }
    if output::goes_to_a_file() {
        return Err(refused(
            "standard output is a file created by the shell, which others may be able to read",
        ));
    }
    Ok(())
}
