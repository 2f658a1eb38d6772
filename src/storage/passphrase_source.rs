//! Where a passphrase is read from.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::StorageError;
use crate::platform::descriptors::PassphraseDescriptor;
use crate::platform::{ownership, process};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem, Secret};

/// The limit of a passphrase in bytes.
pub const MAX_PASSPHRASE: usize = 2048;
/// How much of a file, a pipe or the output of a command is read. All after the first line is ignored.
const MAX_INPUT: usize = 64 * 1024;

/// Where the passphrase comes from; never an argument or an environment variable.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// None is available.
    None,
    /// An open file descriptor.
    FileDescriptor(PassphraseDescriptor),
    /// A file or a named pipe that only its owner can read.
    File(PathBuf),
    /// A program and its arguments.
    Command(Vec<String>),
    /// The configured command may have been written by another user, or is not valid, so it is not run.
    Refused(Box<Problem>),
    /// A prompt on the terminal, without echo.
    Ask(fn(&str) -> Result<Secret, Problem>),
    /// The dashboard, through the storage's broker.
    Dashboard,
}

/// The prompts for the passphrase of an existing file and for a new one, which is entered twice.
pub struct Prompts {
    pub known: &'static str,
    pub new: &'static str,
}

/// Reads the passphrase: the first line of what the source prints, without its line break.
pub fn read_passphrase(
    source: &PassphraseSource,
    exists: bool,
    prompts: &Prompts,
) -> Result<Secret, StorageError> {
    let passphrase = match source {
        PassphraseSource::None | PassphraseSource::Dashboard => {
            return Err(StorageError::NoPassphrase);
        }
        PassphraseSource::FileDescriptor(number) => from_descriptor(*number)?,
        PassphraseSource::File(path) => from_file(path)?,
        PassphraseSource::Command(command) => from_command(command)?,
        PassphraseSource::Refused(problem) => return Err(StorageError::Lock(problem.clone())),
        PassphraseSource::Ask(ask) => {
            let asked =
                |prompt: &str| ask(prompt).map_err(|problem| StorageError::Lock(Box::new(problem)));
            let first = asked(if exists { prompts.known } else { prompts.new })?;
            if !exists && asked("Repeat the passphrase: ")? != first {
                return Err(StorageError::Other(
                    "the two passphrases differ, so nothing was changed; try again".to_owned(),
                ));
            }
            first
        }
    };
    if passphrase.is_empty() {
        return Err(StorageError::NoPassphrase);
    }
    Ok(passphrase)
}

fn from_descriptor(number: PassphraseDescriptor) -> Result<Secret, StorageError> {
    let file = number.open().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => StorageError::Lock(Box::new(
            Problem::new(
                Code::PassphraseNeeded,
                format!("file descriptor {number} is not open, so no passphrase was read"),
            )
            .cause("the caller must open it for reading the passphrase")
            .next_step(format!(
                "in bash or zsh, append `{number}< <(COMMAND)`, where COMMAND prints the passphrase"
            )),
        )),
        _ => StorageError::io("could not read the passphrase from the file descriptor")(source),
    })?;
    first_line(file)
}

fn from_file(path: &Path) -> Result<Secret, StorageError> {
    let shown = clean(&path.display().to_string(), 300);
    let refused = |cause: String, next: String| {
        let message = format!("no passphrase was read from {shown}");
        let problem = Problem::new(Code::PassphraseNeeded, message);
        StorageError::Lock(Box::new(problem.cause(cause).next_step(next)))
    };
    let correct = "correct the variable AEMKEYS_PASSPHRASE_FILE, or unset it to be asked";
    let unreadable = |error: std::io::Error| {
        let cause = match error.kind() {
            std::io::ErrorKind::NotFound => "the file does not exist".to_owned(),
            kind => kind.to_string(),
        };
        refused(cause, correct.to_owned())
    };
    // Checked before a terminal or another device is opened.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !is_file_or_pipe(&metadata) {
        let cause = "it is neither a file nor a pipe";
        return Err(refused(cause.to_owned(), correct.to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    // The open file, because the path may lead to another one by now.
    if let Some(exposed) = ownership::exposed_secret(&file, path).map_err(unreadable)? {
        return Err(refused(
            exposed.description(),
            format!(
                "change the passphrase if others may know it, then run {}",
                exposed.fix
            ),
        ));
    }
    first_line(file)
}

#[cfg(unix)]
fn is_file_or_pipe(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.is_file() || metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_file_or_pipe(metadata: &std::fs::Metadata) -> bool {
    metadata.is_file()
}

fn from_command(command: &[String]) -> Result<Secret, StorageError> {
    let failed = |cause: String| {
        let message = "the command that prints the passphrase failed";
        let problem = Problem::new(Code::PassphraseNeeded, message);
        StorageError::Lock(Box::new(problem.cause(cause).next_step(
            "run it by itself; it is set in AEMKEYS_PASSPHRASE_COMMAND, or as `passphrase_command` in config.toml",
        )))
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| failed("it is empty".to_owned()))?;
    let mut child = process::passphrase_command(program, arguments).map_err(|error| {
        let program = clean(program, 100);
        failed(format!("{program} could not be started: {error}"))
    })?;
    let output = child.stdout.take();
    let passphrase = output.map(first_line).transpose()?;
    match child.wait() {
        Ok(status) if status.success() => passphrase.ok_or(StorageError::NoPassphrase),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Reads the first line, without the line break that editors and `echo` add.
fn first_line(mut source: impl Read) -> Result<Secret, StorageError> {
    let mut bytes = Zeroizing::new(vec![0; MAX_INPUT]);
    let mut length = 0;
    // To the end, because a command fails if nobody reads its output.
    while length < bytes.len() {
        match source.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(StorageError::io("could not read the passphrase")(error)),
        }
    }
    let line = bytes[..length]
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .next()
        .unwrap_or_default();
    if line.len() > MAX_PASSPHRASE {
        return Err(StorageError::Lock(Box::new(
            Problem::new(
                Code::InputTooLarge,
                format!("the passphrase is longer than {MAX_PASSPHRASE} bytes"),
            )
            .next_step("check that its first line is the passphrase"),
        )));
    }
    Ok(Secret::new(line.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &[u8]) -> Option<Vec<u8>> {
        first_line(input).ok().map(|line| line.expose().to_vec())
    }

    #[test]
    fn the_first_line_is_the_passphrase() {
        for (input, expected) in [
            (&b"word"[..], &b"word"[..]),
            (b"word\n", b"word"),
            (b"word\r\n", b"word"),
            (b" a word \nlogin: x\n", b" a word "),
            (b"", b""),
            (b"\nword\n", b""),
        ] {
            assert_eq!(text(input).unwrap(), expected, "{input:?}");
        }
        assert!(text(&[b'x'; MAX_PASSPHRASE]).is_some());
        assert_eq!(text(&[b'x'; MAX_PASSPHRASE + 1]), None);
        let long = [&b"word\n"[..], &vec![b'x'; 2 * MAX_INPUT]].concat();
        assert_eq!(text(&long).unwrap(), b"word");
    }
}
