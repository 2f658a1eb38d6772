//! All child processes that aemkeys starts. No other module may start one.
//!
//! | child | program | environment | folder | standard streams |
//! |---|---|---|---|---|
//! | browser | `xdg-open`, `open`, `rundll32` | ours, filtered | `/` | none |
//! | tmux | `tmux` | a fixed list of variables | `/` | none, or one pipe |
//! | clipboard holder | this binary | a fixed list of variables | `/` | two pipes |
//! | `passphrase_command` | as configured | ours, filtered | `/` | output by pipe, standard error ours |
//! | pager, editor | `PAGER`, `VISUAL`, `EDITOR`, or `less` | ours, filtered | ours | ours |
//! | `exec` | as typed | ours, with what `exec` sets | ours | ours |
//!
//! Programs are looked up only in the absolute folders of `PATH`, never in the current one. Other descriptors are
//! close-on-exec (see `descriptors`); only the program that `exec` runs gets those that the shell opened.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::descriptors;

/// The folders that are searched if `PATH` is not set.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables of aemkeys, and those that make a program load or run other code.
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

/// Variables needed to reach the desktop's clipboard or tmux.
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

/// Opens a URL in the browser. The caller has validated the URL.
pub fn browser(url: &str) -> io::Result<Child> {
    // Not `cmd /c start`, which treats `&` in a query as the end of the command.
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
        // Keeps Ctrl-C in the terminal from reaching the browser.
        command.process_group(0);
    }
    command.spawn()
}

/// Returns a command for the tmux server that `variable`, the value of `$TMUX`, names.
pub fn tmux(variable: &str, arguments: &[&str]) -> io::Result<Command> {
    let mut command = isolated(&find("tmux".as_ref())?, |name| {
        TMUX_VARIABLES.contains(&name)
    });
    command.args(arguments).env("TMUX", variable);
    Ok(command)
}

/// Starts the clipboard holder: this binary, as a process that outlives this one. It reads the text from standard input.
pub fn clipboard_holder(arguments: &[&str], hidden: Option<&str>) -> io::Result<Child> {
    isolated(&std::env::current_exe()?, |name| {
        HOLDER_VARIABLES.contains(&name) && Some(name) != hidden
    })
    .args(arguments)
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
}

/// Starts the command that prints the passphrase of the passphrase file. A password manager needs most of the
/// environment: its session, its agent, the terminal for its prompt.
pub fn passphrase_command(program: &str, arguments: &[String]) -> io::Result<Child> {
    isolated(&find(program.as_ref())?, is_passed_on)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
}

/// The pager or editor of a variable such as `EDITOR`: a program and its arguments, separated by spaces.
#[derive(Debug)]
pub struct ViewerCommand {
    program: PathBuf,
    arguments: Vec<String>,
    name: String,
}

impl ViewerCommand {
    /// Fails if the program does not exist.
    pub fn parse(line: &str) -> io::Result<Self> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let name = words.next().unwrap_or_default();
        Ok(Self {
            program: find(name.as_ref())?,
            arguments: words.collect(),
            name,
        })
    }

    pub fn program(&self) -> &str {
        &self.name
    }

    /// Starts the program with a file. It gets the terminal.
    pub fn start(&self, file: &Path) -> io::Result<Child> {
        let mut command = isolated(&self.program, is_passed_on);
        if let Ok(folder) = std::env::current_dir() {
            command.current_dir(folder);
        }
        command
            .args(&self.arguments)
            .arg(file)
            .stdin(Stdio::inherit())
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit())
            .spawn()
    }
}

/// Replaces this process with the program that the user named, in the user's folder and environment. Returns only on
/// failure. The value `None` removes a variable.
pub fn exec(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> io::Error {
    // A path is relative to the current folder, as in a shell.
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
    descriptors::restore_inherited();
    replace_process(&mut command, program)
}

#[cfg(unix)]
fn replace_process(command: &mut Command, name: &OsStr) -> io::Error {
    use std::os::unix::process::CommandExt;
    command.arg0(name).exec()
}

#[cfg(not(unix))]
fn replace_process(command: &mut Command, _: &OsStr) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Returns a command that runs in the root folder, with the variables that `keep` selects and no standard streams.
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
    // For programs that the child starts.
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
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
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
                "expected the name or the absolute path of a program",
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
        "not found in the absolute folders of PATH",
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
    fn relative_paths_are_refused() {
        for program in ["./x", "bin/x", "../x", "x/", ".", "..", ""] {
            let error = find(program.as_ref()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{program:?}");
        }
    }

    #[test]
    fn secret_and_code_loading_variables_are_not_passed_on() {
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
