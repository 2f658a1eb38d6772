//! Adding a file again restores what the storage has lost.

use super::*;
use crate::storage::{Backend as _, IndexFile, ItemName, Memory, StorageError};
use aemkeys_core::credential::{Secret, detect};
use aemkeys_simulator::fixtures::ServiceAccount;

async fn add(context: &AppContext) -> Added {
    let account = ServiceAccount::new("p1-e2", 0, "2036-02-14T07:35:37Z".parse().unwrap());
    let options = AddOptions {
        environment_type: Some(EnvironmentType::Stage),
        ..AddOptions::default()
    };
    let imported = detect(&account.file()).unwrap();
    store(context, imported, options).await.unwrap()
}

#[tokio::test]
async fn items_that_are_gone_empty_or_damaged_are_restored() {
    for lost in [None, Some(""), Some("damaged")] {
        for of_credential in [false, true] {
            let mut memory = Memory::default();
            let context = AppContext {
                storage: Storage::over("memory", Box::new(memory.clone())),
                index: IndexFile::in_memory(),
                ..crate::app::stateless_context().unwrap()
            };
            let Added::Stored {
                environment,
                identity,
                ..
            } = add(&context).await
            else {
                panic!("not new");
            };
            assert!(matches!(add(&context).await, Added::AlreadyStored { .. }));
            let item = if of_credential {
                ItemName::Credential(identity, 1)
            } else {
                ItemName::Environment(environment)
            };
            match lost {
                Some(value) => memory.set(&item, &Secret::from(value)).unwrap(),
                None => assert!(memory.delete(&item).unwrap()),
            }
            let read = context.storage.payload(&item);
            match lost {
                None => assert!(read.unwrap().is_none()),
                Some("") => assert!(matches!(read, Err(StorageError::Emptied { .. }))),
                Some(_) => assert!(matches!(read, Err(StorageError::Damaged { .. }))),
            }
            let restored = add(&context).await;
            assert!(
                matches!(restored, Added::Restored { .. }),
                "{lost:?} {of_credential}: {restored:?}"
            );
            let stored = context.storage.active_credential(restored.identity(), 1);
            assert!(stored.unwrap().is_some());
            assert!(matches!(add(&context).await, Added::AlreadyStored { .. }));
        }
    }
}
