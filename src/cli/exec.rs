//! `aemkeys exec`: runs a program with the token and the hosts in its environment.

use super::block_on::block_on;
use super::globals::Globals;
use super::options::{Confirm, IdentityName, Validity};
use super::output;
use crate::app::exec;
use crate::app::guard::{Act, Subject};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use clap::Args;
use std::ffi::OsString;

/// Run a program with the token and the hosts in its environment
#[derive(Debug, Args)]
#[command(after_help = "\
Sets AEM_TOKEN, AEM_AUTHOR_URL, AEM_PUBLISH_URL and AEM_PREVIEW_URL.

Examples:
  aemkeys exec wknd-stage npm run integration-tests
  aemkeys exec wknd-prod --confirm wknd-prod --min-valid 2h -- ./export.sh")]
pub struct ExecArgs {
    #[command(flatten)]
    identity: IdentityName,
    #[command(flatten)]
    validity: Validity,
    #[command(flatten)]
    confirm: Confirm,
    /// The program and its arguments; options of aemkeys come before it, or it comes after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

const VARIABLES: [&str; 4] = [
    "AEM_TOKEN",
    "AEM_AUTHOR_URL",
    "AEM_PUBLISH_URL",
    "AEM_PREVIEW_URL",
];

pub fn run(globals: &Globals, args: ExecArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let id = args.identity.resolve(&context.read_index()?)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Problem::new(Code::Usage, "no program was given"));
    };
    let shown = clean(&program.to_string_lossy(), 100);
    // Confirm before the exchange.
    let confirmed = args.confirm.ask(
        &context,
        Subject::Identity(id),
        Act::Exec,
        &format!(
            "Run {shown} with the token of {}?",
            clean(&args.identity.name, 100)
        ),
    )?;
    let (min_valid, strict) = args.validity.required()?;
    let given = block_on(exec::prepare(&context, id, min_valid, strict, &confirmed))?;
    for warning in &given.warnings {
        output::warning(&warning.in_shell());
    }
    let token = given
        .token
        .as_ref()
        .map(|token| std::str::from_utf8(token.expose()))
        .transpose()
        .map_err(|_| Problem::new(Code::Internal, "the token is not valid UTF-8"))?;
    globals.warn_of_rollback();
    crate::app::run_program(program, arguments, &variables(token, &given.variables))
}

/// Returns each variable with its value. `None` unsets it, because an inherited value could be another environment's.
fn variables<'a>(
    token: Option<&'a str>,
    hosts: &'a [(&'static str, String)],
) -> [(&'static str, Option<&'a str>); 4] {
    VARIABLES.map(|name| {
        let host = hosts.iter().find(|(host, _)| *host == name);
        let value = host.map(|(_, url)| url.as_str());
        (name, if name == VARIABLES[0] { token } else { value })
    })
}
