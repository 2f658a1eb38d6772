//! The storage file: all secrets in one file under a passphrase, for machines without a keyring.
//!
//! The whole file is one sealed message, so that nobody learns how many items it holds or which ones change.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use super::generation::Generations;
use super::sealed::{Derivation, Form, Items, Key, MAX_BYTES};
use super::store::still_wanted;
use super::{ItemName, PassphraseDesk, Store, VaultError};
use crate::credential::{Code, Problem, Secret};
use crate::platform::descriptors::PassphraseDescriptor;
use crate::platform::{atomic_file, lock, process};

const FORM: Form = Form {
    magic: b"aemkeys1",
    what: "the passphrase file",
};
/// The item that counts the writes: eight bytes, big-endian.
const GENERATION: &str = "generation";

/// Where the passphrase comes from; never an argument or an environment variable.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// There is nobody to ask.
    None,
    /// An open file descriptor, read to its end.
    FileDescriptor(PassphraseDescriptor),
    /// Program and arguments whose output's first line it is.
    Command(Vec<String>),
    /// A command is configured that somebody else may have written: it is not run.
    Refused(Box<Problem>),
    /// Asks a person with this prompt, without echo.
    Ask(fn(&str) -> Result<Secret, Problem>),
    /// Whoever listens at the vault's desk: the dashboard.
    Desk,
}

pub struct PassphraseFile {
    file: PathBuf,
    locks: PathBuf,
    generations: Generations,
    passphrase: Secret,
    /// Derived once per process for the file's salt.
    key: Option<(Derivation, Key)>,
    given_up: Arc<AtomicBool>,
}

impl PassphraseFile {
    pub fn open(
        file: &Path,
        state: &Path,
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
                locks: state.join("locks"),
                generations: Generations::new(state),
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
                Derivation::fresh(&store.passphrase).map(|fresh| store.key = Some(fresh))
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
        let highest = self.generations.highest();
        let bytes = match read_bounded(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Items::new()),
            Err(source) => return Err(io("the passphrase file cannot be read", source)),
        };
        let message = FORM.read(&bytes)?;
        let key = self.key_for(&message.derivation)?;
        let items = message.open(&key)?;
        self.generations.saw(highest, generation_of(&items)?);
        Ok(items)
    }

    fn write(&mut self, items: &mut Items) -> Result<(), VaultError> {
        // The salt stays with the file: a new one would cost a derivation per write, and the nonce is fresh each time.
        let (derivation, key) = match &self.key {
            Some((known, _)) => {
                let renewed = known.renewed();
                let key = self.key_for(&renewed)?;
                (renewed, key)
            }
            None => Derivation::fresh(&self.passphrase)?,
        };
        let highest = self.generations.highest();
        let next = highest.max(generation_of(items)?).saturating_add(1);
        items.insert(
            GENERATION.to_owned(),
            Secret::new(next.to_be_bytes().to_vec()),
        );
        let sealed = FORM.seal(&derivation, &key, items)?;
        atomic_file::replace(&self.file, &sealed)
            .map_err(|source| io("the passphrase file cannot be written", source))?;
        // After the file: a crash in between must not make it look older than it is.
        self.generations.saw(highest, next);
        Ok(())
    }

    /// Read, change, write under a lock: other processes change the same file.
    fn change<T>(&mut self, change: impl FnOnce(&mut Items) -> T) -> Result<T, VaultError> {
        let _lock = lock::acquire(&self.locks, "passphrase-file", lock::DEADLINE)
            .map_err(|problem| VaultError::Lock(Box::new(problem)))?;
        let mut items = self.read()?;
        let result = change(&mut items);
        // The lock is waited for longer than the caller may wait.
        still_wanted(&self.given_up)?;
        self.write(&mut items)?;
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

/// 0 where nothing was written yet.
fn generation_of(items: &Items) -> Result<u64, VaultError> {
    let Some(value) = items.get(GENERATION) else {
        return Ok(0);
    };
    let bytes = value.expose().try_into();
    bytes
        .map(u64::from_be_bytes)
        .map_err(|_| VaultError::Damaged {
            item: FORM.what.to_owned(),
            reason: "its generation is no number",
        })
}

/// A little more than a file may have at most; that it is too long is told by [`Form::read`].
fn read_bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a person is asked with: for a passphrase that there is, or for a new one, twice.
pub struct Prompts {
    pub known: &'static str,
    pub new: &'static str,
}

const PROMPTS: Prompts = Prompts {
    known: "Passphrase: ",
    new: "New passphrase for the secrets of aemkeys (at least 8 characters, 4 of them different): ",
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
        PassphraseSource::Refused(problem) => return Err(VaultError::Lock(problem.clone())),
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

fn from_descriptor(number: PassphraseDescriptor) -> Result<Secret, VaultError> {
    let file = number.open().map_err(|source| match source.kind() {
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

fn from_command(command: &[String]) -> Result<Secret, VaultError> {
    let failed = || VaultError::Other("the passphrase command failed".to_owned());
    let (program, arguments) = command.split_first().ok_or_else(failed)?;
    let mut child = process::passphrase_command(program, arguments)
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
        store(directory.path(), "right word\n")
            .unwrap()
            .set(&item, &Secret::from("planted"))
            .unwrap();
        let bytes = std::fs::read(directory.path().join("secrets")).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"planted"));
        let mut again = store(directory.path(), "right word").unwrap();
        assert_eq!(again.get(&item).unwrap(), Some(Secret::from("planted")));
        assert_eq!(again.list().unwrap(), std::slice::from_ref(&item));
        assert!(matches!(
            store(directory.path(), "wrong"),
            Err(VaultError::WrongPassphrase)
        ));
        assert!(matches!(
            store(directory.path(), "\n"),
            Err(VaultError::NoPassphrase)
        ));
        assert!(again.delete(&item).unwrap());
        assert!(!again.delete(&item).unwrap());
    }

    #[test]
    fn a_new_file_needs_a_good_passphrase_and_an_old_one_opens_with_any() {
        let directory = tempfile::tempdir().unwrap();
        let weak = store(directory.path(), "short");
        assert!(matches!(weak, Err(VaultError::WeakPassphrase)));
        assert!(!directory.path().join("secrets").exists());
        let derivation = Derivation::cheap();
        let key = derivation.key(&Secret::from("short")).unwrap();
        let sealed = FORM.seal(&derivation, &key, &Items::new()).unwrap();
        std::fs::write(directory.path().join("secrets"), sealed).unwrap();
        assert!(store(directory.path(), "short").is_ok());
    }

    /// The key is kept for the life of the process; what must never repeat under it is the nonce.
    #[test]
    fn every_write_has_the_documented_cost_and_a_nonce_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        let mut store = store(directory.path(), "right word").unwrap();
        let mut nonces = std::collections::HashSet::new();
        let mut salts = std::collections::HashSet::new();
        for _ in 0..100 {
            store.set(&item, &Secret::from("the same")).unwrap();
            let bytes = std::fs::read(directory.path().join("secrets")).unwrap();
            assert_eq!(bytes[..8], *b"aemkeys1");
            // 64 MiB in KiB, then three passes.
            assert_eq!(bytes[8..16], [0, 1, 0, 0, 0, 0, 0, 3]);
            salts.insert(bytes[16..HEADER].to_vec());
            nonces.insert(bytes[HEADER..HEADER + 24].to_vec());
        }
        assert_eq!((salts.len(), nonces.len()), (1, 100));
    }

    /// A file that asks for little is opened, and written with the full cost again.
    #[test]
    fn a_cheap_file_becomes_a_dear_one_when_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let derivation = Derivation::cheap();
        let key = derivation.key(&Secret::from("right word")).unwrap();
        let sealed = FORM.seal(&derivation, &key, &Items::new()).unwrap();
        std::fs::write(directory.path().join("secrets"), sealed).unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        let mut store = store(directory.path(), "right word").unwrap();
        store.set(&item, &Secret::from("x")).unwrap();
        let bytes = std::fs::read(directory.path().join("secrets")).unwrap();
        assert_eq!(bytes[8..16], [0, 1, 0, 0, 0, 0, 0, 3]);
    }

    fn write(directory: &Path, number: u128) {
        let item = ItemName::Token(Uuid::from_u128(number));
        let mut store = store(directory, "right word").unwrap();
        store.set(&item, &Secret::from("x")).unwrap();
    }

    #[test]
    fn an_older_file_put_back_is_noticed_until_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let (directory, file) = (directory.path(), directory.path().join("secrets"));
        let generations = Generations::new(directory);
        write(directory, 1);
        let old = std::fs::read(&file).unwrap();
        write(directory, 2);
        write(directory, 3);
        assert_eq!(generations.rollback(), None);
        std::fs::write(&file, &old).unwrap();
        // Opening it is enough.
        let mut opened = store(directory, "right word").unwrap();
        let rollback = generations.rollback().unwrap();
        assert_eq!((rollback.found, rollback.expected), (1, 3));
        // It works, and what is written now is newer than everything before.
        assert_eq!(opened.list().unwrap().len(), 1);
        write(directory, 4);
        assert_eq!(generations.highest(), 4);
        assert_eq!(generations.rollback(), Some(rollback), "not forgotten");
        generations.accept().unwrap();
        write(directory, 5);
        assert_eq!(generations.rollback(), None);
        std::fs::write(&file, &old).unwrap();
        store(directory, "right word").unwrap();
        let again = generations.rollback().unwrap();
        assert_eq!((again.found, again.expected), (1, 5));
    }

    #[test]
    fn a_new_file_after_one_that_was_deleted_is_no_older_file() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write(directory, 1);
        write(directory, 2);
        std::fs::remove_file(directory.join("secrets")).unwrap();
        write(directory, 3);
        write(directory, 4);
        let generations = Generations::new(directory);
        assert_eq!((generations.highest(), generations.rollback()), (4, None));
    }

    /// A machine that never saw the file takes its number as it is; one that wrote it elsewhere since is no older file.
    #[test]
    fn a_newer_file_is_taken_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write(directory, 1);
        write(directory, 2);
        std::fs::remove_file(directory.join("storage-generation.json")).unwrap();
        let generations = Generations::new(directory);
        store(directory, "right word").unwrap();
        assert_eq!((generations.highest(), generations.rollback()), (2, None));
    }

    #[test]
    fn many_writers_at_once_raise_no_warning() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write(directory, 1);
        std::thread::scope(|scope| {
            for writer in 0..3_u128 {
                scope.spawn(move || {
                    let source =
                        PassphraseSource::Command(vec!["echo".to_owned(), "right word".to_owned()]);
                    let mut store = PassphraseFile::open(
                        &directory.join("secrets"),
                        directory,
                        &source,
                        &PassphraseDesk::default(),
                        &AtomicBool::new(false),
                    )
                    .unwrap();
                    for number in 0..20 {
                        let item = ItemName::Token(Uuid::from_u128(writer * 100 + number + 2));
                        store.set(&item, &Secret::from("x")).unwrap();
                        store.list().unwrap();
                    }
                });
            }
        });
        let generations = Generations::new(directory);
        assert_eq!((generations.highest(), generations.rollback()), (61, None));
    }
}
