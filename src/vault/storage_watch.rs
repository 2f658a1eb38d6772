//! Detects, before every call, that another process has moved the secrets to another storage, which `config.toml` names.
//!
//! A dashboard runs for days, and a process that waits for a lock may get it after `aemkeys storage move`. What it wrote to
//! the old storage would be acknowledged and never found again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Backend, Vault, VaultOptions, backend_for};
use crate::platform::Configuration;
use crate::platform::configuration::Storage;

type MakeBackend = Arc<dyn Fn(Storage) -> Backend + Send + Sync>;

/// The watched configuration file and its last known state.
pub(super) struct StorageWatch {
    file: PathBuf,
    seen: Option<FileState>,
    current: Storage,
    /// Backend here and not yet configured, and what was in use before.
    unsaved_previous: Option<Storage>,
    open_backend: MakeBackend,
}

/// Size, modification time and inode of the file, which change whenever it is written. `None` if there is no file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileState(Option<(u64, Option<SystemTime>, u64)>);

impl Vault {
    /// Switches to the storage that `config.toml` names whenever that changes. Not used if a flag or an environment variable
    /// sets the storage.
    #[must_use]
    pub fn with_storage_watch(
        self,
        file: PathBuf,
        now: Storage,
        options: impl Fn(Storage) -> VaultOptions + Send + Sync + 'static,
    ) -> Self {
        let broker = self.broker.clone();
        self.with_backend_watch(
            file,
            now,
            Arc::new(move |storage| backend_for(options(storage), &broker)),
        )
    }

    fn with_backend_watch(self, file: PathBuf, now: Storage, make: MakeBackend) -> Self {
        *self.state() = Some(StorageWatch {
            file,
            seen: None,
            current: now,
            unsaved_previous: None,
            open_backend: make,
        });
        self
    }

    /// Called before every call: checks the state of the file, and reads it only if that changed.
    pub(super) fn check_storage_watch(&self) {
        let mut state = self.state();
        let Some(watch) = state.as_mut() else {
            return;
        };
        let state_of_file = FileState::of(&watch.file);
        if watch.seen == Some(state_of_file) {
            return;
        }
        // Ignore a file that cannot be read: it may be being written.
        let Ok(configuration) = Configuration::load(&watch.file) else {
            return;
        };
        watch.seen = Some(state_of_file);
        let storage = configuration.storage.unwrap_or_default();
        if storage == watch.current {
            watch.unsaved_previous = None;
        } else if watch.unsaved_previous.is_none() && storage != Storage::Memory {
            tracing::info!(
                storage = storage.as_str(),
                "switched to the storage in config.toml"
            );
            watch.current = storage;
            self.worker.switch_to((watch.open_backend)(storage));
        }
    }

    /// Records that this process has switched before the configuration is saved.
    pub(super) fn set_unsaved_storage(&self, storage: Storage) {
        if let Some(watch) = self.state().as_mut() {
            watch.unsaved_previous = Some(watch.current);
            watch.current = storage;
        }
    }

    /// Reverts to the storage before [`Vault::set_unsaved_storage`].
    pub(super) fn revert_unsaved_storage(&self) {
        if let Some(watch) = self.state().as_mut()
            && let Some(before) = watch.unsaved_previous.take()
        {
            watch.current = before;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<StorageWatch>> {
        self.storage_watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shared by all clones of a vault.
pub(super) type Shared = Arc<Mutex<Option<StorageWatch>>>;

impl FileState {
    fn of(file: &std::path::Path) -> Self {
        let metadata = std::fs::metadata(file).ok();
        Self(metadata.map(|it| (it.len(), it.modified().ok(), inode(&it))))
    }
}

/// Returns the inode, which differs for a replaced file even within the resolution of its modification time.
#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::vault::{ItemName, Memory, Store, VaultError};
    use aemkeys_core::credential::Secret;

    /// A store that outlives its vault.
    #[derive(Clone, Default)]
    struct SharedStore(Arc<Mutex<Memory>>);

    impl Store for SharedStore {
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

    struct Fixture {
        keyring: SharedStore,
        file: SharedStore,
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn vault(&self) -> Vault {
            let (keyring, file) = (self.keyring.clone(), self.file.clone());
            let make: MakeBackend = Arc::new(move |storage| {
                let store = match storage {
                    Storage::File => file.clone(),
                    _ => keyring.clone(),
                };
                Backend {
                    name: storage.as_str(),
                    make: Arc::new(move |_| Ok(Box::new(store.clone()))),
                }
            });
            let vault = Vault::in_memory();
            vault.worker.switch_to(make(Storage::Keyring));
            vault.with_backend_watch(
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

    fn fixture() -> Fixture {
        Fixture {
            keyring: SharedStore::default(),
            file: SharedStore::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn write(vault: &Vault, number: u128) -> ItemName {
        let name = ItemName::Token(Uuid::from_u128(number));
        vault.put_payload(&name, &Secret::from("x")).unwrap();
        name
    }

    #[test]
    fn writes_after_a_move_go_to_the_new_storage() {
        let fixture = fixture();
        let (vault, clone) = (fixture.vault(), fixture.vault());
        let before = write(&vault, 1);
        fixture.configure(Storage::File);
        let after = write(&vault, 2);
        assert_eq!(vault.storage_name(), "file");
        assert_eq!(fixture.keyring.clone().list().unwrap(), [before]);
        assert_eq!(
            fixture.file.clone().list().unwrap(),
            std::slice::from_ref(&after)
        );
        assert_eq!(clone.items().unwrap(), [after]);
        fixture.configure(Storage::Keyring);
        write(&clone, 3);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
    }

    #[test]
    fn broken_or_missing_configuration_changes_nothing() {
        let fixture = fixture();
        let vault = fixture.vault();
        write(&vault, 1);
        std::fs::write(fixture.folder.path().join("config.toml"), "storage = ").unwrap();
        write(&vault, 2);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
        fixture.configure_by_hand("storage = \"file\"\n");
        write(&vault, 3);
        assert_eq!(fixture.file.clone().list().unwrap().len(), 1);
    }

    impl Fixture {
        fn configure_by_hand(&self, text: &str) {
            std::fs::write(self.folder.path().join("config.toml"), text).unwrap();
        }
    }

    #[test]
    fn unsaved_storage_of_this_process_takes_precedence() {
        let fixture = fixture();
        let vault = fixture.vault();
        write(&vault, 1);
        let before = vault.worker.switch_to(
            vault
                .state()
                .as_ref()
                .map(|it| (it.open_backend)(Storage::File))
                .unwrap(),
        );
        vault.set_unsaved_storage(Storage::File);
        fixture.configure_by_hand("theme = \"dark\"\n");
        write(&vault, 2);
        assert_eq!(fixture.file.clone().list().unwrap().len(), 1);
        vault.restore_storage(before);
        fixture.configure_by_hand("theme = \"light\"\n");
        write(&vault, 3);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
    }
}
