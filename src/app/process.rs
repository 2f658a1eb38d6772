//! How does this process guard itself, and how does it become another program?

use std::process::Command;
use std::sync::Once;

use crate::credential::text::clean;
use crate::credential::{Code, Problem};
use crate::platform::{Paths, hardening, logging};

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

/// Becomes the program where the system can, else runs it and passes its exit code on.
pub fn run_program(mut command: Command) -> Result<u8, Problem> {
    let shown = clean(&command.get_program().to_string_lossy(), 100);
    // The program gets the limits the person had, not ours.
    hardening::restore();
    let error = start(&mut command);
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

#[cfg(unix)]
fn start(command: &mut Command) -> std::io::Error {
    use std::os::unix::process::CommandExt;
    command.exec()
}

#[cfg(not(unix))]
fn start(command: &mut Command) -> std::io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
