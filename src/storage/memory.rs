//! A store in memory, for the demo and for tests.

use std::collections::BTreeMap;

use super::{Backend, ItemName, StorageError};
use aemkeys_core::credential::Secret;

#[derive(Default)]
pub struct Memory {
    items: BTreeMap<ItemName, Secret>,
}

impl Backend for Memory {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        Ok(self.items.get(item).map(Secret::duplicate))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.items.insert(item.clone(), value.duplicate());
        Ok(())
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        Ok(self.items.remove(item).is_some())
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(self.items.keys().cloned().collect())
    }
}
