//! `aemkeys credential`: hands the credential on, into a pipe or a new file; never to a terminal.

use super::arguments::{Credential, CredentialFormat};
use super::context::{Context, block_on};
use super::{ask, guard, output};
use crate::app::guard::{Act, Subject};
use crate::app::{export_credential, resolve};
use crate::credential::{Code, Problem};

pub fn run(context: &Context, args: &Credential) -> Result<u8, Problem> {
    if args.output.is_none() {
        refuse_unsafe_output()?;
    }
    let world = context.world()?;
    let index = world.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let question = format!(
        "Hand on the credential of {}?",
        resolve::name_of(&index, id)
    );
    let confirmed = guard::confirm(
        &world,
        Subject::Identity(id),
        Act::Credential,
        &question,
        args.confirm.as_slice(),
        false,
    )?;
    let CredentialFormat::AdobeJson = args.format;
    let credential = block_on(export_credential::adobe_json(&world, id, &confirmed))?;
    if let Some(file) = &args.output {
        export_credential::write_new(file, &credential)?;
        export_credential::record(&world, id, "into a file");
        if ask::is_interactive() {
            output::note(
                "Written, readable by you alone. Delete it as soon as it is where it belongs.",
            );
        }
    } else {
        output::answer(credential.expose())?;
        export_credential::record(&world, id, "into a pipe");
    }
    Ok(0)
}

/// A terminal keeps what it shows, and a file made by the shell may be everybody's to read.
fn refuse_unsafe_output() -> Result<(), Problem> {
    let refused = |why: &str| {
        Problem::new(Code::OutputRefused, "refused to write the credential to standard output")
            .cause(why)
            .next_step("pipe it into the program that keeps it, or name a new file: `--output FILE`; recipes: `aemkeys credential --help`")
    };
    if output::Stream::Out.is_terminal() {
        return Err(refused(
            "standard output is a terminal, which keeps what it shows",
        ));
    }
    if output::goes_to_a_file() {
        return Err(refused(
            "standard output is a file that the shell made, which others may be able to read",
        ));
    }
    Ok(())
}
