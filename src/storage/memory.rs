//! A backend in memory, for the demo and for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Backend, ItemName, StorageError, StorageStatus};
use aemkeys_core::credential::Secret;

/// Clones share the items, as processes share a keyring.
#[derive(Clone, Default)]
pub struct Memory {
    items: Arc<Mutex<BTreeMap<ItemName, Secret>>>,
}

impl Memory {
    fn items(&self) -> MutexGuard<'_, BTreeMap<ItemName, Secret>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Memory {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        Ok(self.items().get(item).map(Secret::duplicate))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.items().insert(item.clone(), value.duplicate());
        Ok(())
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        Ok(self.items().remove(item).is_some())
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(self.items().keys().cloned().collect())
    }
}

/// What a call on a backend does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<'a> {
    Read(&'a ItemName),
    /// Sets or deletes the item.
    Write(&'a ItemName),
    /// Lists the items, or asks for the status.
    List,
}

/// A backend in memory that runs a function before each call, for tests: the function can wait, fail or panic.
#[derive(Clone)]
pub struct HookedMemory<F> {
    pub memory: Memory,
    pub hook: F,
}

impl<F> Backend for HookedMemory<F>
where
    F: FnMut(Access<'_>) -> Result<(), StorageError> + Send,
{
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        (self.hook)(Access::Read(item))?;
        self.memory.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        (self.hook)(Access::Write(item))?;
        self.memory.set(item, value)
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        (self.hook)(Access::Write(item))?;
        self.memory.delete(item)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        (self.hook)(Access::List)?;
        self.memory.list()
    }

    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        (self.hook)(Access::List)?;
        Ok(StorageStatus::Ready)
    }
}
