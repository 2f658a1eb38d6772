//! The storage's list of leaked keys: one item per key, which is never deleted.
//!
//! The items belong to no identity, so they survive removing, adding and importing. [`Storage::credential`] checks every
//! credential that is read, [`Storage::put_credential`] every one that is written.

use super::{ItemName, Storage, StorageError};
use aemkeys_core::credential::{KeyDigest, Secret};

impl Storage {
    /// Returns whether one of these keys or client secrets is marked as leaked. A damaged item counts as marked.
    pub fn is_leaked(&self, digests: &[KeyDigest]) -> Result<bool, StorageError> {
        for digest in digests {
            match self.payload(&ItemName::leaked_key(digest)) {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(true),
                Err(error) if error.is_unreadable() => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Marks a key as leaked, permanently.
    pub fn mark_leaked(&self, digest: &KeyDigest) -> Result<(), StorageError> {
        let payload = Secret::new(digest.as_bytes().to_vec());
        self.put_payload(&ItemName::leaked_key(digest), &payload)
    }

    /// Returns all leaked keys, for an exported file.
    pub fn leaked_keys(&self) -> Result<Vec<KeyDigest>, StorageError> {
        let mut found = Vec::new();
        for item in self.items()? {
            if matches!(item, ItemName::LeakedKey(_))
                && let Some(payload) = self.payload(&item)?
            {
                found.extend(KeyDigest::from_bytes(payload.expose()));
            }
        }
        Ok(found)
    }
}
