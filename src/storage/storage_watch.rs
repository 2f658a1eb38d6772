//! Detects, before every call, that another process has moved the secrets to another storage, which `config.toml` names.
//!
//! A dashboard runs for days, and a process that waits for a lock may get it after `aemkeys storage move`. What it wrote to
//! the old storage would be acknowledged and never found again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{BackendFactory, Storage, StorageOptions, backend_for};
use crate::platform::Configuration;
use crate::platform::configuration::StorageKind;

type MakeBackend = Arc<dyn Fn(StorageKind) -> BackendFactory + Send + Sync>;

/// The watched configuration file and its last known state.
pub(super) struct StorageWatch {
    file: PathBuf,
    seen: Option<FileState>,
    current: StorageKind,
    /// Backend here and not yet configured, and what was in use before.
    unsaved_previous: Option<StorageKind>,
    open_backend: MakeBackend,
}

/// Size, modification time and inode of the file, which change whenever it is written. `None` if there is no file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileState(Option<(u64, Option<SystemTime>, u64)>);

impl Storage {
    /// Switches to the storage that `config.toml` names whenever that changes. Not used if a flag or an environment variable
    /// sets the storage.
    #[must_use]
    pub fn with_storage_watch(
        self,
        file: PathBuf,
        now: StorageKind,
        options: impl Fn(StorageKind) -> StorageOptions + Send + Sync + 'static,
    ) -> Self {
        let broker = self.broker.clone();
        self.with_backend_watch(
            file,
            now,
            Arc::new(move |storage| backend_for(options(storage), &broker)),
        )
    }

    fn with_backend_watch(self, file: PathBuf, now: StorageKind, make: MakeBackend) -> Self {
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
        } else if watch.unsaved_previous.is_none() && storage != StorageKind::Memory {
            tracing::info!(
                storage = storage.as_str(),
                "switched to the storage in config.toml"
            );
            watch.current = storage;
            self.worker.switch_to((watch.open_backend)(storage));
        }
    }

    /// Records that this process has switched before the configuration is saved.
    pub(super) fn set_unsaved_storage(&self, storage: StorageKind) {
        if let Some(watch) = self.state().as_mut() {
            watch.unsaved_previous = Some(watch.current);
            watch.current = storage;
        }
    }

    /// Reverts to the storage before [`Storage::set_unsaved_storage`].
    pub(super) fn revert_unsaved_storage(&self) {
        if let Some(watch) = self.state().as_mut()
            && let Some(before) = watch.unsaved_previous.take()
        {
            watch.current = before;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<StorageWatch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shared by all clones of a storage.
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
    use crate::storage::{Backend, ItemName, Memory, StorageError};
    use aemkeys_core::credential::Secret;

    /// A store that outlives its storage.
    #[derive(Clone, Default)]
    struct SharedStore(Arc<Mutex<Memory>>);

    impl Backend for SharedStore {
        fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
            self.0.lock().unwrap().get(item)
        }
        fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
            self.0.lock().unwrap().set(item, value)
        }
        fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
            self.0.lock().unwrap().delete(item)
        }
        fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
            self.0.lock().unwrap().list()
        }
    }

    struct Fixture {
        keyring: SharedStore,
        file: SharedStore,
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn storage(&self) -> Storage {
            let (keyring, file) = (self.keyring.clone(), self.file.clone());
            let make: MakeBackend = Arc::new(move |storage| {
                let store = match storage {
                    StorageKind::File => file.clone(),
                    _ => keyring.clone(),
                };
                BackendFactory {
                    name: storage.as_str(),
                    make: Arc::new(move |_| Ok(Box::new(store.clone()))),
                }
            });
            let storage = Storage::in_memory();
            storage.worker.switch_to(make(StorageKind::Keyring));
            storage.with_backend_watch(
                self.folder.path().join("config.toml"),
                StorageKind::Keyring,
                make,
            )
        }

        fn configure(&self, storage: StorageKind) {
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

    fn write(storage: &Storage, number: u128) -> ItemName {
        let name = ItemName::Token(Uuid::from_u128(number));
        storage.put_payload(&name, &Secret::from("x")).unwrap();
        name
    }

    #[test]
    fn writes_after_a_move_go_to_the_new_storage() {
        let fixture = fixture();
        let (storage, clone) = (fixture.storage(), fixture.storage());
        let before = write(&storage, 1);
        fixture.configure(StorageKind::File);
        let after = write(&storage, 2);
        assert_eq!(storage.storage_name(), "file");
        assert_eq!(fixture.keyring.clone().list().unwrap(), [before]);
        assert_eq!(
            fixture.file.clone().list().unwrap(),
            std::slice::from_ref(&after)
        );
        assert_eq!(clone.items().unwrap(), [after]);
        fixture.configure(StorageKind::Keyring);
        write(&clone, 3);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
    }

    #[test]
    fn broken_or_missing_configuration_changes_nothing() {
        let fixture = fixture();
        let storage = fixture.storage();
        write(&storage, 1);
        std::fs::write(fixture.folder.path().join("config.toml"), "storage = ").unwrap();
        write(&storage, 2);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
        fixture.configure_by_hand("storage = \"file\"\n");
        write(&storage, 3);
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
        let storage = fixture.storage();
        write(&storage, 1);
        let before = storage.worker.switch_to(
            storage
                .state()
                .as_ref()
                .map(|it| (it.open_backend)(StorageKind::File))
                .unwrap(),
        );
        storage.set_unsaved_storage(StorageKind::File);
        fixture.configure_by_hand("theme = \"dark\"\n");
        write(&storage, 2);
        assert_eq!(fixture.file.clone().list().unwrap().len(), 1);
        storage.restore_storage(before);
        fixture.configure_by_hand("theme = \"light\"\n");
        write(&storage, 3);
        assert_eq!(fixture.keyring.clone().list().unwrap().len(), 2);
    }
}
