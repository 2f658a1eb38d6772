//! The storage file: all secrets in one file under a passphrase, for machines without a keyring.
//!
//! The whole file is one sealed message, so that nobody learns how many items it holds or which ones change.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::call::check_not_cancelled;
use super::generation::Generations;
use super::key_derivation::{Derivation, EncryptionKey};
use super::sealed_file::{FileFormat, Items, MAX_BYTES};
use super::{
    Backend, ItemName, PassphraseBroker, PassphraseSource, Prompts, StorageError, read_passphrase,
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
    known: "Passphrase: ",
    new: "New passphrase for the passphrase file (at least 8 characters, 4 of them different): ",
};

pub struct PassphraseFile {
    file: PathBuf,
    locks: PathBuf,
    generations: Generations,
    passphrase: Secret,
    /// The key, derived once per process for the file's salt.
    key: Option<(Derivation, EncryptionKey)>,
    cancelled: Arc<AtomicBool>,
}

impl PassphraseFile {
    pub fn open(
        file: &Path,
        state: &Path,
        source: &PassphraseSource,
        broker: &PassphraseBroker,
        prompting: &AtomicBool,
    ) -> Result<Self, StorageError> {
        let exists = file.exists();
        let mut was_wrong = false;
        loop {
            // The longer deadline applies while the user types.
            prompting.store(true, Ordering::Relaxed);
            let passphrase = match source {
                PassphraseSource::Dashboard => broker.ask(was_wrong),
                source => read_passphrase(source, exists, &PROMPTS),
            };
            prompting.store(false, Ordering::Relaxed);
            let mut store = Self {
                file: file.to_path_buf(),
                locks: state.join("locks"),
                generations: Generations::new(state),
                passphrase: passphrase?,
                key: None,
                cancelled: Arc::default(),
            };
            // Deriving the key can take seconds on a slow machine, which must not count as a hang.
            prompting.store(true, Ordering::Relaxed);
            let ready = if exists {
                // Reports a wrong passphrase now instead of at the first write.
                store.read().map(drop)
            } else {
                Derivation::new(&store.passphrase).map(|fresh| store.key = Some(fresh))
            };
            prompting.store(false, Ordering::Relaxed);
            match ready {
                Ok(()) => return Ok(store),
                Err(StorageError::WrongPassphrase)
                    if matches!(source, PassphraseSource::Dashboard) =>
                {
                    was_wrong = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn key_for(&mut self, derivation: &Derivation) -> Result<EncryptionKey, StorageError> {
        if let Some((known, key)) = &self.key
            && known == derivation
        {
            return Ok(key.clone());
        }
        let key = derivation.key(&self.passphrase)?;
        self.key = Some((derivation.clone(), key.clone()));
        Ok(key)
    }

    fn read(&mut self) -> Result<Items, StorageError> {
        let highest = self.generations.highest();
        let bytes = match read_bounded(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Items::new()),
            Err(source) => {
                return Err(StorageError::io("could not read the passphrase file")(
                    source,
                ));
            }
        };
        let message = FORMAT.read(&bytes)?;
        let key = self.key_for(&message.derivation)?;
        let items = message.open(&key)?;
        self.generations.record(highest, generation_of(&items)?);
        Ok(items)
    }

    fn write(&mut self, items: &mut Items) -> Result<(), StorageError> {
        // Keeps the salt, because a new one would need a key derivation per write. The nonce is new each time.
        let (derivation, key) = match &self.key {
            Some((known, _)) => {
                let with_current_cost = known.with_current_cost();
                let key = self.key_for(&with_current_cost)?;
                (with_current_cost, key)
            }
            None => Derivation::new(&self.passphrase)?,
        };
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

    /// Reads, changes and writes the file under a lock, because other processes change it, too.
    fn change<T>(&mut self, change: impl FnOnce(&mut Items) -> T) -> Result<T, StorageError> {
        let _lock = lock::acquire(&self.locks, "passphrase-file", lock::DEADLINE)
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
        self.change(|items| items.remove(&item.to_string()).is_some())
    }

    fn set_cancel_flag(&mut self, cancelled: &Arc<AtomicBool>) {
        self.cancelled = Arc::clone(cancelled);
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

/// Reads at most one byte more than a file may have; [`FileFormat::read`] refuses a longer one.
fn read_bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sealed_file::HEADER;
    use uuid::Uuid;

    fn store(directory: &Path, passphrase: &str) -> Result<PassphraseFile, StorageError> {
        let word = directory.join("word");
        std::fs::write(&word, passphrase).unwrap();
        let source = PassphraseSource::Command(vec!["cat".to_owned(), word.display().to_string()]);
        PassphraseFile::open(
            &directory.join("secrets"),
            directory,
            &source,
            &PassphraseBroker::default(),
            &AtomicBool::new(false),
        )
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
                    let source =
                        PassphraseSource::Command(vec!["echo".to_owned(), "right word".to_owned()]);
                    let mut store = PassphraseFile::open(
                        &directory.join("secrets"),
                        directory,
                        &source,
                        &PassphraseBroker::default(),
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
