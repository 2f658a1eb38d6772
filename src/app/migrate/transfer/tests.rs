//! Is anything lost when a store fails, lies, is too small, or the process ends between two steps?

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::*;
use crate::app::AppContext;
use crate::storage::{Backend, IndexFile};
use aemkeys_core::credential::{Code, Kind};
use aemkeys_core::environment::{Environment, EnvironmentType, Identity, Name};

/// Outlives its storage, as a keyring does.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    items: BTreeMap<ItemName, Secret>,
    /// So many writes and deletions more are done.
    lives: Option<usize>,
    /// Says that it has written, and has not.
    forgets: bool,
    limit: Option<usize>,
}

impl Shared {
    fn names(&self) -> Vec<ItemName> {
        self.0.lock().unwrap().items.keys().cloned().collect()
    }

    fn set(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.0.lock().unwrap());
    }

    fn storage(&self) -> Storage {
        Storage::over("shared", Box::new(self.clone()))
    }
}

impl Inner {
    fn live(&mut self) -> Result<(), StorageError> {
        match &mut self.lives {
            Some(0) => Err(StorageError::Other("the store broke".to_owned())),
            Some(lives) => {
                *lives -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Backend for Shared {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        let inner = self.0.lock().unwrap();
        Ok(inner.items.get(item).map(Secret::duplicate))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        let mut inner = self.0.lock().unwrap();
        inner.live()?;
        if !inner.forgets {
            inner.items.insert(item.clone(), value.duplicate());
        }
        Ok(())
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        let mut inner = self.0.lock().unwrap();
        inner.live()?;
        Ok(inner.items.remove(item).is_some())
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(self.names())
    }

    fn limit(&self) -> Option<usize> {
        self.0.lock().unwrap().limit
    }
}

struct House {
    directory: tempfile::TempDir,
    keyring: Shared,
    file: Shared,
    index: IndexFile,
}

impl House {
    /// Three environments in the keyring.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keyring = Shared::default();
        let index = IndexFile::new(directory.path(), directory.path());
        let storage = keyring.storage();
        for number in 1..=3 {
            let environment = Environment {
                id: Uuid::from_u128(number),
                identities: vec![Identity {
                    kind: Kind::Local,
                    ..identity(number + 100)
                }],
                notes: "n".repeat(200),
                ..Environment::new(
                    Name::parse(&format!("stage-{number}")).unwrap(),
                    EnvironmentType::Stage,
                )
            };
            storage.put_environment(&environment).unwrap();
            index
                .update(|index| index.put_environment(&environment))
                .unwrap();
        }
        Self {
            directory,
            keyring,
            file: Shared::default(),
            index,
        }
    }

    /// As a new process finds it: the configuration says what is in use.
    fn storages(&self) -> Storages {
        let configuration = self.directory.path().join("config.toml");
        let used = crate::platform::Configuration::load(&configuration)
            .unwrap()
            .storage
            .unwrap_or_default();
        let (storage, other) = match used {
            StorageKind::File => (self.file.storage(), self.keyring.storage()),
            _ => (self.keyring.storage(), self.file.storage()),
        };
        let context = AppContext {
            storage,
            index: self.index.clone(),
            state_dir: Some(self.directory.path().to_path_buf()),
            configuration: std::sync::Arc::new(
                crate::platform::Configuration::load(&configuration).unwrap(),
            ),
            ..crate::app::stateless_context().unwrap()
        };
        Storages {
            passphrase: None,
            is_forced: false,
            context,
            used,
            other,
            configuration,
            data_dir: self.directory.path().to_path_buf(),
        }
    }

    fn migrate_to(&self, target: StorageKind) -> Result<Migrated, Problem> {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(migrate_to(&self.storages(), target))
    }

    /// What the storage in use holds can be read, all of it.
    fn assert_whole(&self) {
        let storages = self.storages();
        for number in 1..=3 {
            let found = storages
                .context
                .storage
                .environment(Uuid::from_u128(number));
            assert!(found.unwrap().is_some(), "{number} is lost");
        }
    }

    fn mend(&self) {
        for store in [&self.keyring, &self.file] {
            store.set(|inner| {
                *inner = Inner {
                    items: std::mem::take(&mut inner.items),
                    ..Inner::default()
                }
            });
        }
    }
}

fn identity(number: u128) -> Identity {
    serde_json::from_value(serde_json::json!({
        "id": Uuid::from_u128(number), "label": "sdk", "kind": "local"
    }))
    .unwrap()
}

#[test]
fn there_and_back_again() {
    let house = House::new();
    let before = house.keyring.names();
    let moved = house.migrate_to(StorageKind::File).unwrap();
    assert_eq!(
        (moved.items, moved.deleted, moved.not_deleted.len()),
        (3, 3, 0)
    );
    assert!(house.keyring.names().is_empty());
    assert_eq!(house.file.names(), before);
    house.assert_whole();
    assert_eq!(house.index.read().unwrap().environments.len(), 3);
    assert_eq!(
        house.migrate_to(StorageKind::File).unwrap_err().code,
        Code::Usage
    );
    house.migrate_to(StorageKind::Keyring).unwrap();
    assert_eq!(house.keyring.names(), before);
    assert!(house.file.names().is_empty());
    assert!(!house.directory.path().join("migration.json").exists());
}

#[test]
fn leaked_keys_of_both_storages_are_there_after_a_move() {
    let house = House::new();
    let digest = |byte| aemkeys_core::credential::KeyDigest::from_bytes(&[byte; 32]).unwrap();
    house.keyring.storage().mark_leaked(&digest(1)).unwrap();
    house.file.storage().mark_leaked(&digest(2)).unwrap();
    house.migrate_to(StorageKind::File).unwrap();
    let both = [digest(1), digest(2)];
    assert_eq!(house.file.storage().leaked_keys().unwrap(), both);
    house.migrate_to(StorageKind::Keyring).unwrap();
    assert_eq!(house.keyring.storage().leaked_keys().unwrap(), both);
    assert!(house.file.names().is_empty());
}

#[test]
fn a_store_that_breaks_at_any_write_loses_nothing_and_a_rerun_completes() {
    for lives in 0..3 {
        let house = House::new();
        house.file.set(|inner| inner.lives = Some(lives));
        house.migrate_to(StorageKind::File).unwrap_err();
        assert_eq!(house.storages().used, StorageKind::Keyring);
        assert_eq!(house.keyring.names().len(), 3);
        house.mend();
        house.migrate_to(StorageKind::File).unwrap();
        house.assert_whole();
        assert!(house.keyring.names().is_empty());
    }
}

#[test]
fn a_source_that_cannot_delete_is_told_and_emptied_later() {
    for lives in 0..3 {
        let house = House::new();
        house.keyring.set(|inner| inner.lives = Some(lives));
        let moved = house.migrate_to(StorageKind::File).unwrap();
        assert_eq!(moved.deleted, lives);
        assert!(!moved.not_deleted.is_empty());
        house.assert_whole();
        assert_eq!(house.storages().used, StorageKind::File);
        house.mend();
        let finished = house.migrate_to(StorageKind::File).unwrap();
        assert_eq!((finished.items, finished.deleted), (0, 3 - lives));
        assert!(house.keyring.names().is_empty());
        house.assert_whole();
    }
}

#[test]
fn a_store_that_lies_is_not_believed() {
    let house = House::new();
    house.file.set(|inner| inner.forgets = true);
    assert_eq!(
        house.migrate_to(StorageKind::File).unwrap_err().code,
        Code::ReadBackDiffers
    );
    assert_eq!(house.storages().used, StorageKind::Keyring);
    assert_eq!(house.keyring.names().len(), 3);
}

#[test]
fn what_does_not_fit_is_named_before_anything_is_written() {
    let house = House::new();
    house.file.set(|inner| inner.limit = Some(300));
    let problem = house.migrate_to(StorageKind::File).unwrap_err();
    assert_eq!(problem.code, Code::TooLargeForStore);
    let named = problem.cause.unwrap();
    for name in ["stage-1", "stage-2", "stage-3"] {
        assert!(named.contains(name), "{named}");
    }
    assert!(house.file.names().is_empty());
}

#[test]
fn a_damaged_item_keeps_everything_where_it_is() {
    let house = House::new();
    let item = ItemName::Environment(Uuid::from_u128(2));
    house.keyring.set(|inner| {
        inner.items.insert(item, Secret::from("AEMKgarbage"));
    });
    let problem = house.migrate_to(StorageKind::File).unwrap_err();
    assert_eq!(problem.code, Code::ItemDamaged);
    assert!(problem.cause.unwrap().contains("stage-2"));
    assert!(house.file.names().is_empty());
}

/// The keyring could not delete what was moved away, and two of it were removed since.
fn with_leftovers() -> House {
    let house = House::new();
    house.keyring.set(|inner| inner.lives = Some(0));
    house.migrate_to(StorageKind::File).unwrap();
    house.mend();
    let (storage, gone) = (house.storages().context.storage, Uuid::from_u128(2));
    storage.delete(&ItemName::Environment(gone)).unwrap();
    house
        .index
        .update(|index| index.environments.retain(|entry| entry.id != gone))
        .unwrap();
    house
}

#[test]
fn what_was_removed_after_a_move_is_not_back_after_the_way_back() {
    let house = with_leftovers();
    house.migrate_to(StorageKind::Keyring).unwrap();
    let gone = ItemName::Environment(Uuid::from_u128(2));
    assert_eq!(house.keyring.names().len(), 2);
    assert!(!house.keyring.names().contains(&gone));
    reconcile(&house.storages().context.storage, &house.index).unwrap();
    assert_eq!(house.index.read().unwrap().environments.len(), 2);
    assert!(!house.directory.path().join("migration.json").exists());
}

#[test]
fn what_nobody_has_noted_is_somebodys_and_stops_the_move() {
    let house = with_leftovers();
    std::fs::remove_file(house.directory.path().join("migration.json")).unwrap();
    let problem = house.migrate_to(StorageKind::Keyring).unwrap_err();
    assert_eq!(problem.code, Code::StorageInUse);
    assert!(
        problem
            .next_step
            .unwrap()
            .in_shell()
            .contains("--storage keyring")
    );
    assert_eq!(house.keyring.names().len(), 3);
    assert_eq!(house.storages().used, StorageKind::File);
}

#[test]
fn a_second_mover_that_waited_does_nothing() {
    let house = House::new();
    let late = house.storages();
    house.migrate_to(StorageKind::File).unwrap();
    let problem = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(migrate_to(&late, StorageKind::File))
        .unwrap_err();
    assert_eq!(problem.code, Code::StorageMoved);
    house.assert_whole();
}

#[test]
fn a_try_that_failed_leaves_nothing_that_comes_back() {
    let house = House::new();
    house.file.set(|inner| inner.lives = Some(2));
    house.migrate_to(StorageKind::File).unwrap_err();
    house.mend();
    let gone = Uuid::from_u128(1);
    let storage = house.storages().context.storage;
    storage.delete(&ItemName::Environment(gone)).unwrap();
    house
        .index
        .update(|index| index.environments.retain(|entry| entry.id != gone))
        .unwrap();
    house.migrate_to(StorageKind::File).unwrap();
    assert_eq!(house.file.names().len(), 2);
}

#[test]
fn the_last_copy_of_what_the_list_knows_is_never_deleted() {
    let house = House::new();
    house.keyring.set(|inner| inner.lives = Some(0));
    house.migrate_to(StorageKind::File).unwrap();
    house.mend();
    let lost = ItemName::Environment(Uuid::from_u128(3));
    house.file.set(|inner| {
        inner.items.remove(&lost);
    });
    assert_eq!(
        house.migrate_to(StorageKind::File).unwrap_err().code,
        Code::StorageEmpty
    );
    assert_eq!(house.keyring.names().len(), 3);
}

#[test]
fn an_empty_storage_in_use_never_lets_the_other_be_emptied() {
    let house = House::new();
    house.keyring.set(|inner| inner.lives = Some(0));
    house.migrate_to(StorageKind::File).unwrap();
    house.mend();
    house.file.set(|inner| inner.items.clear());
    assert_eq!(
        house.migrate_to(StorageKind::File).unwrap_err().code,
        Code::StorageEmpty
    );
    assert_eq!(house.keyring.names().len(), 3);
}
