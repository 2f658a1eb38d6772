//! Where a passphrase is read from.

use std::io::Read;

use zeroize::Zeroizing;

use super::StorageError;
use crate::platform::descriptors::PassphraseDescriptor;
use crate::platform::process;
use aemkeys_core::credential::{Code, Problem, Secret};

/// Where the passphrase comes from; never an argument or an environment variable.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// None is available.
    None,
    /// An open file descriptor, read to its end.
    FileDescriptor(PassphraseDescriptor),
    /// A program and its arguments; the first line of its output is the passphrase.
    Command(Vec<String>),
    /// The configured command may have been written by another user, so it is not run.
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

fn from_command(command: &[String]) -> Result<Secret, StorageError> {
    let failed = || StorageError::Other("the passphrase_command failed".to_owned());
    let (program, arguments) = command.split_first().ok_or_else(failed)?;
    let mut child = process::passphrase_command(program, arguments)
        .map_err(StorageError::io("could not start the passphrase_command"))?;
    let passphrase = first_line(child.stdout.take().ok_or_else(failed)?)?;
    if child.wait().is_ok_and(|status| status.success()) {
        Ok(passphrase)
    } else {
        Err(failed())
    }
}

/// Reads the first line, without the line break that editors and `echo` add.
fn first_line(source: impl Read) -> Result<Secret, StorageError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    source
        .take(4096)
        .read_to_end(&mut bytes)
        .map_err(StorageError::io("could not read the passphrase"))?;
    let end = bytes
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .unwrap_or(bytes.len());
    Ok(Secret::new(bytes[..end].to_vec()))
}
