//! Where do secrets live without a keyring? In one file under a passphrase: argon2id and XChaCha20-Poly1305.
//!
//! The whole file is one sealed message, so that nobody learns how many items it holds or which ones change.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use super::sealed::{Derivation, Form, Items, Key};
use super::store::still_wanted;
use super::{ItemName, PassphraseDesk, Store, VaultError};
use crate::credential::{Code, Problem, Secret};
use crate::platform::{atomic_file, lock};

const FORM: Form = Form {
    magic: b"aemkeys1",
    what: "the passphrase file",
};

/// Where the passphrase comes from; never an argument or an environment variable.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// There is nobody to ask.
    None,
    /// An open file descriptor, read to its end.
    FileDescriptor(u32),
    /// Program and arguments whose output's first line it is.
    Command(Vec<String>),
    /// Asks a person with this prompt, without echo.
    Ask(fn(&str) -> Result<Secret, Problem>),
    /// Whoever listens at the vault's desk: the dashboard.
    Desk,
}

pub struct PassphraseFile {
    file: PathBuf,
    locks: PathBuf,
    passphrase: Secret,
    /// Derived once per process for the file's salt.
    key: Option<(Derivation, Key)>,
    given_up: Arc<AtomicBool>,
}

impl PassphraseFile {
    pub fn open(
        file: &Path,
        locks: &Path,
        source: &PassphraseSource,
        desk: &PassphraseDesk,
        prompting: &AtomicBool,
    ) -> Result<Self, VaultError> {
        let exists = file.exists();
        let mut was_wrong = false;
        loop {
            // Typing takes longer than a keyring's answer may.
            prompting.store(true, Ordering::Relaxed);
            let passphrase = match source {
                PassphraseSource::Desk => desk.ask(was_wrong),
                source => read_passphrase(source, exists, &PROMPTS),
            };
            prompting.store(false, Ordering::Relaxed);
            let mut store = Self {
                file: file.to_path_buf(),
                locks: locks.to_path_buf(),
                passphrase: passphrase?,
                key: None,
                given_up: Arc::default(),
            };
            // Deriving the key takes seconds on a small or busy machine: no sign of a store that hangs.
            prompting.store(true, Ordering::Relaxed);
            let ready = if exists {
                // A wrong passphrase is said now, not at the first write.
                store.read().map(drop)
            } else {
                Derivation::fresh().and_then(|fresh| store.key_for(&fresh).map(drop))
            };
            prompting.store(false, Ordering::Relaxed);
            match ready {
                Ok(()) => return Ok(store),
                Err(VaultError::WrongPassphrase) if matches!(source, PassphraseSource::Desk) => {
                    was_wrong = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn key_for(&mut self, derivation: &Derivation) -> Result<Key, VaultError> {
        if let Some((known, key)) = &self.key
            && known == derivation
        {
            return Ok(key.clone());
        }
        let key = derivation.key(&self.passphrase)?;
        self.key = Some((derivation.clone(), key.clone()));
        Ok(key)
    }

    fn read(&mut self) -> Result<Items, VaultError> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Items::new()),
            Err(source) => return Err(io("the passphrase file cannot be read", source)),
        };
        let message = FORM.read(&bytes)?;
        let key = self.key_for(&message.derivation)?;
        message.open(&key)
    }

    fn write(&mut self, items: &Items) -> Result<(), VaultError> {
        // The salt stays with the file: a new one would cost a derivation per write, and the nonce is fresh each time.
        let derivation = match &self.key {
            Some((known, _)) => known.renewed(),
            None => Derivation::fresh()?,
        };
        let key = self.key_for(&derivation)?;
        let sealed = FORM.seal(&derivation, &key, items)?;
        atomic_file::replace(&self.file, &sealed)
            .map_err(|source| io("the passphrase file cannot be written", source))
    }

    /// Read, change, write under a lock: other processes change the same file.
    fn change<T>(&mut self, change: impl FnOnce(&mut Items) -> T) -> Result<T, VaultError> {
        let _lock = lock::acquire(&self.locks, "passphrase-file", lock::DEADLINE)
            .map_err(|problem| VaultError::Lock(Box::new(problem)))?;
        let mut items = self.read()?;
        let result = change(&mut items);
        // The lock is waited for longer than the caller may wait.
        still_wanted(&self.given_up)?;
        self.write(&items)?;
        Ok(result)
    }
}

impl Store for PassphraseFile {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        Ok(self.read()?.remove(&item.to_string()))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.change(|items| {
            items.insert(item.to_string(), value.duplicate());
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.change(|items| items.remove(&item.to_string()).is_some())
    }

    fn heed(&mut self, given_up: &Arc<AtomicBool>) {
        self.given_up = Arc::clone(given_up);
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        Ok(self
            .read()?
            .keys()
            .filter_map(|name| ItemName::parse(name))
            .collect())
    }
}

/// What a person is asked with: for a passphrase that there is, or for a new one, twice.
pub struct Prompts {
    pub known: &'static str,
    pub new: &'static str,
}

const PROMPTS: Prompts = Prompts {
    known: "Passphrase: ",
    new: "New passphrase for the secrets of aemkeys: ",
};

pub fn read_passphrase(
    source: &PassphraseSource,
    exists: bool,
    prompts: &Prompts,
) -> Result<Secret, VaultError> {
    let passphrase = match source {
        PassphraseSource::None | PassphraseSource::Desk => return Err(VaultError::NoPassphrase),
        PassphraseSource::FileDescriptor(number) => from_descriptor(*number)?,
        PassphraseSource::Command(command) => from_command(command)?,
        PassphraseSource::Ask(ask) => {
            let asked =
                |prompt: &str| ask(prompt).map_err(|problem| VaultError::Lock(Box::new(problem)));
            let first = asked(if exists { prompts.known } else { prompts.new })?;
            if !exists && asked("Once more: ")? != first {
                return Err(VaultError::Other(
                    "the two passphrases differ; nothing was done".to_owned(),
                ));
            }
            first
        }
    };
    if passphrase.is_empty() {
        return Err(VaultError::NoPassphrase);
    }
    Ok(passphrase)
}

#[cfg(unix)]
fn from_descriptor(number: u32) -> Result<Secret, VaultError> {
    let file =
        std::fs::File::open(format!("/dev/fd/{number}")).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => VaultError::Lock(Box::new(
                Problem::new(
                    Code::PassphraseNeeded,
                    format!("file descriptor {number} is not open, so no passphrase was read"),
                )
                .cause("whoever starts the command opens it, with the passphrase behind it")
                .next_step(format!(
                    "in a shell: `aemkeys .. {number}< <(a command that prints it)`"
                )),
            )),
            _ => io("the passphrase's file descriptor cannot be read", source),
        })?;
    first_line(file)
}

#[cfg(not(unix))]
fn from_descriptor(_: u32) -> Result<Secret, VaultError> {
    Err(VaultError::Other(
        "file descriptors are not to be had on this system".to_owned(),
    ))
}

fn from_command(command: &[String]) -> Result<Secret, VaultError> {
    let failed = || VaultError::Other("the passphrase command failed".to_owned());
    let (program, arguments) = command.split_first().ok_or_else(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| io("the passphrase command cannot be started", source))?;
    let passphrase = first_line(child.stdout.take().ok_or_else(failed)?)?;
    if child.wait().is_ok_and(|status| status.success()) {
        Ok(passphrase)
    } else {
        Err(failed())
    }
}

/// Up to the first line end; editors and `echo` add one.
fn first_line(source: impl Read) -> Result<Secret, VaultError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    source
        .take(4096)
        .read_to_end(&mut bytes)
        .map_err(|source| io("the passphrase cannot be read", source))?;
    let end = bytes
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .unwrap_or(bytes.len());
    Ok(Secret::new(bytes[..end].to_vec()))
}

fn io(what: &str, source: std::io::Error) -> VaultError {
    VaultError::Io {
        what: what.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::sealed::HEADER;
    use uuid::Uuid;

    fn store(directory: &Path, passphrase: &str) -> Result<PassphraseFile, VaultError> {
        let word = directory.join("word");
        std::fs::write(&word, passphrase).unwrap();
        let source = PassphraseSource::Command(vec!["cat".to_owned(), word.display().to_string()]);
        PassphraseFile::open(
            &directory.join("secrets"),
            directory,
            &source,
            &PassphraseDesk::default(),
            &AtomicBool::new(false),
        )
    }

    #[test]
    fn comes_back_with_the_passphrase_only() {
        let directory = tempfile::tempdir().unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        store(directory.path(), "right\n")
            .unwrap()
            .set(&item, &Secret::from("planted"))
            .unwrap();
        let bytes = std::fs::read(directory.path().join("secrets")).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"planted"));
        let mut again = store(directory.path(), "right").unwrap();
        assert_eq!(again.get(&item).unwrap(), Some(Secret::from("planted")));
        assert_eq!(again.list().unwrap(), std::slice::from_ref(&item));
        assert!(matches!(
            store(directory.path(), "wrong"),
            Err(VaultError::WrongPassphrase)
        ));
        assert!(matches!(
            store(directory.path(), ""),
            Err(VaultError::NoPassphrase)
        ));
        assert!(again.delete(&item).unwrap());
        assert!(!again.delete(&item).unwrap());
    }

    #[test]
    fn a_changed_header_does_not_open() {
        let directory = tempfile::tempdir().unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        store(directory.path(), "right")
            .unwrap()
            .set(&item, &Secret::from("x"))
            .unwrap();
        let file = directory.path().join("secrets");
        let good = std::fs::read(&file).unwrap();
        for position in [0, 8, 12, 20, HEADER + 2, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[position] ^= 0x40;
            std::fs::write(&file, bytes).unwrap();
            assert!(store(directory.path(), "right").is_err(), "byte {position}");
        }
    }
}
