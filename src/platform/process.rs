//! Every child process that aemkeys starts. Nothing else in the program may start one.
//!
//! | child | program | environment | folder | standard streams |
//! |---|---|---|---|---|
//! | browser | `xdg-open`, `open`, `rundll32` | ours, filtered | `/` | none |
//! | tmux | `tmux` | a fixed list of variables | `/` | none, or one pipe |
//! | clipboard holder | this binary | a fixed list of variables | `/` | two pipes |
//! | `passphrase_command` | as configured | ours, filtered | `/` | output by pipe, standard error ours |
//! | `exec` | as typed | ours, with what `exec` sets | ours | ours |
//!
//! A program is looked up in the absolute folders of `PATH` only: neither `.` nor the current folder is searched. Other
//! descriptors are close-on-exec (`descriptors`); only `exec` gives back those that the shell opened for its program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::descriptors;

/// Where programs are looked up if `PATH` is not set.
const USUAL_FOLDERS: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables of ours, and those that make a program load or run something else.
const DROPPED_PREFIXES: [&str; 5] = ["AEMKEYS_", "AEM_", "LD_", "DYLD_", "BASH_FUNC_"];
const DROPPED: [&str; 5] = ["BASH_ENV", "ENV", "GCONV_PATH", "OLDPWD", "PWD"];

const TMUX_VARIABLES: &[&str] = &[
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TERM",
    "TMUX_TMPDIR",
    "USER",
];

/// How the desktop's clipboard or tmux is reached.
const HOLDER_VARIABLES: &[&str] = &[
    "AEMKEYS_ALLOW_DEBUG",
    "DISPLAY",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "SSH_CONNECTION",
    "SSH_TTY",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMPDIR",
    "TMUX",
    "TMUX_TMPDIR",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];

/// Opens an address. The caller has checked that it is one.
pub fn browser(url: &str) -> io::Result<Child> {
    // Not `cmd /c start`: it would read `&` in a query as the end of the command.
    let (program, arguments): (_, &[&str]) = if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = isolated(&find(program.as_ref())?, is_passed_on);
    command.args(arguments).arg(url);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        // Ctrl-C here is not meant for the browser.
        command.process_group(0);
    }
    command.spawn()
}

/// A command to the tmux server that `variable`, the value of `$TMUX`, names.
pub fn tmux(variable: &str, arguments: &[&str]) -> io::Result<Command> {
    let mut command = isolated(&find("tmux".as_ref())?, |name| {
        TMUX_VARIABLES.contains(&name)
    });
    command.args(arguments).env("TMUX", variable);
    Ok(command)
}

/// Our own binary, which outlives this process. What it holds goes through its standard input.
pub fn clipboard_holder(arguments: &[&str]) -> io::Result<Child> {
    isolated(&std::env::current_exe()?, |name| {
        HOLDER_VARIABLES.contains(&name)
    })
    .args(arguments)
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
}

/// Prints the passphrase of the passphrase file. A password manager needs most of the environment: its session, its
/// agent, the terminal it asks on.
pub fn passphrase_command(program: &str, arguments: &[String]) -> io::Result<Child> {
    isolated(&find(program.as_ref())?, is_passed_on)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
}

/// Becomes the program that a person named, in their folder and environment; returns only on failure. `None` removes a
/// variable.
pub fn become_program(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> io::Error {
    // A path is what was typed, relative to where it was typed.
    let is_path = Path::new(program).components().nth(1).is_some();
    let path = if is_path {
        Ok(PathBuf::from(program))
    } else {
        find(program)
    };
    let mut command = match path {
        Ok(path) => Command::new(path),
        Err(error) => return error,
    };
    command.args(arguments);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if descriptors::stdin_held_passphrase() {
        command.stdin(Stdio::null());
    }
    descriptors::give_back();
    take_over(&mut command, program)
}

#[cfg(unix)]
fn take_over(command: &mut Command, name: &OsStr) -> io::Error {
    use std::os::unix::process::CommandExt;
    command.arg0(name).exec()
}

#[cfg(not(unix))]
fn take_over(command: &mut Command, _: &OsStr) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// In the root folder, with the variables that `keep` names and no standard streams.
fn isolated(program: &Path, keep: impl Fn(&str) -> bool) -> Command {
    let mut command = Command::new(program);
    let kept = std::env::vars_os().filter(|(name, _)| {
        name.to_str().is_some_and(|name| {
            keep(&name.to_ascii_uppercase()) && !name.eq_ignore_ascii_case("PATH")
        })
    });
    command
        .env_clear()
        .envs(kept)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // The child may look up programs too.
    if let Ok(path) = std::env::join_paths(folders()) {
        command.env("PATH", path);
    }
    command
}

fn is_passed_on(name: &str) -> bool {
    !DROPPED.contains(&name)
        && !DROPPED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The absolute folders of `PATH`.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_FOLDERS.into());
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

fn find(program: &OsStr) -> io::Result<PathBuf> {
    let path = Path::new(program);
    if path.is_absolute() {
        return Ok(path.to_path_buf());
    }
    let name = match (path.components().next(), path.components().nth(1)) {
        (Some(std::path::Component::Normal(name)), None) if name == program => name,
        _ => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a program is named by its name or its full path",
            ));
        }
    };
    let mut refused = None;
    for folder in folders() {
        let mut file = folder.join(name);
        if cfg!(windows) && file.extension().is_none() {
            file.set_extension("exe");
        }
        match file.metadata() {
            Ok(found) if found.is_file() && is_executable(&found) => return Ok(file),
            Ok(found) if found.is_file() => refused = Some(io::ErrorKind::PermissionDenied),
            _ => {}
        }
    }
    Err(io::Error::new(
        refused.unwrap_or(io::ErrorKind::NotFound),
        "no program of this name is in the absolute folders of PATH",
    ))
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_no_program_unless_it_was_typed_after_exec() {
        for program in ["./x", "bin/x", "../x", "x/", ".", "..", ""] {
            let error = find(program.as_ref()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{program:?}");
        }
    }

    #[test]
    fn variables_that_hold_secrets_or_load_code_are_not_passed_on() {
        for name in [
            "AEM_TOKEN",
            "AEMKEYS_STORAGE",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "BASH_FUNC_cd%%",
        ] {
            assert!(!is_passed_on(&name.to_ascii_uppercase()), "{name}");
        }
        for name in ["HOME", "GNUPGHOME", "BW_SESSION", "DISPLAY", "LANG"] {
            assert!(is_passed_on(name), "{name}");
        }
    }
}
