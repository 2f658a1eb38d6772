//! A store in memory, for the demo and for tests.

use std::collections::BTreeMap;

use super::{ItemName, Store, VaultError};
use aemkeys_core::credential::Secret;

#[derive(Default)]
pub struct Memory {
    items: BTreeMap<ItemName, Secret>,
}

impl Store for Memory {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        Ok(self.items.get(item).map(Secret::duplicate))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.items.insert(item.clone(), value.duplicate());
        Ok(())
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        Ok(self.items.remove(item).is_some())
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        Ok(self.items.keys().cloned().collect())
    }
}
