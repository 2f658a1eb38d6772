//! `aemkeys remove`: an identity, or an environment with all of them, leaves this machine.

use super::arguments::{Consent, Remove};
use super::context::{Context, block_on};
use super::{ask, output};
use crate::app::{Index, remove, resolve};
use crate::credential::{Code, Problem};
use crate::environment::EnvironmentType;

pub fn run(context: &Context, args: &Remove) -> Result<u8, Problem> {
    let world = context.world()?;
    let index = world.read_index()?;
    let environment_name = args.name.split('/').next().unwrap_or(&args.name);
    let environment = resolve::environment(&index, environment_name)?;
    let identity = if args.name.contains('/') {
        Some(resolve::identity(&index, &args.name)?)
    } else {
        None
    };
    let what = match identity {
        Some(id) => resolve::name_of(&index, id),
        None => environment.name.to_string(),
    };
    let count = environment.identities.len();
    let question = if identity.is_none() && count > 1 {
        format!("Remove {what} with its {count} identities from this machine?")
    } else {
        format!("Remove {what} from this machine?")
    };
    confirm(
        &question,
        environment.name.as_str(),
        environment.environment_type,
        args.confirm.as_deref(),
        args.yes,
    )?;
    let environment = environment.id;
    block_on(async {
        match identity {
            Some(id) => remove::identity(&world, id).await,
            None => remove::environment(&world, environment).await,
        }
    })?;
    output::answer_line(&format!("removed {what}"))?;
    output::note("Its key still works at Adobe until it is revoked in the AEM Developer Console.");
    Ok(0)
}

/// As [`confirm`], for the environment of an identity.
pub fn consent(
    index: &Index,
    id: uuid::Uuid,
    question: &str,
    consent: &Consent,
) -> Result<(), Problem> {
    let Some((environment, _)) = index.identity(id) else {
        return Ok(());
    };
    confirm(
        question,
        environment.name.as_str(),
        environment.environment_type,
        consent.confirm.as_deref(),
        consent.yes,
    )
}

/// Production and unset: the name, typed or by `--confirm`. Others: yes, typed or by `--yes`.
pub fn confirm(
    question: &str,
    name: &str,
    environment_type: EnvironmentType,
    confirmed: Option<&str>,
    yes: bool,
) -> Result<(), Problem> {
    match confirmed {
        Some(typed) if typed.to_lowercase() == name.to_lowercase() => return Ok(()),
        Some(_) => {
            return Err(Problem::new(
                Code::Guarded,
                format!("--confirm names another environment than {name}; nothing was done"),
            )
            .next_step(format!("`--confirm {name}`")));
        }
        None => {}
    }
    if environment_type.is_guarded() {
        return ask::typed_name(
            &format!("{question} ({})", environment_type.short()),
            name,
            &format!("--confirm {name}"),
        );
    }
    if yes {
        return Ok(());
    }
    if !ask::is_interactive() {
        return Err(Problem::new(Code::Guarded, "this must be confirmed")
            .next_step("without a terminal, say so: `--yes`"));
    }
    if ask::yes(question)? {
        Ok(())
    } else {
        Err(Problem::new(
            Code::Guarded,
            "not confirmed; nothing was done",
        ))
    }
}
