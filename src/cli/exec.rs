//! `aemkeys exec`: runs a program with the token and the hosts in its environment.

use super::arguments::Exec;
use super::globals::{Globals, block_on};
use super::{guard, output};
use crate::app::guard::{Act, Subject};
use crate::app::{exchange, exec, resolve};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

const VARIABLES: [&str; 4] = [
    "AEM_TOKEN",
    "AEM_AUTHOR_URL",
    "AEM_PUBLISH_URL",
    "AEM_PREVIEW_URL",
];

pub fn run(globals: &Globals, args: &Exec) -> Result<u8, Problem> {
    let context = globals.open()?;
    let id = resolve::identity(&context.read_index()?, &args.name)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Problem::new(Code::Usage, "no program was given")
            .next_step("run `aemkeys exec NAME -- PROGRAM ARGUMENTS`"));
    };
    let shown = clean(&program.to_string_lossy(), 100);
    // Confirm before the exchange.
    let confirmed = guard::confirm(
        &context,
        Subject::Identity(id),
        Act::Exec,
        &format!("Run {shown} with the token of {}?", clean(&args.name, 100)),
        args.confirm.as_slice(),
        false,
    )?;
    let min_valid = args.min_valid.unwrap_or(exchange::COMFORTABLE);
    let strict = args.min_valid.is_some();
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
