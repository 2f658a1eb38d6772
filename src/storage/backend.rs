//! The interface of a secret store: named raw bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ItemName, StorageError};
use aemkeys_core::credential::Secret;

/// The status of a store that responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageStatus {
    Ready,
    /// The first access will ask for the password.
    Locked,
}

/// A blocking store of named secrets. One thread owns it.
pub trait Backend: Send {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError>;
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError>;
    /// Deletes an item. Returns whether it existed.
    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError>;
    fn list(&mut self) -> Result<Vec<ItemName>, StorageError>;
    /// Sets the cancel flag for the next call. It becomes true after a timeout; writing then could overwrite a newer value.
    fn set_cancel_flag(&mut self, _cancelled: &Arc<AtomicBool>) {}
    /// Returns whether the store is available and locked. Never asks for a password.
    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        Ok(StorageStatus::Ready)
    }
    /// Returns the largest size of a value in bytes, if limited (Windows: 2,560).
    fn limit(&self) -> Option<usize> {
        None
    }
    /// Returns whether values must be one line of text, so that they are encoded as base64url (Secret Service).
    fn wants_text(&self) -> bool {
        false
    }
}

/// A store that refuses writes once its caller has cancelled.
pub(super) struct CancellableBackend<'a> {
    store: &'a mut dyn Backend,
    cancelled: Arc<AtomicBool>,
}

impl<'a> CancellableBackend<'a> {
    pub fn new(store: &'a mut dyn Backend, cancelled: Arc<AtomicBool>) -> Self {
        store.set_cancel_flag(&cancelled);
        Self { store, cancelled }
    }

    fn check_not_cancelled(&self) -> Result<(), StorageError> {
        check_not_cancelled(&self.cancelled)
    }
}

/// Fails if the caller has cancelled.
pub(super) fn check_not_cancelled(cancelled: &AtomicBool) -> Result<(), StorageError> {
    if cancelled.load(Ordering::Acquire) {
        return Err(StorageError::Other(
            "the call was cancelled after its deadline".to_owned(),
        ));
    }
    Ok(())
}

impl Backend for CancellableBackend<'_> {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.store.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.check_not_cancelled()?;
        self.store.set(item, value)
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.check_not_cancelled()?;
        self.store.delete(item)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        self.store.list()
    }

    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        self.store.status()
    }

    fn limit(&self) -> Option<usize> {
        self.store.limit()
    }

    fn wants_text(&self) -> bool {
        self.store.wants_text()
    }
}
