//! What must a place for secrets be able to do? Raw named bytes; meaning is the vault's.

use super::{ItemName, VaultError};
use crate::credential::Secret;

/// How a storage stands that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ready,
    /// It will ask for its password at the first use.
    Locked,
}

/// A blocking store of named secrets. One thread owns it.
pub trait Store: Send {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError>;
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError>;
    /// True when there was something to delete.
    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError>;
    fn list(&mut self) -> Result<Vec<ItemName>, VaultError>;
    /// Is it there? Asks nobody for a password.
    fn look(&mut self) -> Result<Standing, VaultError> {
        Ok(Standing::Ready)
    }
    /// The largest value in bytes, where the store has a limit (Windows: 2,560).
    fn limit(&self) -> Option<usize> {
        None
    }
    /// True where a value must be one line of text (Secret Service): then it is given base64url.
    fn wants_text(&self) -> bool {
        false
    }
}
