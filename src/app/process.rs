//! Process hardening, output files, and running another program.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Once;

use crate::platform::{Paths, atomic_file, hardening, logging, process};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// Starts the log, once; see [`crate::platform::logging`]. Without a home directory there is no file.
pub fn start_log(to_stderr: bool) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let paths = Paths::of_user();
        logging::start(paths.as_ref().map(|paths| paths.state.as_path()), to_stderr);
    });
}

/// Writes an output that is not secret to a file; replaces an existing file only if `force` is set.
pub fn write_output(file: &Path, content: &[u8], force: bool) -> std::io::Result<()> {
    if force {
        atomic_file::replace_output(file, content)
    } else {
        atomic_file::create_new(file, content)
    }
}

/// Replaces this process by the program, or on Windows runs it and returns its exit code. A variable that is `None` is unset.
pub fn run_program(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> Result<u8, Problem> {
    let shown = clean(&program.to_string_lossy(), 100);
    // The program gets the original limits.
    hardening::restore();
    let error = process::exec(program, arguments, variables);
    Err(Problem::new(
        if error.kind() == std::io::ErrorKind::NotFound {
            Code::ProgramNotFound
        } else {
            Code::ProgramNotStarted
        },
        format!("could not start {shown}"),
    )
    .cause(error.to_string())
    .next_step("check the program's name; everything after `--` is the program and its arguments"))
}
