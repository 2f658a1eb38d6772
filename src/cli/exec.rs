//! `aemkeys exec`: a program with the token and the hosts in its environment.

use std::process::Command;

use super::arguments::Exec;
use super::context::{Context, block_on};
use super::{ask, output};
use crate::app::present::environment_variables;
use crate::app::{exchange, resolve};
use crate::credential::{Code, Kind, Problem};

const VARIABLES: [&str; 4] = [
    "AEM_TOKEN",
    "AEM_AUTHOR_URL",
    "AEM_PUBLISH_URL",
    "AEM_PREVIEW_URL",
];

pub fn run(context: &Context, args: &Exec) -> Result<u8, Problem> {
    let world = context.world()?;
    let index = world.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let local = index
        .identity(id)
        .filter(|(_, identity)| identity.kind == Kind::Local)
        .map(|(environment, _)| environment.hosts.clone());
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Problem::new(Code::Usage, "no program was named")
            .next_step("`aemkeys exec NAME -- PROGRAM ARGUMENTS`"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for variable in VARIABLES {
        // An old value would be another environment's.
        command.env_remove(variable);
    }
    if let Some(hosts) = local {
        command.envs(environment_variables(&hosts));
        return crate::app::run_program(command);
    }
    let min_valid = args.min_valid.unwrap_or(exchange::COMFORTABLE);
    let strict = args.min_valid.is_some();
    let item = world
        .vault
        .usable_token(id)
        .map_err(|error| error.problem())?;
    let fresh = if let Some(fresh) =
        exchange::usable(item.as_ref(), world.clock.now(), min_valid, strict)?
    {
        fresh
    } else {
        // Asked before anything is exchanged; the keyring's word counts, and is read again below.
        if let Some((environment, _)) = index.identity(id) {
            guard(
                args,
                environment.name.as_str(),
                environment.environment_type,
            )?;
        }
        crate::app::install_crypto();
        block_on(exchange::ensure(&world, id, min_valid, strict))?
    };
    for warning in &fresh.warnings {
        output::warning(warning);
    }
    let token_of = &fresh.context;
    if !fresh.exchanged {
        guard(
            args,
            token_of.environment_name.as_str(),
            token_of.environment_type,
        )?;
    }
    let token = std::str::from_utf8(fresh.secret.expose())
        .map_err(|_| Problem::new(Code::Internal, "the token is no text"))?;
    command.env("AEM_TOKEN", token);
    command.envs(environment_variables(token_of.destinations.hosts()));
    // This process becomes the program: nothing would save the token after that.
    context.finish_saving();
    crate::app::run_program(command)
}

fn guard(
    args: &Exec,
    name: &str,
    environment_type: crate::environment::EnvironmentType,
) -> Result<(), Problem> {
    if !environment_type.is_guarded() {
        return Ok(());
    }
    match &args.allow_prod {
        Some(allowed) if allowed.to_lowercase() == name.to_lowercase() => Ok(()),
        Some(_) => Err(Problem::new(
            Code::Guarded,
            format!("--allow-prod names another environment than {name}; nothing was run"),
        )
        .next_step(format!("`--allow-prod {name}`"))),
        None => ask::typed_name(
            &format!(
                "Run {} with a token of {name} ({})",
                crate::credential::text::clean(&args.command[0].to_string_lossy(), 100),
                environment_type.short()
            ),
            name,
            &format!("--allow-prod {name}"),
        ),
    }
}
