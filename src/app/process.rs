//! Process hardening, output files, and running another program.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Once;

use crate::platform::{Paths, atomic_file, hardening, logging, process};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// No core dumps, no debugger of the same user: called first by main.
pub fn harden() {
    hardening::harden();
}

/// Starts the log, once; see [`crate::platform::logging`]. Without a home there is none.
pub fn start_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        if let Some(paths) = Paths::of_user() {
            logging::start(&paths.state);
        }
    });
}

/// Writes an output that a person named and that is not secret; replaces a file only if `force` is set.
pub fn write_output(file: &Path, content: &[u8], force: bool) -> std::io::Result<()> {
    if force {
        atomic_file::replace_output(file, content)
    } else {
        atomic_file::create_new(file, content)
    }
}

/// Becomes the program where the system can, else runs it and passes its exit code on. `None` removes a variable.
pub fn run_program(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> Result<u8, Problem> {
    let shown = clean(&program.to_string_lossy(), 100);
    // The program gets the limits the person had, not ours.
    hardening::restore();
    let error = process::exec(program, arguments, variables);
    Err(Problem::new(
        if error.kind() == std::io::ErrorKind::NotFound {
            Code::ProgramNotFound
        } else {
            Code::ProgramNotStarted
        },
        format!("{shown} could not be started"),
    )
    .cause(error.to_string())
    .next_step("check the program's name; everything after `--` is the program and its arguments"))
}
