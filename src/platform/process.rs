//! All child processes that aemkeys starts. No other module may start one.
//!
//! | child | program | environment | folder | standard streams |
//! |---|---|---|---|---|
//! | browser | `xdg-open`, `open`, `rundll32` | ours, filtered | `/` | none |
//! | tmux | `tmux` | a fixed list of variables | `/` | none, or one pipe |
//! | clipboard holder | this binary | a fixed list of variables | `/` | two pipes |
//! | access list (Windows) | `icacls` | ours, filtered | `/` | none |
//! | signature (macOS) | `codesign` | ours, filtered | `/` | standard error in a file |
//! | timer | `systemctl`, `launchctl`, `schtasks` | ours, filtered | `/` | standard error in a file |
//! | notice (macOS, Windows) | `osascript`, `powershell` | ours, filtered | `/` | standard error in a file |
//! | `passphrase_command` | as configured | ours, filtered | `/` | output by pipe, standard error ours |
//! | pager, editor | `PAGER`, `VISUAL`, `EDITOR`, or `less` | ours, filtered | ours | ours |
//! | `exec` | as typed | ours, with what `exec` sets | ours | ours; with `--mask`, output and standard error by pipe |
//!
//! Programs are looked up only in the absolute folders of `PATH`, never in the current one; on Windows also by the extensions of
//! `PATHEXT` that start without another program. Other descriptors are
//! close-on-exec (see `descriptors`); only the program that `exec` runs gets those that the shell opened.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::descriptors;
use super::mask::Mask;
use super::masked_program;
use super::program_names::file_names;
use aemkeys_core::credential::text::clean;

/// The longest wait for a program of the system.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Waits for the end of a child, and ends it after `limit`.
pub fn finish(child: &mut Child, limit: Duration) -> io::Result<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if started.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
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
    let mut command = isolated(&std::env::current_exe()?, |name| {
        HOLDER_VARIABLES.contains(&name) && Some(name) != hidden
    });
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const DETACHED_PROCESS: u32 = 0x8;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        // Ctrl-C and closing the console end all processes of the console.
        command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    }
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// Replaces the access list of a file by one that names its owner only.
#[cfg(windows)]
pub fn restrict_to_owner(file: &Path) -> io::Result<()> {
    /// The group "Owner Rights", whose name is translated.
    const OWNER: &str = "*S-1-3-4:F";
    let mut icacls = isolated(&find("icacls".as_ref())?, is_passed_on)
        .arg(std::path::absolute(file)?)
        .args(["/inheritance:r", "/grant:r", OWNER])
        .spawn()?;
    if finish(&mut icacls, PATIENCE)?.success() {
        Ok(())
    } else {
        Err(io::Error::other(
            "could not make it private: icacls did not change its access list, which FAT and some network drives don't have",
        ))
    }
}

/// Returns what macOS says about the signature of this program; `None` on other systems.
pub fn code_signature() -> Option<String> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let mut codesign = isolated("/usr/bin/codesign".as_ref(), is_passed_on);
    codesign
        .args(["--display", "--verbose=2"])
        .arg(std::env::current_exe().ok()?);
    let (_, said) = status_and_errors(&mut codesign, PATIENCE).ok()?;
    Some(said)
}

/// Runs a program of the system to its end: one that changes a timer, or shows a notice. The error has what it said.
pub fn system_program(program: &str, arguments: &[&str]) -> io::Result<()> {
    run_to_end(isolated(&find(program.as_ref())?, is_passed_on).args(arguments))
}

/// Shows a notice on the desktop. A script can't be given texts as arguments, which PowerShell would read as a part of it.
#[cfg(windows)]
pub fn powershell_notice(script: &str, title: &str, text: &str) -> io::Result<()> {
    run_to_end(
        isolated(&find("powershell".as_ref())?, is_passed_on)
            .args(["-NoProfile", "-NonInteractive", "-Command", script])
            .env("NOTICE_TITLE", title)
            .env("NOTICE_TEXT", text),
    )
}

fn run_to_end(command: &mut Command) -> io::Result<()> {
    let (status, said) = status_and_errors(command, Duration::from_secs(30))?;
    if status.success() {
        return Ok(());
    }
    let program = command.get_program().display();
    let said = clean(said.trim(), 300);
    Err(io::Error::other(format!("{program}: {status}: {said}")))
}

/// Runs a program to its end, and returns what it wrote to standard error.
fn status_and_errors(command: &mut Command, limit: Duration) -> io::Result<(ExitStatus, String)> {
    // Not a pipe, which a service that the program starts could keep open.
    let mut said = tempfile::tempfile()?;
    let status = finish(&mut command.stderr(said.try_clone()?).spawn()?, limit)?;
    said.rewind()?;
    let mut bytes = Vec::new();
    said.take(64 * 1024).read_to_end(&mut bytes)?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
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
    /// Splits the line into words as a shell does. Fails if a quote is not closed, or the program does not exist.
    pub fn parse(line: &str) -> io::Result<Self> {
        let mut words = words_of(line)?.into_iter();
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

fn words_of(line: &str) -> io::Result<Vec<String>> {
    // On Windows, a backslash separates folders.
    if cfg!(windows) {
        return Ok(line.split_whitespace().map(str::to_owned).collect());
    }
    shlex::split(line)
        .ok_or_else(|| io::Error::other("it has a quote or a backslash without an end"))
}

/// Replaces this process with the program that the user named, in the user's folder and environment. Returns only on
/// failure. The value `None` removes a variable.
pub fn exec(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> io::Error {
    match of_user(program, arguments, variables) {
        Ok(mut command) => replace_process(&mut command, program),
        Err(error) => error,
    }
}

/// Runs the program like [`exec`], waits for it, and masks its output. Returns its exit code.
pub fn run_masked(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
    mask: Mask,
) -> io::Result<u8> {
    let mut command = of_user(program, arguments, variables)?;
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    masked_program::run(|| command.spawn(), mask)
}

/// Returns the command of a program that the user named. It gets the descriptors that the shell opened.
fn of_user(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<&str>)],
) -> io::Result<Command> {
    // A path is relative to the current folder, as in a shell.
    let is_path = Path::new(program).components().nth(1).is_some();
    let path = if is_path {
        let mut files = file_names(program).into_iter().map(PathBuf::from);
        let file = files.find(|file| file.is_file());
        Ok(file.unwrap_or_else(|| program.into()))
    } else {
        find(program)
    };
    let mut command = Command::new(path?);
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
    Ok(command)
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
    let names = file_names(name);
    let mut refused = None;
    for file in folders()
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)))
    {
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

    #[cfg(unix)]
    #[test]
    fn a_child_that_does_not_end_is_ended() {
        let start = |time| Command::new("sleep").arg(time).spawn().unwrap();
        let in_time = finish(&mut start("0"), Duration::from_mins(1)).unwrap();
        assert!(in_time.success());
        let late = finish(&mut start("600"), Duration::ZERO).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

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
