//! How does an item get from one store to another unchanged? By its payload: each store has its own envelope.

use super::{ItemName, Vault, VaultError, envelope};
use crate::credential::Secret;

impl Vault {
    /// The payload, whole and checked; `None` where there is none.
    pub fn payload(&self, name: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.read(name)
    }

    /// Writes a payload that another store held; read back and compared.
    pub fn put_payload(&self, name: &ItemName, payload: &Secret) -> Result<(), VaultError> {
        self.write(name, payload, true)
    }

    /// Would the store take it? Asked of all before the first is written.
    pub fn would_take(&self, name: &ItemName, payload: &Secret) -> Result<(), VaultError> {
        let (item, payload) = (name.clone(), payload.duplicate());
        self.call(None, move |store| {
            let size = envelope::seal(&item, payload.expose(), store.wants_text()).len();
            match store.limit() {
                Some(limit) if size > limit => Err(VaultError::TooLarge {
                    item: item.to_string(),
                    size,
                    limit,
                }),
                _ => Ok(()),
            }
        })
    }
}
