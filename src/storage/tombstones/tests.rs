//! What an edited index and a hostile id can make the clean-up delete.

use super::*;
use crate::storage::{Backend, Memory};
use aemkeys_core::credential::{Kind, Secret};
use aemkeys_core::environment::{Environment, EnvironmentType, Identity, Name};

fn identity(id: u128) -> Identity {
    Identity {
        id: Uuid::from_u128(id),
        ..Identity::new(
            Name::parse(&format!("label-{id}")).unwrap(),
            Kind::ServiceCredentials,
        )
    }
}

fn environment(id: u128, identities: &[u128]) -> Environment {
    Environment {
        id: Uuid::from_u128(id),
        identities: identities.iter().map(|id| identity(*id)).collect(),
        ..Environment::new(
            Name::parse(&format!("environment-{id}")).unwrap(),
            EnvironmentType::Stage,
        )
    }
}

/// Environments 1 and 2 with an identity each, and the secrets of identity 30, which nothing names.
fn storage() -> (Storage, IndexFile) {
    let (storage, file) = (Storage::in_memory(), IndexFile::in_memory());
    for known in [environment(1, &[10]), environment(2, &[20])] {
        storage.put_environment(&known).unwrap();
        file.update(|index| index.put_environment(&known)).unwrap();
    }
    for id in [10, 20, 30] {
        for name in secrets(id) {
            storage.put_payload(&name, &Secret::from("x")).unwrap();
        }
    }
    (storage, file)
}

fn secrets(id: u128) -> [ItemName; 3] {
    let id = Uuid::from_u128(id);
    [
        ItemName::Credential(id, 1),
        ItemName::Token(id),
        ItemName::ReplacedToken(id),
    ]
}

fn items(storage: &Storage) -> Vec<ItemName> {
    let mut items = storage.items().unwrap();
    items.sort();
    items
}

#[test]
fn tombstones_in_an_edited_index_delete_nothing_that_is_in_use() {
    let all: Vec<u128> = vec![1, 2, 10, 20];
    for id in all.iter().map(|id| Uuid::from_u128(*id)) {
        for stone in [Owner::Environment(id), Owner::Identity(id)] {
            let (storage, file) = storage();
            let before = items(&storage);
            file.update(|index| {
                index.add_tombstones(&[stone]);
                // As if the stored ones were unknown.
                index.environments.clear();
            })
            .unwrap();
            finish(&storage, &file).unwrap();
            assert_eq!(items(&storage), before, "{stone:?}");
            assert!(file.read().unwrap().tombstones.is_empty());
        }
    }
}

#[test]
fn what_no_environment_names_is_deleted() {
    let (storage, file) = storage();
    let stone = Owner::Identity(Uuid::from_u128(30));
    file.update(|index| index.add_tombstones(&[stone])).unwrap();
    assert_eq!(finish(&storage, &file).unwrap(), 1);
    let left = items(&storage);
    assert!(secrets(30).iter().all(|name| !left.contains(name)));
    assert_eq!(left.len(), 8);
}

#[test]
fn an_identity_with_an_environments_id_takes_only_its_own_items_along() {
    let (storage, file) = storage();
    // It is named by nothing, and environment 1 has its id.
    let hostile = Uuid::from_u128(1);
    let token = ItemName::Token(hostile);
    let put = || storage.put_payload(&token, &Secret::from("x")).unwrap();
    put();
    file.update(|index| index.add_tombstones(&[Owner::Identity(hostile)]))
        .unwrap();
    finish(&storage, &file).unwrap();
    let left = items(&storage);
    assert!(!left.contains(&token));
    assert!(left.contains(&ItemName::Environment(hostile)));
    put();
    delete_secrets(&storage, &[hostile]).unwrap();
    assert_eq!(items(&storage), left);
    delete_secrets(&storage, &[Uuid::from_u128(10)]).unwrap();
    assert_eq!(items(&storage), left, "environment 1 names it");
}

#[test]
fn an_environment_that_cannot_be_read_may_name_anybody() {
    let mut store = Memory::default();
    let damaged = ItemName::Environment(Uuid::from_u128(9));
    store.set(&damaged, &Secret::from("{}")).unwrap();
    let storage = Storage::over("memory", Box::new(store));
    let file = IndexFile::in_memory();
    for name in secrets(30) {
        storage.put_payload(&name, &Secret::from("x")).unwrap();
    }
    let orphan = Owner::Identity(Uuid::from_u128(30));
    file.update(|index| index.add_tombstones(&[orphan]))
        .unwrap();
    finish(&storage, &file).unwrap();
    assert_eq!(items(&storage).len(), 4);
    assert_eq!(file.read().unwrap().tombstones, [orphan]);
    storage.delete(&damaged).unwrap();
    finish(&storage, &file).unwrap();
    assert!(items(&storage).is_empty());
}

#[test]
fn an_index_with_a_tombstone_of_no_kind_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let file = IndexFile::new(folder.path(), folder.path());
    let id = Uuid::from_u128(1);
    for stone in [
        format!("\"{id}\""),
        format!("{{\"item\":\"{id}\"}}"),
        "{\"environment\":\"x\"}".to_owned(),
    ] {
        let text = format!("{{\"version\":1,\"environments\":[],\"tombstones\":[{stone}]}}");
        std::fs::write(folder.path().join("index.json"), text).unwrap();
        assert!(
            matches!(file.read(), Err(StorageError::Damaged { .. })),
            "{stone}"
        );
    }
}
