//! The storage file: all secrets in one file under a passphrase, for machines without a keyring.
//!
//! The whole file is one sealed message, so that nobody learns how many items it holds or which ones change.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use super::call::check_not_cancelled;
use super::generation::Generations;
use super::key_derivation::{Derivation, EncryptionKey};
use super::passphrase_broker::PassphraseRequest;
use super::sealed_file::{FileFormat, Items, MAX_BYTES, SealedFile};
use super::{
    Awaited, Backend, ItemName, PassphraseBroker, PassphraseSource, Prompts, StorageError,
    StorageStatus, Waiting, read_passphrase, unlocked,
};
use crate::platform::{atomic_file, lock};
use aemkeys_core::credential::Secret;

const FORMAT: FileFormat = FileFormat {
    magic: b"aemkeys1",
    what: "the passphrase file",
};
/// The item that counts the writes: eight bytes, big-endian.
const GENERATION: &str = "generation";

const PROMPTS: Prompts = Prompts {
    known: "Passphrase for aemkeys: ",
    new: "New passphrase for the passphrase file (at least 8 characters, 4 of them different): ",
};
const WRONG: Prompts = Prompts {
    known: "Wrong passphrase. Passphrase for aemkeys: ",
    new: PROMPTS.new,
};
/// How often a person can type a wrong passphrase on the terminal.
const TRIES: usize = 3;

/// Asks for the passphrase when it is needed for the first time.
pub struct Passphrases {
    source: PassphraseSource,
    broker: Arc<PassphraseBroker>,
    waiting: Waiting,
    /// The passphrase that opened the file, in case another process has replaced it.
    known: Option<Secret>,
    /// The error of a person or descriptor that gave none, which is not asked again.
    refused: Option<StorageError>,
}

impl Passphrases {
    pub fn new(source: PassphraseSource, broker: Arc<PassphraseBroker>, waiting: Waiting) -> Self {
        Self {
            source,
            broker,
            waiting,
            known: None,
            refused: None,
        }
    }

    /// Returns whether the passphrase is given for this command, so that no kept key is used instead.
    fn is_explicit(&self) -> bool {
        matches!(self.source, PassphraseSource::FileDescriptor(_))
    }

    /// Returns the key of the file, and its items.
    fn open(&mut self, file: &SealedFile<'_>) -> Result<(EncryptionKey, Items), StorageError> {
        if let Some(known) = &self.known {
            let opened = self.derive(|| file.derivation.key(known)).and_then(|key| {
                let items = file.open(&key)?;
                Ok((key, items))
            });
            if !matches!(opened, Err(StorageError::WrongPassphrase)) {
                return opened;
            }
        }
        for attempt in 1.. {
            let passphrase = self.ask(true, attempt > 1)?;
            let key = self.derive(|| file.derivation.key(&passphrase))?;
            match file.open(&key) {
                Ok(items) => {
                    self.known = Some(passphrase);
                    return Ok((key, items));
                }
                Err(StorageError::WrongPassphrase) if self.may_try_again(attempt) => {}
                Err(error) => return Err(self.remember(error)),
            }
        }
        Err(StorageError::WrongPassphrase)
    }

    fn may_try_again(&self, attempt: usize) -> bool {
        match self.source {
            PassphraseSource::Dashboard => true,
            PassphraseSource::Ask(_) => attempt < TRIES,
            _ => false,
        }
    }

    /// Asks for the passphrase of a new file, and derives its key.
    fn create(&mut self) -> Result<(Derivation, EncryptionKey), StorageError> {
        let passphrase = match self.known.take() {
            Some(known) => known,
            None => self.ask(false, false)?,
        };
        let created = self.derive(|| Derivation::new(&passphrase))?;
        self.known = Some(passphrase);
        Ok(created)
    }

    fn ask(&mut self, exists: bool, was_wrong: bool) -> Result<Secret, StorageError> {
        if let Some(refused) = &self.refused {
            return Err(refused.duplicate());
        }
        let prompts = if was_wrong { &WRONG } else { &PROMPTS };
        let given = match &self.source {
            PassphraseSource::Dashboard => {
                let request = match (exists, was_wrong) {
                    (false, _) => PassphraseRequest::New,
                    (true, false) => PassphraseRequest::Known,
                    (true, true) => PassphraseRequest::KnownWasWrong,
                };
                self.waiting
                    .during(Awaited::Passphrase, || self.broker.ask(request))
            }
            source => {
                let awaited = match source {
                    PassphraseSource::Ask(_) => Awaited::Typing,
                    _ => Awaited::PassphraseSource,
                };
                self.waiting
                    .during(awaited, || read_passphrase(source, exists, prompts))
            }
        };
        given.map_err(|error| self.remember(error))
    }

    fn remember(&mut self, error: StorageError) -> StorageError {
        let is_final = matches!(
            self.source,
            PassphraseSource::Ask(_) | PassphraseSource::FileDescriptor(_)
        );
        if is_final {
            self.refused = Some(error.duplicate());
        }
        error
    }

    /// Deriving a key can take seconds on a slow machine, which does not count as a hang.
    fn derive<T>(&self, work: impl FnOnce() -> T) -> T {
        self.waiting.during(Awaited::KeyDerivation, work)
    }
}

pub struct PassphraseFile {
    file: PathBuf,
    locks: PathBuf,
    generations: Generations,
    passphrases: Passphrases,
    /// The key, derived once per process for the file's salt.
    key: Option<(Derivation, EncryptionKey)>,
    cancelled: Arc<AtomicBool>,
}

impl PassphraseFile {
    /// Opens nothing yet: the passphrase is asked for by the first call that needs it.
    pub fn new(file: &Path, state: &Path, passphrases: Passphrases) -> Self {
        Self {
            file: file.to_path_buf(),
            locks: state.join("locks"),
            generations: Generations::new(state),
            passphrases,
            key: None,
            cancelled: Arc::default(),
        }
    }

    fn read(&mut self) -> Result<Items, StorageError> {
        let highest = self.generations.highest();
        let Some(bytes) = read_bounded(&self.file)? else {
            return Ok(Items::new());
        };
        let items = self.decrypt(&FORMAT.read(&bytes)?)?;
        self.generations.notice(highest, generation_of(&items)?);
        Ok(items)
    }

    fn decrypt(&mut self, sealed: &SealedFile<'_>) -> Result<Items, StorageError> {
        if let Some((known, key)) = &self.key
            && *known == sealed.derivation
        {
            return sealed.open(key);
        }
        if !self.passphrases.is_explicit()
            && let Some(key) = unlocked::key(&self.file, &sealed.derivation)
            && let Ok(items) = sealed.open(&key)
        {
            self.key = Some((sealed.derivation.clone(), key));
            return Ok(items);
        }
        let (key, items) = self.passphrases.open(sealed)?;
        self.key = Some((sealed.derivation.clone(), key));
        Ok(items)
    }

    fn write(&mut self, items: &mut Items) -> Result<(), StorageError> {
        let (derivation, key) = self.key_for_writing()?;
        let highest = self.generations.highest();
        let next = highest.max(generation_of(items)?).saturating_add(1);
        items.insert(
            GENERATION.to_owned(),
            Secret::new(next.to_be_bytes().to_vec()),
        );
        let sealed = FORMAT.seal(&derivation, &key, items)?;
        atomic_file::replace(&self.file, &sealed)
            .map_err(StorageError::io("could not write the passphrase file"))?;
        // Recorded after the file is written: otherwise a crash in between would raise a false warning.
        self.generations.record(highest, next);
        Ok(())
    }

    /// Keeps the salt, because a new one would need a key derivation per write. The nonce is new each time.
    fn key_for_writing(&mut self) -> Result<(Derivation, EncryptionKey), StorageError> {
        let Some((known, key)) = &self.key else {
            let created = self.passphrases.create()?;
            // The key of an earlier file at this path opens nothing any more.
            let _ = unlocked::forget(&self.file);
            self.key = Some(created.clone());
            return Ok(created);
        };
        let current = known.with_current_cost();
        // Without the passphrase, because the file is unlocked, the cost stays.
        if let Some(passphrase) = &self.passphrases.known
            && current != *known
        {
            let key = self.passphrases.derive(|| current.key(passphrase))?;
            self.key = Some((current.clone(), key.clone()));
            return Ok((current, key));
        }
        Ok((known.clone(), key.clone()))
    }

    /// Asks for the passphrase if it is needed.
    fn prepare(&mut self) -> Result<(), StorageError> {
        if self.key.is_none() {
            self.read()?;
        }
        // There is no file yet.
        if self.key.is_none() {
            self.key_for_writing()?;
        }
        Ok(())
    }

    /// Reads, changes and writes the file under a lock, because other processes change it, too.
    fn change<T>(&mut self, change: impl FnOnce(&mut Items) -> T) -> Result<T, StorageError> {
        // Before the lock, which is not held while a person types.
        self.prepare()?;
        let waiting = self.passphrases.waiting.clone();
        let _lock = waiting
            .during(Awaited::Lock, || {
                lock::acquire(&self.locks, "passphrase-file", lock::DEADLINE)
            })
            .map_err(|problem| StorageError::Lock(Box::new(problem)))?;
        let mut items = self.read()?;
        let result = change(&mut items);
        // The wait for the lock can exceed the caller's deadline.
        check_not_cancelled(&self.cancelled)?;
        self.write(&mut items)?;
        Ok(result)
    }
}

impl Backend for PassphraseFile {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        Ok(self.read()?.remove(&item.to_string()))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.change(|items| {
            items.insert(item.to_string(), value.duplicate());
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        let name = item.to_string();
        // Without the item there is nothing to write.
        Ok(self.read()?.contains_key(&name)
            && self.change(|items| items.remove(&name).is_some())?)
    }

    fn prepare(&mut self, cancelled: &Arc<AtomicBool>, _may_ask: bool) {
        self.cancelled = Arc::clone(cancelled);
    }

    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        Ok(unlocked::until(&self.file).map_or(StorageStatus::Ready, StorageStatus::Unlocked))
    }

    fn unlock(&mut self, until: Timestamp) -> Result<(), StorageError> {
        let Some(bytes) = read_bounded(&self.file)? else {
            return Err(StorageError::NoFileYet);
        };
        let sealed = FORMAT.read(&bytes)?;
        // Before a passphrase is typed in vain.
        unlocked::check()?;
        let (key, _) = self.passphrases.open(&sealed)?;
        unlocked::keep(&self.file, &sealed.derivation, &key, until)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(self
            .read()?
            .keys()
            .filter_map(|name| ItemName::parse(name))
            .collect())
    }
}

/// Returns the number of writes; 0 for a new file.
fn generation_of(items: &Items) -> Result<u64, StorageError> {
    let Some(value) = items.get(GENERATION) else {
        return Ok(0);
    };
    let bytes = value.expose().try_into();
    bytes
        .map(u64::from_be_bytes)
        .map_err(|_| StorageError::damaged(FORMAT.what, "its generation is not a number"))
}

/// Returns how the key of a file is derived; `None` if there is no valid file.
pub(super) fn derivation_of(file: &Path) -> Option<Derivation> {
    let mut start = Vec::new();
    let file = std::fs::File::open(file).ok()?;
    // Reads no more than the header, and what must follow it.
    file.take(256).read_to_end(&mut start).ok()?;
    Some(FORMAT.read(&start).ok()?.derivation)
}

/// Reads at most one byte more than a file may have; [`FileFormat::read`] refuses a longer one. `None` without a file.
fn read_bounded(file: &Path) -> Result<Option<Vec<u8>>, StorageError> {
    let read = std::fs::File::open(file).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StorageError::io("could not read the passphrase file")(
            error,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sealed_file::HEADER;
    use uuid::Uuid;

    /// The content of a file.
    fn printed(file: &Path) -> PassphraseSource {
        let print: &[&str] = if cfg!(windows) {
            &["cmd", "/C", "type"]
        } else {
            &["cat"]
        };
        let command = print.iter().map(|word| (*word).to_owned());
        PassphraseSource::Command(command.chain([file.display().to_string()]).collect())
    }

    fn store(directory: &Path, passphrase: &str) -> Result<PassphraseFile, StorageError> {
        let word = directory.join("word");
        std::fs::write(&word, passphrase).unwrap();
        let mut store = with(directory, printed(&word));
        store.prepare()?;
        Ok(store)
    }

    fn with(directory: &Path, source: PassphraseSource) -> PassphraseFile {
        let passphrases = Passphrases::new(source, Arc::default(), Waiting::default());
        PassphraseFile::new(&directory.join("secrets"), directory, passphrases)
    }

    #[test]
    fn items_are_readable_with_the_passphrase_only() {
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
            Err(StorageError::WrongPassphrase)
        ));
        assert!(matches!(
            store(directory.path(), "\n"),
            Err(StorageError::NoPassphrase)
        ));
        assert!(again.delete(&item).unwrap());
        assert!(!again.delete(&item).unwrap());
    }

    #[test]
    fn weak_passphrase_is_refused_for_new_files_only() {
        let directory = tempfile::tempdir().unwrap();
        let weak = store(directory.path(), "short");
        assert!(matches!(weak, Err(StorageError::WeakPassphrase)));
        assert!(!directory.path().join("secrets").exists());
        let derivation = Derivation::cheap();
        let key = derivation.key(&Secret::from("short")).unwrap();
        let sealed = FORMAT.seal(&derivation, &key, &Items::new()).unwrap();
        std::fs::write(directory.path().join("secrets"), sealed).unwrap();
        assert!(store(directory.path(), "short").is_ok());
    }

    /// The key is reused within a process, so the nonce must never repeat.
    #[test]
    fn every_write_has_the_documented_cost_and_a_new_nonce() {
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

    /// A file with a cheap key derivation is opened, and written with the full cost.
    #[test]
    fn writing_raises_the_cost_of_a_cheap_file() {
        let directory = tempfile::tempdir().unwrap();
        let derivation = Derivation::cheap();
        let key = derivation.key(&Secret::from("right word")).unwrap();
        let sealed = FORMAT.seal(&derivation, &key, &Items::new()).unwrap();
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
    fn restored_older_file_is_reported_until_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let (directory, file) = (directory.path(), directory.path().join("secrets"));
        let generations = Generations::new(directory);
        write(directory, 1);
        let old = std::fs::read(&file).unwrap();
        write(directory, 2);
        write(directory, 3);
        assert_eq!(generations.rollback(), None);
        std::fs::write(&file, &old).unwrap();
        // Opening the file records the warning.
        let mut opened = store(directory, "right word").unwrap();
        let rollback = generations.rollback().unwrap();
        assert_eq!((rollback.found, rollback.expected), (1, 3));
        // The file is usable, and the next write has a number above all others.
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
    fn new_file_after_deletion_is_not_reported() {
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

    /// A machine without a record accepts any number, and a file written on another machine since then is not older.
    #[test]
    fn newer_file_is_accepted() {
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
    fn concurrent_writers_raise_no_warning() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write(directory, 1);
        std::thread::scope(|scope| {
            for writer in 0..3_u128 {
                scope.spawn(move || {
                    let mut store = with(directory, printed(&directory.join("word")));
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
