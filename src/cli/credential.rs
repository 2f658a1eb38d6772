//! `aemkeys credential`: exports the credential to a pipe or a new file, never to a terminal.

use super::arguments::{Credential, CredentialFormat};
use super::globals::{Globals, block_on};
use super::{ask, guard, output};
use crate::app::guard::{Act, Subject};
use crate::app::{export_credential, resolve};
use aemkeys_core::credential::{Code, Problem};

pub fn run(globals: &Globals, args: &Credential) -> Result<u8, Problem> {
    // `-` is standard output, as everywhere.
    let file = args.output.as_ref().filter(|file| file.as_os_str() != "-");
    if file.is_none() {
        refuse_unsafe_output()?;
    }
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let question = format!("Export the credential of {}?", resolve::name_of(&index, id));
    let confirmed = guard::confirm(
        &context,
        Subject::Identity(id),
        Act::Credential,
        &question,
        args.confirm.as_slice(),
        false,
    )?;
    let CredentialFormat::AdobeJson = args.format;
    let credential = block_on(export_credential::adobe_json(&context, id, &confirmed))?;
    if let Some(file) = file {
        export_credential::write_new(file, &credential)?;
        export_credential::record(&context, id, "to a file");
        if ask::is_interactive() {
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
            .next_step("pipe it to a program, or write it to a new file with `--output FILE`; `aemkeys credential --help` has recipes")
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
