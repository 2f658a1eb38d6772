//! `aemkeys env`: prints the token and the hosts as variables.

use std::io::Write;
use std::path::Path;

use super::block_on::block_on;
use super::globals::Globals;
use super::options::{IdentityName, Validity, choice};
use super::output;
use crate::app::exchange;
use crate::app::variables::{VariableSyntax, assignments};
use aemkeys_core::credential::{Code, Problem, Secret};
use clap::Args;

/// Print the token and the hosts as variables for a shell, a file or GitHub Actions
#[derive(Debug, Args)]
#[command(after_help = "\
Prints AEM_TOKEN, AEM_AUTHOR_URL, AEM_PUBLISH_URL and AEM_PREVIEW_URL, and removes the variable of a host that the environment does not have (in a file, it is empty). With `--shell github`, masks the token in the log and writes the variables to the file that $GITHUB_ENV names.

Examples:
  eval \"$(aemkeys env wknd-stage)\"
  aemkeys env wknd-stage --shell fish | source
  aemkeys env wknd-stage --shell github")]
pub struct EnvArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Syntax of the variables
    #[arg(long, default_value = "posix", value_parser = choice(VariableSyntax::NAMES, VariableSyntax::parse))]
    shell: VariableSyntax,
    #[command(flatten)]
    validity: Validity,
}

pub fn run(globals: &Globals, args: EnvArgs) -> Result<u8, Problem> {
    let github = if args.shell == VariableSyntax::Github {
        Some(std::env::var_os("GITHUB_ENV").ok_or_else(|| {
            Problem::new(Code::Usage, "GITHUB_ENV is not set").next_step(
                "run this in a step of GitHub Actions, or choose another syntax with `--shell`",
            )
        })?)
    } else {
        None
    };
    let context = globals.open()?;
    let id = args.identity.resolve(context.read_index()?.as_ref())?;
    let (min_valid, strict) = args.validity.required()?;
    let fresh = block_on(exchange::ensure(&context, id, min_valid, strict))?;
    for note in fresh.notes() {
        output::warning(&note.in_shell());
    }
    let hosts = fresh.context.destinations.hosts();
    let lines = assignments(&fresh.secret, hosts, args.shell);
    let Some(file) = github else {
        output::answer(lines.expose())?;
        output::answer(b"\n")?;
        return Ok(0);
    };
    // Masked before anything could print it.
    output::answer(b"::add-mask::")?;
    output::answer(fresh.secret.expose())?;
    output::answer(b"\n")?;
    append(Path::new(&file), &lines)?;
    Ok(0)
}

/// Appends to the file of GitHub Actions, which exists.
fn append(file: &Path, lines: &Secret) -> Result<(), Problem> {
    std::fs::OpenOptions::new()
        .append(true)
        .open(file)
        .and_then(|mut file| {
            file.write_all(lines.expose())?;
            file.write_all(b"\n")
        })
        .map_err(|error| {
            Problem::new(
                Code::OutputNotWritten,
                "could not write to the file that GITHUB_ENV names",
            )
            .cause(error.to_string())
            .next_step("run this in a step of GitHub Actions")
        })
}
