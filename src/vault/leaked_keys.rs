//! The storage's list of leaked keys: one item for each, which nothing here deletes.
//!
//! It belongs to no identity, so it survives removal, re-adding and import. [`Vault::credential`] reads it for every
//! credential that leaves the storage, [`Vault::put_credential`] for every one that enters.

use super::{ItemName, Vault, VaultError};
use crate::credential::{KeyDigest, Secret};

impl Vault {
    /// Is one of these keys or client secrets marked as leaked? A damaged mark counts.
    pub fn is_leaked(&self, digests: &[KeyDigest]) -> Result<bool, VaultError> {
        for digest in digests {
            match self.payload(&ItemName::leaked_key(digest)) {
                Ok(None) => {}
                Ok(Some(_)) | Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Marks it for good.
    pub fn mark_leaked(&self, digest: &KeyDigest) -> Result<(), VaultError> {
        let payload = Secret::new(digest.as_bytes().to_vec());
        self.put_payload(&ItemName::leaked_key(digest), &payload)
    }

    /// All that are marked, for an exported file.
    pub fn leaked_keys(&self) -> Result<Vec<KeyDigest>, VaultError> {
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
