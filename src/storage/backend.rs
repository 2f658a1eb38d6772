//! The interface of a backend, which stores secrets as named raw bytes.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{ItemName, StorageError};
use aemkeys_core::credential::Secret;
use jiff::Timestamp;

/// The status of a backend that responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageStatus {
    Ready,
    /// The first access will ask for the password.
    Locked,
    /// The passphrase file opens without its passphrase until then.
    Unlocked(Timestamp),
}

/// A blocking store of named values. One thread owns it.
pub trait Backend: Send {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError>;
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError>;
    /// Deletes an item. Returns whether it existed.
    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError>;
    fn list(&mut self) -> Result<Vec<ItemName>, StorageError>;
    /// Prepares the next call. The flag becomes true after a timeout; writing then could overwrite a newer value. `may_ask`:
    /// the system may show a prompt.
    fn prepare(&mut self, _cancelled: &Arc<AtomicBool>, _may_ask: bool) {}
    /// Returns whether the backend is available and locked. Never asks for a password.
    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        Ok(StorageStatus::Ready)
    }
    /// Keeps the key until then, see [`super::Storage::unlock`].
    fn unlock(&mut self, _until: Timestamp) -> Result<(), StorageError> {
        Err(StorageError::NotAPassphraseFile)
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
