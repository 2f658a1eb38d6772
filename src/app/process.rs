//! Process hardening, output files, and running another program.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Once;

use crate::platform::mask::Mask;
use crate::platform::{Paths, atomic_file, hardening, logging, process};
use aemkeys_core::credential::shell::quoted;
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

/// The error of a file that could not be written.
pub fn not_written(file: &Path, error: &std::io::Error) -> Problem {
    let file = clean(&file.display().to_string(), 300);
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Problem::new(Code::OutputExists, format!("{file} already exists"))
            .next_step("choose another file, or replace this one");
    }
    // The outer error names a temporary file.
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    Problem::new(Code::OutputNotWritten, format!("could not write {file}"))
        .cause(reason.to_string())
        .next_step("check that the folder exists and is writable")
}

/// Replaces this process by the program, or on Windows runs it and returns its exit code. A variable that is `None` is unset.
/// If there is something to mask in its output, runs it and returns its exit code, too.
pub fn run_program(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
    mask: Mask,
) -> Result<u8, Problem> {
    let shown = quoted(&clean(&program.to_string_lossy(), 100));
    // The program gets the original limits.
    hardening::restore();
    let outcome = if mask.is_empty() {
        Err(process::exec(program, arguments, variables))
    } else {
        process::run_masked(program, arguments, variables, mask)
    };
    outcome.map_err(|error| {
        Problem::new(
            if error.kind() == std::io::ErrorKind::NotFound {
                Code::ProgramNotFound
            } else {
                Code::ProgramNotStarted
            },
            format!("could not start {shown}"),
        )
        .cause(error.to_string())
        .next_step(
            "check the program's name; everything after `--` is the program and its arguments",
        )
    })
}
