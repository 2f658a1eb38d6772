//! A call on the storage thread: envelopes, size limits, and reading back what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Backend, ItemName, StorageError, envelope};
use aemkeys_core::credential::Secret;

/// A backend during one call. Writes nothing once its caller has given up.
pub(super) struct BackendCall<'a> {
    backend: &'a mut dyn Backend,
    cancelled: Arc<AtomicBool>,
}

impl<'a> BackendCall<'a> {
    pub fn new(backend: &'a mut dyn Backend, cancelled: Arc<AtomicBool>) -> Self {
        backend.prepare(&cancelled, true);
        Self { backend, cancelled }
    }

    /// Fails instead of showing a prompt.
    pub fn without_prompts(&mut self) {
        self.backend.prepare(&self.cancelled, false);
    }

    /// Returns the backend, for calls that read no item and write nothing.
    pub fn backend(&mut self) -> &mut dyn Backend {
        self.backend
    }

    /// Reads an item, and reads it again if it is damaged, because the cause may have been on the way.
    pub fn read(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        let mut attempt = || {
            let value = self.backend.get(item)?;
            value.map(|value| envelope::open(item, &value)).transpose()
        };
        match attempt() {
            Err(StorageError::Damaged { .. }) => attempt(),
            outcome => outcome,
        }
    }

    /// Writes an item, reads it back and compares. Restores the previous value if the new one is damaged.
    ///
    /// Reading first makes sure that the backend has finished an earlier write whose outcome is unknown.
    pub fn write(&mut self, item: &ItemName, payload: &Secret) -> Result<(), StorageError> {
        let value = self.seal(item, payload)?;
        let before = self.backend.get(item)?;
        self.set(item, &value)?;
        if self.backend.get(item)?.is_some_and(|found| found == value) {
            return Ok(());
        }
        // Best effort.
        let _ = match before {
            Some(before) => self.set(item, &before),
            None => self.remove(item).map(|_| ()),
        };
        Err(StorageError::ReadBackDiffers)
    }

    /// Deletes an item and verifies that it is gone. Returns whether it existed.
    pub fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        let existed = self.remove(item)?;
        // Some backends report success without having deleted.
        if existed && self.backend.get(item)?.is_some() {
            return Err(StorageError::Other(format!(
                "{item} still exists after it was deleted"
            )));
        }
        Ok(existed)
    }

    /// Returns the value to store. Fails if it is too large for the backend.
    pub fn seal(&self, item: &ItemName, payload: &Secret) -> Result<Secret, StorageError> {
        let value = envelope::seal(item, payload.expose(), self.backend.wants_text());
        match self.backend.limit() {
            Some(limit) if value.len() > limit => Err(StorageError::TooLarge {
                item: item.to_string(),
                size: value.len(),
                limit,
            }),
            _ => Ok(value),
        }
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        check_not_cancelled(&self.cancelled)?;
        self.backend.set(item, value)
    }

    fn remove(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        check_not_cancelled(&self.cancelled)?;
        self.backend.delete(item)
    }
}

/// Fails if the caller has given up.
pub(super) fn check_not_cancelled(cancelled: &AtomicBool) -> Result<(), StorageError> {
    if cancelled.load(Ordering::Acquire) {
        return Err(StorageError::Other(
            "the call was cancelled after its deadline".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::storage::{Memory, Storage};

    /// Memory whose next write is damaged while the flag is set.
    #[derive(Clone)]
    struct Damaging(Memory, Arc<AtomicBool>);

    impl Backend for Damaging {
        fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
            self.0.get(item)
        }
        fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
            if self.1.swap(false, Ordering::Relaxed) {
                return self.0.set(item, &Secret::from("damaged"));
            }
            self.0.set(item, value)
        }
        fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
            self.0.delete(item)
        }
        fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
            self.0.list()
        }
    }

    #[test]
    fn damaged_write_of_any_item_is_reported_and_undone() {
        let damages = Arc::new(AtomicBool::new(false));
        let backend = Damaging(Memory::default(), damages.clone());
        let storage = Storage::over("damaging", Box::new(backend));
        let id = Uuid::from_u128(1);
        for item in [
            ItemName::Environment(id),
            ItemName::Credential(id, 1),
            ItemName::Token(id),
            ItemName::ReplacedToken(id),
            ItemName::LeakedKey(id),
        ] {
            for before in [None, Some("old")] {
                if let Some(before) = before {
                    storage.put_payload(&item, &Secret::from(before)).unwrap();
                }
                damages.store(true, Ordering::Relaxed);
                let written = storage.put_payload(&item, &Secret::from("new"));
                assert!(matches!(written, Err(StorageError::ReadBackDiffers)));
                assert_eq!(storage.payload(&item).unwrap(), before.map(Secret::from));
            }
        }
    }

    #[test]
    fn cancelled_call_writes_nothing() {
        let mut memory = Memory::default();
        let cancelled = Arc::new(AtomicBool::new(true));
        let item = ItemName::Token(Uuid::from_u128(1));
        memory.set(&item, &Secret::from("kept")).unwrap();
        let mut call = BackendCall::new(&mut memory, cancelled);
        assert!(call.write(&item, &Secret::from("new")).is_err());
        assert!(call.delete(&item).is_err());
        assert_eq!(memory.get(&item).unwrap(), Some(Secret::from("kept")));
    }
}
