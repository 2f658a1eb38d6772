//! Does another process keep the secrets elsewhere by now? The configuration says where; it is looked at before every call.
//!
//! A dashboard lives for days, and whoever waits for a lock may get it after `aemkeys storage move`: what is written to the
//! storage that was left would be acknowledged and never found again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Chosen, Vault, VaultOptions, chosen};
use crate::platform::Configuration;
use crate::platform::configuration::Storage;

type Make = Arc<dyn Fn(Storage) -> Chosen + Send + Sync>;

/// Where it is written which storage is in use, and what of it was seen.
pub(super) struct Following {
    file: PathBuf,
    seen: Option<Mark>,
    now: Storage,
    /// Chosen here and not yet configured, and what was in use before.
    ahead_of: Option<Storage>,
    make: Make,
}

/// Changes with every way a file is written. `None` inside: there is no file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark(Option<(u64, Option<SystemTime>, u64)>);

impl Vault {
    /// From here on the storage that `config.toml` names, whenever that changes. Not for one that a flag or a variable
    /// forces on this process.
    #[must_use]
    pub fn following(
        self,
        file: PathBuf,
        now: Storage,
        options: impl Fn(Storage) -> VaultOptions + Send + Sync + 'static,
    ) -> Self {
        let desk = self.desk.clone();
        self.following_with(
            file,
            now,
            Arc::new(move |storage| chosen(options(storage), &desk)),
        )
    }

    fn following_with(self, file: PathBuf, now: Storage, make: Make) -> Self {
        *self.state() = Some(Following {
            file,
            seen: None,
            now,
            ahead_of: None,
            make,
        });
        self
    }

    /// Before every call: one look at the file's dates, and a read only where they changed.
    pub(super) fn follow(&self) {
        let mut state = self.state();
        let Some(following) = state.as_mut() else {
            return;
        };
        let mark = Mark::of(&following.file);
        if following.seen == Some(mark) {
            return;
        }
        // What cannot be read says nothing: somebody may be in the middle of writing it.
        let Ok(configuration) = Configuration::load(&following.file) else {
            return;
        };
        following.seen = Some(mark);
        let storage = configuration.storage.unwrap_or_default();
        if storage == following.now {
            following.ahead_of = None;
        } else if following.ahead_of.is_none() && storage != Storage::Memory {
            tracing::info!(storage = storage.as_str(), "the secrets were moved");
            following.now = storage;
            self.worker.choose((following.make)(storage));
        }
    }

    /// This process has chosen before the configuration says so.
    pub(super) fn go_ahead(&self, storage: Storage) {
        if let Some(following) = self.state().as_mut() {
            following.ahead_of = Some(following.now);
            following.now = storage;
        }
    }

    /// It has thought better of it.
    pub(super) fn fall_back(&self) {
        if let Some(following) = self.state().as_mut()
            && let Some(before) = following.ahead_of.take()
        {
            following.now = before;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<Following>> {
        self.following
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shared by all clones of a vault.
pub(super) type Shared = Arc<Mutex<Option<Following>>>;

impl Mark {
    fn of(file: &std::path::Path) -> Self {
        let metadata = std::fs::metadata(file).ok();
        Self(metadata.map(|it| (it.len(), it.modified().ok(), place(&it))))
    }
}

/// A replaced file is another one, however fast it was replaced.
#[cfg(unix)]
fn place(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn place(_: &std::fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::credential::Secret;
    use crate::vault::{ItemName, Memory, Store, VaultError};

    /// Outlives its vault.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Memory>>);

    impl Store for Kept {
        fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
            self.0.lock().unwrap().get(item)
        }
        fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
            self.0.lock().unwrap().set(item, value)
        }
        fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
            self.0.lock().unwrap().delete(item)
        }
        fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
            self.0.lock().unwrap().list()
        }
    }

    struct House {
        keyring: Kept,
        file: Kept,
        folder: tempfile::TempDir,
    }

    impl House {
        fn vault(&self) -> Vault {
            let (keyring, file) = (self.keyring.clone(), self.file.clone());
            let make: Make = Arc::new(move |storage| {
                let store = match storage {
                    Storage::File => file.clone(),
                    _ => keyring.clone(),
                };
                Chosen {
                    name: storage.as_str(),
                    make: Arc::new(move |_| Ok(Box::new(store.clone()))),
                }
            });
            let vault = Vault::in_memory();
            vault.worker.choose(make(Storage::Keyring));
            vault.following_with(
                self.folder.path().join("config.toml"),
                Storage::Keyring,
                make,
            )
        }

        fn configure(&self, storage: Storage) {
            let file = self.folder.path().join("config.toml");
            Configuration::load(&file)
                .unwrap()
                .save_storage(storage)
                .unwrap();
        }
    }

    fn house() -> House {
        House {
            keyring: Kept::default(),
            file: Kept::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn write(vault: &Vault, number: u128) -> ItemName {
        let name = ItemName::Token(Uuid::from_u128(number));
        vault.put_payload(&name, &Secret::from("x")).unwrap();
        name
    }

    #[test]
    fn what_is_written_after_a_move_is_where_it_was_moved_to() {
        let house = house();
        let (vault, clone) = (house.vault(), house.vault());
        let before = write(&vault, 1);
        house.configure(Storage::File);
        let after = write(&vault, 2);
        assert_eq!(vault.storage_name(), "file");
        assert_eq!(house.keyring.clone().list().unwrap(), [before]);
        assert_eq!(
            house.file.clone().list().unwrap(),
            std::slice::from_ref(&after)
        );
        assert_eq!(clone.items().unwrap(), [after]);
        house.configure(Storage::Keyring);
        write(&clone, 3);
        assert_eq!(house.keyring.clone().list().unwrap().len(), 2);
    }

    #[test]
    fn a_broken_or_missing_configuration_changes_nothing() {
        let house = house();
        let vault = house.vault();
        write(&vault, 1);
        std::fs::write(house.folder.path().join("config.toml"), "storage = ").unwrap();
        write(&vault, 2);
        assert_eq!(house.keyring.clone().list().unwrap().len(), 2);
        house.configure_by_hand("storage = \"file\"\n");
        write(&vault, 3);
        assert_eq!(house.file.clone().list().unwrap().len(), 1);
    }

    impl House {
        fn configure_by_hand(&self, text: &str) {
            std::fs::write(self.folder.path().join("config.toml"), text).unwrap();
        }
    }

    #[test]
    fn a_choice_of_this_process_counts_before_it_is_configured() {
        let house = house();
        let vault = house.vault();
        write(&vault, 1);
        let before = vault.worker.choose(
            vault
                .state()
                .as_ref()
                .map(|it| (it.make)(Storage::File))
                .unwrap(),
        );
        vault.go_ahead(Storage::File);
        house.configure_by_hand("theme = \"dark\"\n");
        write(&vault, 2);
        assert_eq!(house.file.clone().list().unwrap().len(), 1);
        vault.go_back(before);
        house.configure_by_hand("theme = \"light\"\n");
        write(&vault, 3);
        assert_eq!(house.keyring.clone().list().unwrap().len(), 2);
    }
}
