//! The interface of a secret store: named raw bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ItemName, VaultError};
use aemkeys_core::credential::Secret;

/// The status of a store that responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreStatus {
    Ready,
    /// The first access will ask for the password.
    Locked,
}

/// A blocking store of named secrets. One thread owns it.
pub trait Store: Send {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError>;
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError>;
    /// Deletes an item. Returns whether it existed.
    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError>;
    fn list(&mut self) -> Result<Vec<ItemName>, VaultError>;
    /// Sets the cancel flag for the next call. It becomes true after a timeout; writing then could overwrite a newer value.
    fn set_cancel_flag(&mut self, _cancelled: &Arc<AtomicBool>) {}
    /// Returns whether the store is available and locked. Never asks for a password.
    fn status(&mut self) -> Result<StoreStatus, VaultError> {
        Ok(StoreStatus::Ready)
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
pub(super) struct CancellableStore<'a> {
    store: &'a mut dyn Store,
    cancelled: Arc<AtomicBool>,
}

impl<'a> CancellableStore<'a> {
    pub fn new(store: &'a mut dyn Store, cancelled: Arc<AtomicBool>) -> Self {
        store.set_cancel_flag(&cancelled);
        Self { store, cancelled }
    }

    fn check_not_cancelled(&self) -> Result<(), VaultError> {
        check_not_cancelled(&self.cancelled)
    }
}

/// Fails if the caller has cancelled.
pub(super) fn check_not_cancelled(cancelled: &AtomicBool) -> Result<(), VaultError> {
    if cancelled.load(Ordering::Acquire) {
        return Err(VaultError::Other(
            "the call was cancelled after its deadline".to_owned(),
        ));
    }
    Ok(())
}

impl Store for CancellableStore<'_> {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.store.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.check_not_cancelled()?;
        self.store.set(item, value)
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.check_not_cancelled()?;
        self.store.delete(item)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.store.list()
    }

    fn status(&mut self) -> Result<StoreStatus, VaultError> {
        self.store.status()
    }

    fn limit(&self) -> Option<usize> {
        self.store.limit()
    }

    fn wants_text(&self) -> bool {
        self.store.wants_text()
    }
}
