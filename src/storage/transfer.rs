//! Copies items between stores by their payloads, because each store has its own envelope.

use super::{ItemName, Storage, StorageError, envelope};
use aemkeys_core::credential::Secret;

impl Storage {
    /// Returns the checked payload of an item, or `None` if the item does not exist.
    pub fn payload(&self, name: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.read(name)
    }

    /// Writes a payload from another store, reads it back and compares.
    pub fn put_payload(&self, name: &ItemName, payload: &Secret) -> Result<(), StorageError> {
        self.write(name, payload, true)
    }

    /// Checks that the store accepts the size of the item. Called for all items before the first is written.
    pub fn check_size(&self, name: &ItemName, payload: &Secret) -> Result<(), StorageError> {
        let (item, payload) = (name.clone(), payload.duplicate());
        self.call(None, move |store| {
            let size = envelope::seal(&item, payload.expose(), store.wants_text()).len();
            match store.limit() {
                Some(limit) if size > limit => Err(StorageError::TooLarge {
                    item: item.to_string(),
                    size,
                    limit,
                }),
                _ => Ok(()),
            }
        })
    }
}
